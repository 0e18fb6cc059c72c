/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_VIEW_H
#define PST_POLICY_VIEW_H

#include "policy/boxes.h"
#include "policy/policy.h"

/** A part of a policy to look at: one day, some inputs held at one value, the others shown. */
struct pst_policy_view {
	const struct pst_policy *policy; /* borrowed */
	int32_t day;
	uint64_t shown[PST_AXIS_COUNT]; /* bit v-1: value v; a single bit where the axis is held */
};

/**
 * Chooses what to look at. An axis that the request states is held at that value. Of the others,
 * those in spread show all their values; the rest are held at the policy's default, or else at what
 * is usual (document, normal, verify, face, current, none), or else at the first value.
 *
 * @param spread  bit i: axis i
 * @return 0, or PST_E_CONFIG with the error filled: a value or a day the policy does not know
 * [any]
 */
int pst_policy_view_open(const struct pst_policy *policy, const struct pst_policy_request *request,
	uint32_t spread, struct pst_policy_view *ret_view, struct pst_error *error) PST_MUST_CHECK;

bool pst_policy_view_shows(const struct pst_policy_view *view, int axis, unsigned value);

/** @return the place at which every axis has its first shown value */
struct pst_place pst_policy_view_first(const struct pst_policy_view *view);

/** @return whether a box leaves out something of what the view shows on an axis */
bool pst_policy_view_narrows(
	const struct pst_policy_view *view, const struct pst_policy_box *box, int axis);

#endif
