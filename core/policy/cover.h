/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_COVER_H
#define PST_POLICY_COVER_H

#include "policy/policy.h"

/** What filling a table from rules brought to light. */
struct cover {
	uint64_t undecided; /* cells */
	uint64_t contested;
	struct pst_place first_undecided; /* valid if undecided > 0 */
	struct pst_place first_contested;
	uint16_t contested_by[2]; /* rules */
	uint64_t *wins;		  /* caller's array, one per rule: cells it decides */
};

/**
 * Decides every combination by priority and writes the cells; undecided and contested ones are left
 * as the built-in refusal.
 *
 * @param cells  zeroed, policy->table.cell_count of them
 * @return 0 or -ENOMEM
 */
int policy_cover(const struct pst_policy *policy, struct pst_cell *cells,
	struct cover *ret_cover) PST_MUST_CHECK;

/**
 * Puts a combination that no rule decides into the fewest words: "category crew, direction exit".
 * Inputs whose value makes no difference are left out.
 */
void policy_word_gap(
	const struct pst_policy *policy, const struct pst_place *place, char *text, size_t size);

/** The same for a combination that two rules contest. */
void policy_word_contest(const struct pst_policy *policy, const struct pst_place *place,
	const uint16_t rules[2], char *text, size_t size);

#endif
