/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "pipeline/pad.h"

/*
 * What each state of a question that must pass comes to, written down apart from the code; one that
 * need not pass comes to clear.
 */
static const enum pst_pad_verdict required[PST_PAD_STATE_COUNT] = {
	[PST_PAD_STATE_ERROR] = PST_PAD_VERDICT_UNSURE,
	[PST_PAD_STATE_MISSING] = PST_PAD_VERDICT_UNSURE,
	[PST_PAD_STATE_UNCERTAIN] = PST_PAD_VERDICT_UNSURE,
	[PST_PAD_STATE_FAIL] = PST_PAD_VERDICT_ATTACK,
	[PST_PAD_STATE_PASS] = PST_PAD_VERDICT_CLEAR,
};

Test(pad, every_combination_of_answers_and_rules)
{
	unsigned clear = 0, all = 0;

	for (int a = 0; a < PST_PAD_STATE_COUNT; a++) {
		for (int b = 0; b < PST_PAD_STATE_COUNT; b++) {
			for (int rule = 0; rule < 4; rule++) {
				struct pst_pad_rules rules = {rule & 1, rule & 2};
				struct pst_pad_states states = {
					(enum pst_pad_state)a, (enum pst_pad_state)b};
				enum pst_pad_verdict first =
					rule & 1 ? required[a] : PST_PAD_VERDICT_CLEAR;
				enum pst_pad_verdict second =
					rule & 2 ? required[b] : PST_PAD_VERDICT_CLEAR;
				enum pst_pad_verdict verdict = pst_pad_fuse(rules, states);

				cr_expect_eq(verdict, first < second ? first : second,
					"%s, %s, rule %d: %d",
					pst_pad_state_name(states.impersonation),
					pst_pad_state_name(states.evasion), rule, verdict);
				clear += verdict == PST_PAD_VERDICT_CLEAR;
				all++;
			}
		}
	}
	cr_expect_eq(all, 100);
	/* All 25 where nothing must pass, 5 each where one must, 1 where both must. */
	cr_expect_eq(clear, 25 + 5 + 5 + 1);
}

Test(pad, a_state_that_is_not_known_is_not_clear)
{
	const struct pst_pad_rules rules = {true, true};

	for (int wrong = PST_PAD_STATE_COUNT; wrong < 100; wrong++) {
		struct pst_pad_states states = {(enum pst_pad_state)wrong, PST_PAD_STATE_PASS};

		cr_expect_neq(pst_pad_fuse(rules, states), PST_PAD_VERDICT_CLEAR);
		cr_expect_str_eq(pst_pad_state_name((enum pst_pad_state)wrong), "error");
	}
	cr_expect_eq(pst_pad_fuse(rules, (struct pst_pad_states){0}), PST_PAD_VERDICT_UNSURE,
		"nobody was judged");
}

Test(pad, each_answer_of_a_detector_has_its_state)
{
	static const enum pst_pad_state wanted[] = {
		[PST_PAD_UNSET] = PST_PAD_STATE_MISSING,
		[PST_PAD_PASS] = PST_PAD_STATE_PASS,
		[PST_PAD_FAIL] = PST_PAD_STATE_FAIL,
		[PST_PAD_UNCERTAIN] = PST_PAD_STATE_UNCERTAIN,
		PST_PAD_STATE_ERROR,
	};
	static const int32_t statuses[] = {
		PST_E_NOT_IMPLEMENTED, PST_E_NO_FACE, PST_E_POOR_QUALITY, 1, -1};

	for (uint32_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct pst_wire_pad pad = {
			.result = {.impersonation.answer = i, .evasion.answer = PST_PAD_PASS}};

		cr_expect_eq(pst_pad_states_of(&pad).impersonation, wanted[i]);
		cr_expect_eq(pst_pad_states_of(&pad).evasion, PST_PAD_STATE_PASS);
		for (size_t k = 0; k < sizeof(statuses) / sizeof(statuses[0]); k++) {
			pad.status = statuses[k];
			cr_expect_eq(pst_pad_states_of(&pad).impersonation, PST_PAD_STATE_ERROR);
			cr_expect_eq(pst_pad_states_of(&pad).evasion, PST_PAD_STATE_ERROR);
		}
	}
}

Test(pad, signs_of_an_attack_stay_and_the_rest_is_the_picture_used)
{
	for (int a = 0; a < PST_PAD_STATE_COUNT; a++) {
		for (int b = 0; b < PST_PAD_STATE_COUNT; b++) {
			enum pst_pad_state before = (enum pst_pad_state)a,
					   now = (enum pst_pad_state)b;
			bool attack = before == PST_PAD_STATE_FAIL || now == PST_PAD_STATE_FAIL;

			for (int used = 0; used < 2; used++) {
				struct pst_pad_states after = pst_pad_states_merge(
					(struct pst_pad_states){before, PST_PAD_STATE_PASS},
					(struct pst_pad_states){now, PST_PAD_STATE_PASS}, used);

				cr_expect_eq(after.impersonation, attack ? PST_PAD_STATE_FAIL
								  : used ? now
									 : before);
				cr_expect_eq(after.evasion, PST_PAD_STATE_PASS);
			}
		}
	}
}
