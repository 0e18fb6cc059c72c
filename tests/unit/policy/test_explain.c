/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include "base/clock.h"
#include "policy/explain.h"

static struct pst_policy_request whole_request(void)
{
	struct pst_policy_request request = {.value = {[PST_AXIS_CATEGORY] = "guest",
						     [PST_AXIS_KNOWN_BY] = "self",
						     [PST_AXIS_ENVIRONMENT] = "land",
						     [PST_AXIS_MODE] = "normal",
						     [PST_AXIS_PURPOSE] = "enrol",
						     [PST_AXIS_MODALITY] = "face",
						     [PST_AXIS_NOTICE] = "current",
						     [PST_AXIS_CHOICE] = "none"}};

	cr_assert_eq(pst_clock_parse_day("2025-06-01", &request.day), 0);
	return request;
}

Test(explain, lists_the_nearest_change_first)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = whole_request();
	struct pst_policy_explanation explanation;

	pst_policy_explain(policy, &request, &explanation);
	cr_assert_eq(explanation.decision.verdict, PST_VERDICT_ALLOW);
	cr_assert_eq(explanation.gap, PST_POLICY_GAP_NONE);
	cr_assert_eq(explanation.change_count, 3);
	cr_assert_eq(explanation.changes[0].axis, PST_AXIS_CHOICE);
	cr_assert_eq(explanation.changes[0].value, PST_CHOICE_DECLINE);
	cr_assert_str_eq(explanation.changes[0].decision.rule_id, "said-no");
	cr_assert_eq(explanation.changes[1].axis, PST_AXIS_NOTICE);
	cr_assert_eq(explanation.changes[2].axis, PST_AXIS_CATEGORY);
	pst_policy_destroy(&policy);
}

Test(explain, every_listed_change_does_decide_differently)
{
	struct pst_policy *policy = small_policy();

	for (uint32_t i = 0; i < policy->table.combinations; i++) {
		struct pst_policy_request request = {.day = policy->from_day};
		struct pst_policy_explanation explanation;
		struct pst_policy_explanation same;
		struct pst_place place;

		pst_table_place(&policy->table, i, &place);
		for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
			if (axis != PST_AXIS_PERIOD) {
				request.value[axis] = pst_policy_value_name(
					policy, (enum pst_axis)axis, place.value[axis]);
			}
		}
		pst_policy_explain(policy, &request, &explanation);
		pst_policy_explain_place(policy, &place, &same);
		cr_assert_str_eq(same.decision.rule_id, explanation.decision.rule_id);
		cr_assert_eq(same.change_count, explanation.change_count);
		for (size_t j = 0; j < same.change_count; j++) {
			cr_assert_eq(same.changes[j].axis, explanation.changes[j].axis);
			cr_assert_eq(same.changes[j].value, explanation.changes[j].value);
		}
		for (size_t j = 0; j < explanation.change_count; j++) {
			const struct pst_policy_decision *other = &explanation.changes[j].decision;

			cr_assert(other->verdict != explanation.decision.verdict ||
				  other->outcome != explanation.decision.outcome);
		}
	}
	pst_policy_destroy(&policy);
}

Test(explain, a_misspelt_request_is_refused_and_the_way_out_is_shown)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = whole_request();
	struct pst_policy_explanation explanation;

	request.value[PST_AXIS_CATEGORY] = "gest";
	pst_policy_explain(policy, &request, &explanation);
	cr_assert_eq(explanation.gap, PST_POLICY_GAP_UNKNOWN);
	cr_assert_eq(explanation.gap_axis, PST_AXIS_CATEGORY);
	cr_assert_eq(explanation.decision.verdict, PST_VERDICT_REFUSE);
	cr_assert_eq(explanation.change_count, 1);
	cr_assert_eq(explanation.changes[0].axis, PST_AXIS_CATEGORY);
	pst_policy_destroy(&policy);
}

Test(explain, a_missing_notice_is_no_way_to_be_allowed)
{
	struct pst_policy *policy = small_policy();
	struct pst_policy_request request = whole_request();
	struct pst_policy_explanation explanation;

	request.value[PST_AXIS_NOTICE] = NULL;
	pst_policy_explain(policy, &request, &explanation);
	cr_assert_eq(explanation.decision.verdict, PST_VERDICT_REFUSE);
	cr_assert_eq(explanation.gap, PST_POLICY_GAP_MISSING);
	cr_assert_eq(explanation.gap_axis, PST_AXIS_NOTICE);
	pst_policy_destroy(&policy);
}
