/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include "policy/compile.h"

/* What a traveler, then the lane, then the calendar can change; last what a person is. */
static const enum pst_axis nearest[] = {PST_AXIS_CHOICE, PST_AXIS_NOTICE, PST_AXIS_PERIOD,
	PST_AXIS_MODE, PST_AXIS_PURPOSE, PST_AXIS_MODALITY, PST_AXIS_PORT, PST_AXIS_ENVIRONMENT,
	PST_AXIS_DIRECTION, PST_AXIS_AGE_BAND, PST_AXIS_KNOWN_BY, PST_AXIS_CATEGORY};

static bool find_change(const struct pst_policy *policy,
	const struct pst_policy_explanation *explanation, enum pst_axis axis,
	struct pst_policy_change *ret_change)
{
	struct pst_cell now = explanation->decision.cell;
	struct pst_place place = explanation->place;
	bool found = false;

	for (uint16_t value = 1; value <= policy->table.size[axis]; value++) {
		struct pst_cell cell;

		place.value[axis] = value;
		cell = pst_table_lookup(&policy->table, &place);
		if (cell.verdict == now.verdict && cell.outcome == now.outcome) {
			continue;
		}
		if (!found || (ret_change->decision.cell.verdict == now.verdict &&
				      cell.verdict != now.verdict)) {
			ret_change->axis = axis;
			ret_change->value = value;
			pst_policy_describe(policy, cell, &ret_change->decision);
			found = true;
		}
	}
	return found;
}

void pst_policy_explain(const struct pst_policy *policy, const struct pst_policy_request *request,
	struct pst_policy_explanation *ret_explanation)
{
	struct pst_policy_explanation *explanation = ret_explanation;

	*explanation = (struct pst_policy_explanation){.gap_axis = PST_AXIS_COUNT};
	explanation->gap = policy_decide_place(policy, request, &explanation->place,
		&explanation->gap_axis, &explanation->decision);
	for (size_t i = 0; i < sizeof(nearest) / sizeof(nearest[0]) &&
			   explanation->change_count < PST_POLICY_CHANGES_MAX;
		i++) {
		if (find_change(policy, explanation, nearest[i],
			    &explanation->changes[explanation->change_count])) {
			explanation->change_count++;
		}
	}
}
