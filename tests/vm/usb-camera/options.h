/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_OPTIONS_H
#define USB_CAMERA_OPTIONS_H

#include <stdio.h>

#include "camera.h"

enum options {
	OPTIONS_BAD = 0, /* error filled */
	OPTIONS_RUN,
	OPTIONS_HELP,
	OPTIONS_READ, /* argv[optind] and on are files to read */
};

/** Reads the command line. */
enum options options_read(
	int argc, char **argv, struct settings *settings, struct pst_error *error);

/** Prints the help text. */
void options_help(FILE *file);

#endif
