/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include "policy/choices.h"
#include "policy/words.h"

Test(words, how_long_something_is_kept)
{
	static const struct {
		const char *written, *words;
		int64_t keep_s;
	} cases[] = {
		{"12h", "12 hours", 43200},
		{"1h", "1 hour", 3600},
		{"30min", "30 minutes", 1800},
		{"1.5d", "1.5 days", 129600},
		{"75y", "75 years", 2366755200},
		{"10s", "10 seconds", 10},
		{"500ms", "wiped once sent", 0},
		{"0", "wiped once sent", 0},
		{"none", "never stored", 0},
		{"unstated", "no period stated, so nothing", 0},
	};
	char text[PST_POLICY_PERIOD_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct pst_retention class = {
			.keep_s = {cases[i].keep_s}, .text = {cases[i].written}};

		pst_policy_period_words(&class, (enum pst_store)0, text);
		cr_expect_str_eq(text, cases[i].words);
	}
	const struct pst_retention unset = {.is_unset = {true}, .text = {"unset"}};
	pst_policy_period_words(&unset, (enum pst_store)0, text);
	cr_expect_str_eq(text, "unset");
}

Test(words, a_long_number_is_cut_not_written_past)
{
	char written[100];
	char text[PST_POLICY_PERIOD_SIZE];

	memset(written, '0', sizeof(written) - 2);
	strcpy(written + sizeof(written) - 3, "9s");
	const struct pst_retention class = {.keep_s = {9}, .text = {written}};
	pst_policy_period_words(&class, (enum pst_store)0, text);
	cr_expect_lt(strlen(text), sizeof(text));
}

Test(words, which_reading_is_taken)
{
	const struct pst_dispute dispute = {.taken = "the mild one"};
	const struct pst_policy_choice of_class = {.retention = "day.matching", .reason = "r"};
	const struct pst_policy_choice of_rule = {.rule = "offered", .reason = "a letter"};
	struct pst_policy_decision decision = {0};
	char text[PST_POLICY_TAKEN_SIZE];

	cr_expect_str_eq(pst_policy_taken_words(&decision, &dispute, text), "the mild one");
	decision.choice = &of_class;
	cr_expect_str_eq(pst_policy_taken_words(&decision, &dispute, text), "the mild one");
	decision.choice = &of_rule;
	cr_expect_str_eq(pst_policy_taken_words(&decision, &dispute, text),
		"the other reading, by the operator's choice: a letter");
}
