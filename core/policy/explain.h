/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_EXPLAIN_H
#define PST_POLICY_EXPLAIN_H

#include "policy/policy.h"

/** One input changed, and what the table says then. */
struct pst_policy_change {
	enum pst_axis axis;
	uint16_t value;
	int32_t day; /* with PST_AXIS_PERIOD: the nearest day of that period */
	struct pst_policy_decision decision;
};

#define PST_POLICY_CHANGES_MAX 8

struct pst_policy_explanation {
	struct pst_place place;
	enum pst_policy_gap gap; /* why the request could not be placed; NONE: it was */
	enum pst_axis gap_axis;
	struct pst_policy_decision decision;
	struct pst_policy_change changes[PST_POLICY_CHANGES_MAX];
	size_t change_count; /* nearest first: what a traveler can change before what they are */
};

/**
 * Says what a request leads to, why, and which single change of one input would decide otherwise.
 *
 * Different means another verdict or another outcome. At most one change is listed per axis: the
 * value nearest to the one asked for, in the order of the file or of time. Changes to another
 * verdict come before those to another outcome only. [any]
 */
void pst_policy_explain(const struct pst_policy *policy, const struct pst_policy_request *request,
	struct pst_policy_explanation *ret_explanation);

/** The same of an encounter's place. [any] */
void pst_policy_explain_place(const struct pst_policy *policy, const struct pst_place *place,
	struct pst_policy_explanation *ret_explanation);

#endif
