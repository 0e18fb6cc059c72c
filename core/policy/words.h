/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_WORDS_H
#define PST_POLICY_WORDS_H

#include "policy/policy.h"

/* What a policy says, in words that people are told. All calls: [any] */

#define PST_POLICY_PERIOD_SIZE 64
#define PST_POLICY_TAKEN_SIZE 512 /* holds an operator's reason */

/** Writes how long a store keeps something: "14 days", "never stored", "wiped once sent". */
void pst_policy_period_words(const struct pst_retention *retention, enum pst_store store,
	char text[PST_POLICY_PERIOD_SIZE]);

/**
 * Which reading of a dispute a decision follows: the file's, or the operator's choice and why.
 *
 * @param text  room for the latter
 * @return text, or the policy's own words
 */
const char *pst_policy_taken_words(const struct pst_policy_decision *decision,
	const struct pst_dispute *dispute, char text[PST_POLICY_TAKEN_SIZE]);

#endif
