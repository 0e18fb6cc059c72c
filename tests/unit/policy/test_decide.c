/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include "base/clock.h"

static int32_t day_of(const char *text)
{
	int32_t day;

	cr_assert_eq(pst_clock_parse_day(text, &day), 0);
	return day;
}

static struct pst_policy_request whole_request(void)
{
	return (struct pst_policy_request){.day = day_of("2025-06-01"),
		.value = {[PST_AXIS_CATEGORY] = "member",
			[PST_AXIS_KNOWN_BY] = "document",
			[PST_AXIS_DIRECTION] = "exit",
			[PST_AXIS_ENVIRONMENT] = "land",
			[PST_AXIS_MODE] = "normal",
			[PST_AXIS_PURPOSE] = "verify",
			[PST_AXIS_MODALITY] = "face",
			[PST_AXIS_NOTICE] = "current",
			[PST_AXIS_CHOICE] = "none"}};
}

Test(decide, a_decision_names_everything_behind_it)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = whole_request();
	struct pst_policy_decision decision;

	pst_policy_decide(policy, &request, &decision);
	cr_assert_eq(decision.verdict, PST_VERDICT_ALLOW);
	cr_assert_eq(decision.authority, PST_AUTHORITY_OFFERED);
	cr_assert_eq(decision.outcome, PST_OUTCOME_UNSET);
	cr_assert_str_eq(decision.rule_id, "offered");
	cr_assert_str_eq(decision.sources[0]->id, "law");
	cr_assert_str_eq(decision.sources[1]->id, "rumour");
	cr_assert_null(decision.sources[2]);
	cr_assert_str_eq(decision.disputes[0]->id, "Q1");
	cr_assert_eq(decision.mark, PST_SOURCE_STATUS_DISPUTED);
	cr_assert_str_eq(decision.retention->class_name, "day");
	cr_assert_eq(decision.obligations, 1u << PST_OBLIGATION_GIVE_RECEIPT);
	pst_policy_destroy(&policy);
}

Test(decide, refusals_keep_nothing_and_say_where_the_person_goes)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = whole_request();
	struct pst_policy_decision decision;

	request.value[PST_AXIS_CHOICE] = "decline";
	pst_policy_decide(policy, &request, &decision);
	cr_assert_eq(decision.verdict, PST_VERDICT_REFUSE);
	cr_assert_eq(decision.outcome, PST_OUTCOME_REFER_OPTED_OUT);
	cr_assert_str_eq(decision.rule_id, "said-no");
	cr_assert_eq(decision.retention, &policy->retention[0]);
	pst_policy_destroy(&policy);
}

Test(decide, a_cleared_request_is_refused)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = {0};
	struct pst_policy_decision decision;

	pst_policy_decide(policy, &request, &decision);
	cr_assert_eq(decision.verdict, PST_VERDICT_REFUSE);
	cr_assert_str_eq(decision.rule_id, "built-in.missing-value");
	cr_assert_eq(decision.rule, PST_RULE_BUILT_IN);
	cr_assert_not_null(decision.sources[0]);
	pst_policy_destroy(&policy);
}

Test(decide, each_missing_input_is_refused_unless_the_policy_has_a_default)
{
	struct pst_policy *policy = small_policy();

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		struct pst_policy_request request = whole_request();
		struct pst_policy_decision decision;
		bool has_default = policy->default_value[axis] != 0;

		if (axis == PST_AXIS_PERIOD) {
			continue;
		}
		request.value[axis] = NULL;
		pst_policy_decide(policy, &request, &decision);
		cr_expect_eq(decision.verdict, has_default ? PST_VERDICT_ALLOW : PST_VERDICT_REFUSE,
			"%s", pst_axis_names[axis]);
		if (!has_default) {
			cr_expect_str_eq(decision.rule_id, "built-in.missing-value");
		}
	}
	pst_policy_destroy(&policy);
}

Test(decide, each_misspelt_input_is_refused)
{
	static const char *const wrong[] = {"", " ", "Member", "memberr", "any", "known", "unset"};
	struct pst_policy *policy = small_policy();

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
			struct pst_policy_request request = whole_request();
			struct pst_policy_decision decision;
			bool undeclared = policy->table.size[axis] == 1 &&
					  strcmp(wrong[i], policy->values[axis][0]) == 0;

			if (axis == PST_AXIS_PERIOD || undeclared) {
				continue;
			}
			request.value[axis] = wrong[i];
			pst_policy_decide(policy, &request, &decision);
			cr_expect_eq(decision.verdict, PST_VERDICT_REFUSE, "%s '%s'",
				pst_axis_names[axis], wrong[i]);
			cr_expect_str_eq(decision.rule_id, "built-in.unknown-value");
		}
	}
	pst_policy_destroy(&policy);
}

Test(decide, days_before_the_policy_are_refused)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = whole_request();
	struct pst_policy_decision decision;

	request.day = day_of("2019-12-31");
	pst_policy_decide(policy, &request, &decision);
	cr_assert_eq(decision.verdict, PST_VERDICT_REFUSE);
	cr_assert_str_eq(decision.rule_id, "built-in.date-outside-policy");
	cr_assert_eq(decision.obligations, 1u << PST_OBLIGATION_GIVE_RECEIPT);
	request.day++;
	pst_policy_decide(policy, &request, &decision);
	cr_assert_eq(decision.verdict, PST_VERDICT_ALLOW);
	request.day = day_of("9999-12-31");
	pst_policy_decide(policy, &request, &decision);
	cr_assert_eq(decision.verdict, PST_VERDICT_ALLOW);
	pst_policy_destroy(&policy);
}

Test(decide, a_place_leaves_notice_and_choice_to_the_encounter)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = whole_request();
	struct pst_place place;
	enum pst_axis axis = PST_AXIS_COUNT;

	request.value[PST_AXIS_NOTICE] = NULL;
	request.value[PST_AXIS_CHOICE] = NULL;
	cr_assert_eq(pst_policy_place(policy, &request, &place, &axis), PST_POLICY_GAP_NONE);
	cr_assert_eq(place.value[PST_AXIS_NOTICE], 0);
	cr_assert_eq(pst_table_lookup(&policy->table, &place).verdict, PST_VERDICT_REFUSE);
	place.value[PST_AXIS_NOTICE] = PST_NOTICE_CURRENT;
	place.value[PST_AXIS_CHOICE] = PST_CHOICE_CONSENT;
	cr_assert_eq(pst_table_lookup(&policy->table, &place).verdict, PST_VERDICT_ALLOW);
	request.value[PST_AXIS_CATEGORY] = "membr";
	cr_assert_eq(pst_policy_place(policy, &request, &place, &axis), PST_POLICY_GAP_UNKNOWN);
	cr_assert_eq(axis, PST_AXIS_CATEGORY);
	cr_assert_eq(place.value[PST_AXIS_CATEGORY], 0);
	pst_policy_destroy(&policy);
}

Test(decide, cells_from_elsewhere_are_described_safely)
{
	struct pst_policy *policy = small_policy();
	struct pst_cell cell = {.rule = 999, .retention = 200};
	struct pst_policy_decision decision;

	pst_policy_describe(policy, cell, &decision);
	cr_assert_str_eq(decision.rule_id, "built-in.not-placed");
	cr_assert_eq(decision.retention, &policy->retention[0]);
	cr_assert_str_eq(pst_policy_value_name(policy, PST_AXIS_CATEGORY, 0), "unset");
	cr_assert_str_eq(pst_policy_value_name(policy, PST_AXIS_CATEGORY, 4), "unset");
	cr_assert_str_eq(pst_policy_value_name(policy, PST_AXIS_CATEGORY, 2), "member");
	pst_policy_destroy(&policy);
}
