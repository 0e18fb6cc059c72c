/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONTROL_TELL_H
#define PST_CONTROL_TELL_H

#include <jansson.h>

#include "pipeline/drive.h"

/*
 * Policies and decisions as answers have them. What is returned is the caller's; NULL: no memory.
 * All calls: [any]
 */

/** The policy, its texts in every language, its words, and what is kept of whom today. */
json_t *pst_tell_policy(const struct pst_drive_policy *policy);

/** One encounter: what was decided, by which rule, on which sources, and what is kept. */
json_t *pst_tell_explanation(const struct pst_drive_explanation *encounter);

json_t *pst_tell_review(const struct pst_review *review, uint64_t sequence);

/** Null in place of what is not there or "". */
json_t *pst_tell_text(const char *text);
json_t *pst_tell_outcome(enum pst_outcome outcome);
json_t *pst_tell_reason(enum pst_capture_reason reason);

#endif
