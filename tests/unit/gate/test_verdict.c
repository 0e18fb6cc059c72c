/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "gate/verdict.h"

Test(verdict, zero_refuses)
{
	cr_assert_eq(PST_VERDICT_REFUSE, 0);
	cr_assert_eq(PST_AUTHORITY_NONE, 0);
	cr_assert_str_eq(pst_verdict_name((enum pst_verdict)0), "refuse");
}

Test(verdict, no_outcome_turns_a_person_away)
{
	for (int i = 0; i < PST_OUTCOME_COUNT; i++) {
		const char *name = pst_outcome_name((enum pst_outcome)i);

		cr_assert_null(strstr(name, "deny"));
		cr_assert_null(strstr(name, "denied"));
		cr_assert_null(strstr(name, "reject"));
		if (i != PST_OUTCOME_UNSET && i != PST_OUTCOME_VERIFIED &&
			i != PST_OUTCOME_ENROLLED) {
			cr_assert_eq(strncmp(name, "refer-", 6), 0, "%s", name);
			cr_assert(pst_outcome_is_refer((enum pst_outcome)i));
		}
	}
	cr_assert_eq(PST_OUTCOME_COUNT, 13);
	cr_assert_not(pst_outcome_is_refer(PST_OUTCOME_VERIFIED));
	cr_assert_not(pst_outcome_is_refer(PST_OUTCOME_ENROLLED));
}

Test(verdict, lists_are_complete_and_ended)
{
	cr_assert_null(pst_outcome_names[PST_OUTCOME_COUNT]);
	cr_assert_null(pst_capture_reason_names[PST_CAPTURE_REASON_COUNT]);
	cr_assert_str_eq(
		pst_capture_reason_name(PST_CAPTURE_REASON_SEVERAL_FACES), "several-faces");
	cr_assert_str_eq(pst_outcome_name(PST_OUTCOME_REFER_UNCALIBRATED), "refer-uncalibrated");
	cr_assert_str_eq(pst_obligation_name(PST_OBLIGATION_GIVE_RECEIPT), "give-receipt");
}

Test(verdict, what_is_outside_a_list_reads_as_its_first_word)
{
	cr_assert_str_eq(pst_verdict_name((enum pst_verdict)99), "refuse");
	cr_assert_str_eq(pst_outcome_name((enum pst_outcome) - 1), "unset");
	cr_assert_str_eq(pst_choice_name((enum pst_choice)5), "unset");
}

Test(verdict, intrusion_rises_from_refusal_to_duty)
{
	const int ladder[] = {
		pst_verdict_intrusion(PST_VERDICT_REFUSE, PST_AUTHORITY_NONE),
		pst_verdict_intrusion(PST_VERDICT_ASK, PST_AUTHORITY_NONE),
		pst_verdict_intrusion(PST_VERDICT_ALLOW, PST_AUTHORITY_CONSENTED),
		pst_verdict_intrusion(PST_VERDICT_ALLOW, PST_AUTHORITY_OFFERED),
		pst_verdict_intrusion(PST_VERDICT_ALLOW, PST_AUTHORITY_REQUIRED_IF_ASKED),
	};

	for (size_t i = 1; i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		cr_assert_gt(ladder[i], ladder[i - 1]);
	}
}
