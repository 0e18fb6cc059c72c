/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_BOXES_H
#define PST_POLICY_BOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "policy/policy.h"

/** Values on one axis of two policies together. */
#define PST_BOX_VALUES_MAX (2 * PST_POLICY_VALUES_MAX)

/** A condition: on each axis a set of values, counted from 0; what lies in all of them is meant. */
struct pst_policy_box {
	uint64_t set[PST_AXIS_COUNT][PST_BOX_VALUES_MAX / 64];
	uint32_t label;
};

struct pst_policy_boxes {
	struct pst_policy_box *box; /* owned */
	size_t count;
};

bool pst_policy_box_has(const struct pst_policy_box *box, int axis, unsigned value);
void pst_policy_box_add(struct pst_policy_box *box, int axis, unsigned value);

/** @return how many values stand in the set of an axis */
unsigned pst_policy_box_count(const struct pst_policy_box *box, int axis);

/**
 * Every combination of some axes with a label on it. The last axis turns fastest; label 0 marks
 * what need not be described.
 */
struct pst_policy_labels {
	uint16_t size[PST_AXIS_COUNT]; /* 1..PST_BOX_VALUES_MAX */
	const uint32_t *label;	       /* borrowed; as many as the product of the sizes */
};

/**
 * Describes which combinations carry which label, in few boxes.
 *
 * A box holds one label only, and all boxes of a label together hold all that carry it. The search
 * is greedy: from the first combination not described yet it grows the largest box it finds; what
 * turns out to be described twice over is taken away at the end. Few, not always the fewest; among
 * millions of combinations it tries fewer ways to grow.
 *
 * @param may_overlap  fewer boxes, some combinations in more than one
 * @param ret_boxes    by label, then by place; the caller finishes it
 * @return 0 or -ENOMEM
 * [any]
 */
int pst_policy_boxes_cover(const struct pst_policy_labels *labels, bool may_overlap,
	struct pst_policy_boxes *ret_boxes) PST_MUST_CHECK;

/** Frees and clears. */
void pst_policy_boxes_finish(struct pst_policy_boxes *boxes);

#endif
