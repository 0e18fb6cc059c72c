/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_DIFF_TEXTS_H
#define PST_POLICY_DIFF_TEXTS_H

#include "policy/diff.h"

/** Adds what two files say differently apart from the cells of their tables. @return 0 or -ENOMEM
 */
int policy_diff_texts(struct pst_policy_diff *diff) PST_MUST_CHECK;

#endif
