/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_POLICY_CARD_H
#define PST_CLI_POLICY_CARD_H

#include <jansson.h>

#include "policy/card.h"

/** The traveler's card: who may be asked for what, how to decline, what is kept, how to complain.
 */
void policy_card_print_text(const struct pst_policy_card *card);
void policy_card_print_html(const struct pst_policy_card *card);
json_t *policy_card_json(const struct pst_policy_card *card);

/** The notice to put up: its text and version, how to decline, what is kept of whom. */
void policy_notice_print_text(const struct pst_policy_card *card);
void policy_notice_print_html(const struct pst_policy_card *card);
json_t *policy_notice_json(const struct pst_policy_card *card);

/** Writes when a line holds: "exit, air or sea, age 14 to 79"; "always" where nothing narrows it.
 */
void policy_card_put_when(
	const struct pst_policy_card *card, const struct pst_policy_card_line *line, FILE *to);

/** @return whether a line holds in all cases that the ones before it leave */
bool policy_card_is_rest(
	const struct pst_policy_card_group *group, const struct pst_policy_card_line *line);

/** Writes the names of categories as words: "us citizen, us national". */
void policy_card_put_categories(const struct pst_policy_card *card, uint64_t categories, FILE *to);

/** What is captured, in a sentence: "photo" for faces. */
const char *policy_card_subject(const struct pst_policy_card *card);

/** Answers in plain words, for any subject. */
const char *policy_card_must(const struct pst_policy_answer *answer);
const char *policy_card_decline(const struct pst_policy_answer *answer);

/** @return categories of which something is kept under a retention class */
uint64_t policy_card_kept_of(
	const struct pst_policy_card *card, const struct pst_retention *retention);

/** @return whether an answer names the dispute */
bool policy_card_names_dispute(
	const struct pst_policy_card *card, const struct pst_dispute *dispute);

#endif
