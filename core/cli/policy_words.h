/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_POLICY_WORDS_H
#define PST_CLI_POLICY_WORDS_H

#include <stdio.h>

#include <jansson.h>

#include "policy/policy.h"

/** Columns that a text on a terminal takes at most. */
#define POLICY_TEXT_WIDTH 96

/** How a store is called towards a person. */
extern const char *const policy_store_words[PST_STORE_COUNT];

/** How many words there are for cells: pst_verdict_intrusion() is below. */
#define POLICY_CELL_WORDS 6

/** @return the verdict, or what an ALLOW rests on: a word of 9 letters at most */
const char *policy_cell_word(struct pst_cell cell);

/** @return what that word means, in a sentence */
const char *policy_cell_meaning(struct pst_cell cell);

/** The reading of a rule that holds, and, if it has two, the one that does not. */
const struct pst_cell *policy_rule_taken(const struct pst_rule *rule);
const struct pst_cell *policy_rule_not_taken(const struct pst_rule *rule);

/** @return whether an operator chose a period of this class: "CLASS.STORE" */
bool policy_choice_is_of_class(
	const struct pst_policy_choice *choice, const struct pst_retention *class);

/** @return "" (seen), "?" (recalled) or "!" (disputed) */
const char *policy_mark_sign(enum pst_source_status mark);

/** Writes "a, b, c" of the names whose bits are set; names end with NULL. */
void policy_put_names(
	const char *const *names, const uint64_t *set, const char *separator, FILE *to);

/** Writes how long a store keeps something: "14 days", "never stored". */
void policy_put_period(const struct pst_retention *retention, enum pst_store store, FILE *to);

/** Writes a day, "from 2025-12-26", "until ...", or both, of an interval without end. */
void policy_put_days(int32_t first, int32_t last, FILE *to);

/**
 * Prints a text on stdout, wrapped, and a line end.
 *
 * @param column  where the cursor stands
 * @param indent  where following lines begin
 */
void policy_print_wrapped(int column, int indent, const char *text);

/** The parts of a decision; the caller owns what is returned. */
json_t *policy_json_verdict(const struct pst_cell *cell);
json_t *policy_json_sources(const struct pst_source *const *sources);
json_t *policy_json_retention(
	const struct pst_policy *policy, const struct pst_retention *retention);
json_t *policy_json_obligations(uint16_t obligations);
json_t *policy_json_disputes(const struct pst_dispute *const *disputes);

/** Whose choice a reading is, and why; null where it is nobody's. */
json_t *policy_json_choice(const struct pst_policy_choice *choice);

/** A list of the names whose bits are set. */
json_t *policy_json_names(const char *const *names, const uint64_t *set);

#endif
