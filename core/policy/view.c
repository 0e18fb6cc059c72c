/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/view.h"

#include "base/clock.h"
#include "base/text.h"
#include "policy/compile.h"

static const char *const usual[PST_AXIS_COUNT] = {
	[PST_AXIS_KNOWN_BY] = "document",
	[PST_AXIS_MODE] = "normal",
	[PST_AXIS_PURPOSE] = "verify",
	[PST_AXIS_MODALITY] = "face",
	[PST_AXIS_NOTICE] = "current",
	[PST_AXIS_CHOICE] = "none",
};

static unsigned held_value(const struct pst_policy *policy, enum pst_axis axis)
{
	int index = usual[axis] ? pst_text_index(policy->values[axis], usual[axis]) : -1;

	if (policy->default_value[axis]) {
		return policy->default_value[axis];
	}
	return index >= 0 ? (unsigned)index + 1 : 1;
}

static int hold_stated(
	struct pst_policy_view *view, enum pst_axis axis, const char *name, struct pst_error *error)
{
	const char *const *values = view->policy->values[axis];
	const char *nearest = pst_text_nearest(values, name);
	int index = pst_text_index(values, name);

	if (index < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: unknown value '%.64s' for %s%s%s%s",
			view->policy->id, name, pst_axis_names[axis],
			nearest ? "; did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
	}
	view->shown[axis] = 1ULL << index;
	return 0;
}

int pst_policy_view_open(const struct pst_policy *policy, const struct pst_policy_request *request,
	uint32_t spread, struct pst_policy_view *ret_view, struct pst_error *error)
{
	struct pst_policy_view view = {.policy = policy, .day = request->day};
	uint16_t period = pst_table_period(&policy->table, request->day);
	char day[PST_CLOCK_TEXT_SIZE];
	char from[PST_CLOCK_TEXT_SIZE];

	if (period == 0) {
		pst_clock_format_day(request->day, day);
		pst_clock_format_day(policy->from_day, from);
		return pst_error_set(error, PST_E_CONFIG,
			"%s: %s lies before the policy begins, on %s", policy->id, day, from);
	}
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		const char *name = request->value[axis];

		if (axis == PST_AXIS_PERIOD) {
			view.shown[axis] = 1ULL << (period - 1);
		} else if (name) {
			int status = hold_stated(&view, (enum pst_axis)axis, name, error);

			if (status < 0) {
				return status;
			}
		} else if (spread >> axis & 1) {
			view.shown[axis] = policy_axis_all(policy, (enum pst_axis)axis);
		} else {
			view.shown[axis] = 1ULL << (held_value(policy, (enum pst_axis)axis) - 1);
		}
	}
	*ret_view = view;
	return 0;
}

bool pst_policy_view_shows(const struct pst_policy_view *view, int axis, unsigned value)
{
	return view->shown[axis] >> (value - 1) & 1;
}

struct pst_place pst_policy_view_first(const struct pst_policy_view *view)
{
	struct pst_place place;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		place.value[axis] = (uint16_t)(__builtin_ctzll(view->shown[axis]) + 1);
	}
	return place;
}

bool pst_policy_view_narrows(
	const struct pst_policy_view *view, const struct pst_policy_box *box, int axis)
{
	return (view->shown[axis] & ~box->set[axis][0]) != 0;
}
