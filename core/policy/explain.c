/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include "policy/compile.h"

/* What a traveler, then the lane, then the calendar can change; last what a person is. */
static const enum pst_axis nearest[] = {PST_AXIS_CHOICE, PST_AXIS_NOTICE, PST_AXIS_PERIOD,
	PST_AXIS_MODE, PST_AXIS_PURPOSE, PST_AXIS_MODALITY, PST_AXIS_PORT, PST_AXIS_ENVIRONMENT,
	PST_AXIS_DIRECTION, PST_AXIS_AGE_BAND, PST_AXIS_KNOWN_BY, PST_AXIS_CATEGORY};

/* The last day of an earlier period, the first one of a later period. */
static int32_t nearest_day(const struct pst_policy *policy, int asked, int period)
{
	const int32_t *from = policy->table.period_from;

	return period < asked ? from[period] - 1 : from[period - 1];
}

static bool find_change(const struct pst_policy *policy,
	const struct pst_policy_explanation *explanation, enum pst_axis axis,
	struct pst_policy_change *ret_change)
{
	struct pst_cell now = explanation->decision.cell;
	struct pst_place place = explanation->place;
	int size = policy->table.size[axis];
	int asked = place.value[axis];
	bool found = false;

	for (int step = 1; step <= 2 * size; step++) {
		int value = asked + (step % 2 ? -1 : 1) * ((step + 1) / 2);
		struct pst_cell cell;

		if (value < 1 || value > size) {
			continue;
		}
		place.value[axis] = (uint16_t)value;
		cell = pst_table_lookup(&policy->table, &place);
		if (cell.verdict == now.verdict && cell.outcome == now.outcome) {
			continue;
		}
		if (!found || (ret_change->decision.cell.verdict == now.verdict &&
				      cell.verdict != now.verdict)) {
			ret_change->axis = axis;
			ret_change->value = (uint16_t)value;
			ret_change->day =
				axis == PST_AXIS_PERIOD ? nearest_day(policy, asked, value) : 0;
			pst_policy_describe(policy, cell, &ret_change->decision);
			found = true;
		}
	}
	return found;
}

/* Adds the changes to another verdict, or those to another outcome only. */
static void add_changes(const struct pst_policy *policy, struct pst_policy_explanation *explanation,
	bool to_verdict)
{
	for (size_t i = 0; i < sizeof(nearest) / sizeof(nearest[0]) &&
			   explanation->change_count < PST_POLICY_CHANGES_MAX;
		i++) {
		struct pst_policy_change change;

		if (find_change(policy, explanation, nearest[i], &change) &&
			(change.decision.verdict != explanation->decision.verdict) == to_verdict) {
			explanation->changes[explanation->change_count++] = change;
		}
	}
}

void pst_policy_explain(const struct pst_policy *policy, const struct pst_policy_request *request,
	struct pst_policy_explanation *ret_explanation)
{
	struct pst_policy_explanation *explanation = ret_explanation;

	*explanation = (struct pst_policy_explanation){.gap_axis = PST_AXIS_COUNT};
	explanation->gap = policy_decide_place(policy, request, &explanation->place,
		&explanation->gap_axis, &explanation->decision);
	add_changes(policy, explanation, /* to_verdict= */ true);
	add_changes(policy, explanation, /* to_verdict= */ false);
}

void pst_policy_explain_place(const struct pst_policy *policy, const struct pst_place *place,
	struct pst_policy_explanation *ret_explanation)
{
	*ret_explanation =
		(struct pst_policy_explanation){.place = *place, .gap_axis = PST_AXIS_COUNT};
	pst_policy_describe(
		policy, pst_table_lookup(&policy->table, place), &ret_explanation->decision);
	add_changes(policy, ret_explanation, /* to_verdict= */ true);
	add_changes(policy, ret_explanation, /* to_verdict= */ false);
}
