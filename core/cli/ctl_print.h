/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_CTL_PRINT_H
#define PST_CLI_CTL_PRINT_H

#include <jansson.h>

/** Prints what a lane answered to `postern ctl` in words. */
void pst_ctl_print(const json_t *answer);

#endif
