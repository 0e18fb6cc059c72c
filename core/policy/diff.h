/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_DIFF_H
#define PST_POLICY_DIFF_H

#include "policy/boxes.h"
#include "policy/policy.h"

/** Two policies whose values and periods are put together span at most this many combinations. */
#define PST_POLICY_DIFF_CELLS_MAX (1u << 25)

/** An axis with the values of both policies, the first one's before what only the second has. */
struct pst_policy_diff_axis {
	uint16_t count;
	const char *name[PST_BOX_VALUES_MAX];  /* NULL on the period axis */
	uint16_t in[2][PST_BOX_VALUES_MAX];    /* value in either policy; 0: it has none such */
	int32_t from_day[2 * PST_PERIODS_MAX]; /* period axis: first day of each, rising */
};

/** All combinations that one rule decided before and another, or the same, decides after. A rule of
 * which an operator chose a reading counts as two. */
struct pst_policy_diff_change {
	struct pst_policy_decision before; /* the built-in refusal where a value is not known */
	struct pst_policy_decision after;
	bool reaches_further; /* verdict and authority are more intrusive */
	bool keeps_longer;    /* some store may keep for longer */
	uint64_t combinations;
	const struct pst_policy_box *when; /* any of them is enough; values index the axes */
	size_t when_count;
};

/** Something else that a file says differently. */
struct pst_policy_diff_text {
	const char *what; /* "rule", "source", "dispute", "retention", "axis", "policy" */
	const char *id;	  /* "" for the policy itself */
	const char *key;  /* as in the file; "" where all of it came or went */
	char *before;	  /* owned; NULL where it is not there */
	char *after;
	bool steers; /* decisions depend on it, though no cell does */
};

struct pst_policy_diff {
	const struct pst_policy *policy[2]; /* borrowed: before, after */
	struct pst_policy_diff_axis axis[PST_AXIS_COUNT];
	uint64_t combinations; /* of both together */
	uint64_t changed;
	struct pst_policy_diff_change *changes; /* the more intrusive ones first */
	size_t change_count;
	struct pst_policy_diff_text *texts;
	size_t text_count;
	struct pst_policy_boxes boxes; /* what changes[].when points into */
};

/**
 * Finds every combination that two policies decide differently: another verdict, authority,
 * outcome, rule (by its id), retention (class or periods) or obligation. There are no changes if
 * and only if both tables are equal.
 *
 * Values are matched by name, dates by the day. A value or a day that one policy does not know is
 * refused by it, built in.
 *
 * @return 0, -ENOMEM, or PST_E_CONFIG (they span too much together) with the error filled;
 *         the caller finishes the diff either way
 * [any]
 */
int pst_policy_diff_open(const struct pst_policy *before, const struct pst_policy *after,
	struct pst_policy_diff *ret_diff, struct pst_error *error) PST_MUST_CHECK;

void pst_policy_diff_finish(struct pst_policy_diff *diff);

/** @return whether both decide alike: no changes, and no text that steers decisions */
bool pst_policy_diff_is_empty(const struct pst_policy_diff *diff);

/** @return whether a condition leaves out a value of an axis */
bool pst_policy_diff_narrows(
	const struct pst_policy_diff *diff, const struct pst_policy_box *when, int axis);

/**
 * Reads the dates of a condition, neighbouring periods joined.
 *
 * @param ret_first  first day of the interval
 * @param ret_last   last day, INT32_MAX: for good
 * @return whether there is an interval number index, from 0
 */
bool pst_policy_diff_days(const struct pst_policy_diff *diff, const struct pst_policy_box *when,
	unsigned index, int32_t *ret_first, int32_t *ret_last);

#endif
