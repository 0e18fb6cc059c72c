/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/compile.h"

#include <string.h>

#include "base/text.h"

#define GAP_RULE(name, id) id,
static const char *const gap_rules[] = {PST_POLICY_GAP_MAP(GAP_RULE)};

static enum pst_policy_gap place_axis(const struct pst_policy *policy,
	const struct pst_policy_request *request, enum pst_axis axis, uint16_t *ret_value)
{
	const char *name = request->value[axis];
	bool by_birth = axis == PST_AXIS_AGE_BAND && request->has_born;
	int index;

	*ret_value = 0;
	if (axis == PST_AXIS_PERIOD) {
		*ret_value = pst_table_period(&policy->table, request->day);
		return *ret_value ? PST_POLICY_GAP_NONE : PST_POLICY_GAP_DATE;
	}
	if (by_birth) {
		*ret_value =
			name ? 0 : pst_policy_age_band(policy, request->born_day, request->day);
		return *ret_value ? PST_POLICY_GAP_NONE : PST_POLICY_GAP_UNKNOWN;
	}
	if (!name) {
		*ret_value = policy->default_value[axis];
		return *ret_value ? PST_POLICY_GAP_NONE : PST_POLICY_GAP_MISSING;
	}
	index = pst_text_index(policy->values[axis], name);
	*ret_value = (uint16_t)(index + 1);
	return index >= 0 ? PST_POLICY_GAP_NONE : PST_POLICY_GAP_UNKNOWN;
}

static enum pst_policy_gap place_all(const struct pst_policy *policy,
	const struct pst_policy_request *request, bool by_encounter, struct pst_place *ret_place,
	enum pst_axis *ret_axis)
{
	enum pst_policy_gap first = PST_POLICY_GAP_NONE;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		enum pst_policy_gap gap =
			place_axis(policy, request, (enum pst_axis)axis, &ret_place->value[axis]);

		if (gap == PST_POLICY_GAP_MISSING && by_encounter &&
			(axis == PST_AXIS_NOTICE || axis == PST_AXIS_CHOICE)) {
			continue;
		}
		if (gap != PST_POLICY_GAP_NONE && first == PST_POLICY_GAP_NONE) {
			first = gap;
			if (ret_axis) {
				*ret_axis = (enum pst_axis)axis;
			}
		}
	}
	return first;
}

enum pst_policy_gap pst_policy_place(const struct pst_policy *policy,
	const struct pst_policy_request *request, struct pst_place *ret_place,
	enum pst_axis *ret_axis)
{
	return place_all(policy, request, true, ret_place, ret_axis);
}

void pst_policy_describe(const struct pst_policy *policy, struct pst_cell cell,
	struct pst_policy_decision *ret_decision)
{
	const struct pst_rule *rule =
		&policy->rules[cell.rule < policy->rule_count ? cell.rule : PST_RULE_BUILT_IN];

	*ret_decision = (struct pst_policy_decision){
		.verdict = (enum pst_verdict)cell.verdict,
		.authority = (enum pst_authority)cell.authority,
		.outcome = (enum pst_outcome)cell.outcome,
		.obligations = cell.obligations | policy->always,
		.rule = rule->cell.rule,
		.rule_id = rule->id,
		.rule_text = rule->text,
		.sources = rule->sources,
		.disputes = rule->disputes,
		.mark = rule->mark,
		.choice = rule->choice && memcmp(&cell, &rule->otherwise, sizeof(cell)) == 0
				  ? rule->choice
				  : NULL,
		.retention =
			&policy->retention[cell.retention < policy->retention_count ? cell.retention
										    : 0],
		.cell = cell,
	};
}

enum pst_policy_gap policy_decide_place(const struct pst_policy *policy,
	const struct pst_policy_request *request, struct pst_place *ret_place,
	enum pst_axis *ret_axis, struct pst_policy_decision *ret_decision)
{
	enum pst_policy_gap gap = place_all(policy, request, false, ret_place, ret_axis);

	pst_policy_describe(policy, pst_table_lookup(&policy->table, ret_place), ret_decision);
	if (gap != PST_POLICY_GAP_NONE) {
		ret_decision->rule_id = gap_rules[gap];
	}
	return gap;
}

void pst_policy_decide(const struct pst_policy *policy, const struct pst_policy_request *request,
	struct pst_policy_decision *ret_decision)
{
	struct pst_place place;
	enum pst_axis axis;

	(void)policy_decide_place(policy, request, &place, &axis, ret_decision);
}

const char *pst_policy_value_name(
	const struct pst_policy *policy, enum pst_axis axis, uint16_t value)
{
	if ((unsigned)axis >= PST_AXIS_COUNT || value == 0 || value > policy->table.size[axis]) {
		return "unset";
	}
	return policy->values[axis][value - 1];
}
