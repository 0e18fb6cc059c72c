/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_OPTIONS_H
#define PST_CONSOLE_OPTIONS_H

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define PST_OPTIONS_LANES_MAX 64
#define PST_CONSOLE_LANGUAGES_MAX 16
#define PST_CONSOLE_LANGUAGE_SIZE 16
#define PST_CONSOLE_ORIGIN_SIZE 280
#define PST_CONSOLE_DEFAULT_LANE "lane" /* the one lane of a state directory */

/** A lane that was named. */
struct pst_console_socket {
	const char *name; /* an id */
	char path[PATH_MAX];
};

/** What `postern console` was told. Texts are borrowed from argv. */
struct pst_console_options {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} listen;
	bool loopback; /* nobody outside of this machine can connect */
	struct pst_console_socket lane[PST_OPTIONS_LANES_MAX];
	size_t lanes; /* 1 or more */
	char tokens[PATH_MAX];
	char language[PST_CONSOLE_LANGUAGES_MAX][PST_CONSOLE_LANGUAGE_SIZE]; /* in their order */
	size_t languages;
	const char *tls_cert; /* NULL: none */
	const char *tls_key;
	char origin[PST_CONSOLE_ORIGIN_SIZE]; /* of the proxy in front; "": none */
	bool help;			      /* was asked for; nothing else is filled */
};

extern const char pst_console_help[];

/**
 * Reads the command line.
 *
 * @return 0; PST_E_USAGE; PST_E_CONFIG no state directory can be told;
 *         PST_E_UNSAFE others could connect, and neither TLS nor a proxy protects them
 */
int pst_console_options_parse(struct pst_console_options *ret_options, int argc, char **argv,
	struct pst_error *error) PST_MUST_CHECK;

#endif
