/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_HEALTH_PRINT_H
#define PST_CLI_HEALTH_PRINT_H

#include <jansson.h>

/** Prints a lane's answer to "health" for a person, on standard output. */
void pst_cli_health_print(const json_t *health);

#endif
