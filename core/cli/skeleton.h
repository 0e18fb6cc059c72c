/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_SKELETON_H
#define PST_CLI_SKELETON_H

#include <sys/types.h>

#include "postern/entry.h"

/**
 * A file of a plugin's project as 'postern plugin new' writes it, made from examples/ when postern
 * is built. In name and text "@ID@" stands for the plugin's id and "@KIND@" for its kind.
 */
struct pst_skeleton_file {
	const char *name;	   /* below the project's folder */
	enum pst_plugin_kind kind; /* of plugins that get it; unset: of every kind */
	mode_t mode;
	const char *text;
};

/** All of them, ended by one without a name. */
extern const struct pst_skeleton_file pst_skeleton_files[];

#endif
