/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_POLICY_GRID_H
#define PST_POLICY_GRID_H

#include "policy/view.h"

/** The axes a grid lays out; all others are held. */
#define PST_POLICY_GRID_AXES                                                                       \
	(1u << PST_AXIS_CATEGORY | 1u << PST_AXIS_DIRECTION | 1u << PST_AXIS_ENVIRONMENT)

/** A policy on one day as people read it: categories down, directions and environments across. */
struct pst_policy_grid {
	struct pst_policy_view view;
	struct pst_policy_boxes columns; /* directions x environments with equal cells in all rows;
					    none overlap, all together are what the view shows */
	uint32_t steering; /* bit i: with another value of held axis i some cell is different */
	bool *uses;	   /* per rule: whether a cell is decided by it; owned */
};

/**
 * Lays out what a view shows. Cells differ when any byte of them does.
 *
 * @param view  opened with PST_POLICY_GRID_AXES; its policy must outlive the grid
 * @return 0 or -ENOMEM; the caller finishes the grid either way
 * [any]
 */
int pst_policy_grid_open(
	const struct pst_policy_view *view, struct pst_policy_grid *ret_grid) PST_MUST_CHECK;

void pst_policy_grid_finish(struct pst_policy_grid *grid);

/** The cell of a category in a combination; values are counted from 1. [any] */
struct pst_cell pst_policy_grid_cell(const struct pst_policy_grid *grid, unsigned category,
	unsigned direction, unsigned environment);

/** The cell of a category in a column. [any] */
struct pst_cell pst_policy_grid_column_cell(
	const struct pst_policy_grid *grid, unsigned category, const struct pst_policy_box *column);

#endif
