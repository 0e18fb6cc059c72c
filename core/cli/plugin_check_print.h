/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_PLUGIN_CHECK_PRINT_H
#define PST_CLI_PLUGIN_CHECK_PRINT_H

#include <stdbool.h>

#include <jansson.h>

#include "host/conform.h"

/** What was found, for people: failures with what to do, then a line for each group of ids. */
void plugin_check_print(const struct pst_conformance *conformance, bool verbose);

/** The same, complete. @return the caller's */
json_t *plugin_check_json(const struct pst_conformance *conformance);

/**
 * The same as JUnit's XML: a testsuite for each group of ids, a testcase for each check.
 *
 * @return the caller's to free, or NULL: no memory
 */
char *plugin_check_junit(const struct pst_conformance *conformance);

/** All checks there are. */
void plugin_check_print_list(void);
json_t *plugin_check_json_list(void);

#endif
