/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_POLICY_DIFF_H
#define PST_CLI_POLICY_DIFF_H

#include <jansson.h>

#include "policy/diff.h"

/** What two policies decide differently, as text on stdout and as JSON that the caller owns. */
void policy_diff_print_text(const struct pst_policy_diff *diff);
json_t *policy_diff_json(const struct pst_policy_diff *diff);

#endif
