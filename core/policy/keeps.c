/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/keeps.h"

/* Goes on to the next place that the view shows, the category aside. @return false: that was all */
static bool next_place(const struct pst_policy_view *view, struct pst_place *place)
{
	const struct pst_place first = pst_policy_view_first(view);

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		const unsigned value = place->value[axis];
		const uint64_t after = axis == PST_AXIS_CATEGORY || value == PST_POLICY_VALUES_MAX
					       ? 0
					       : view->shown[axis] >> value << value;

		if (after) {
			place->value[axis] = (uint16_t)(__builtin_ctzll(after) + 1);
			return true;
		}
		if (axis != PST_AXIS_CATEGORY) {
			place->value[axis] = first.value[axis];
		}
	}
	return false;
}

bool pst_policy_keeps(const struct pst_policy_view *view, uint16_t category,
	const struct pst_retention *ret_class[PST_STORE_COUNT])
{
	struct pst_place place = pst_policy_view_first(view);
	bool any = false;

	place.value[PST_AXIS_CATEGORY] = category;
	do {
		const struct pst_cell cell = pst_table_lookup(&view->policy->table, &place);
		const struct pst_retention *class = &view->policy->retention[cell.retention];

		if (cell.verdict != PST_VERDICT_ALLOW) {
			continue;
		}
		for (int store = 0; store < PST_STORE_COUNT; store++) {
			if (!any || class->keep_s[store] > ret_class[store]->keep_s[store]) {
				ret_class[store] = class;
			}
		}
		any = true;
	} while (next_place(view, &place));
	return any;
}
