/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_POLICY_GRID_H
#define PST_CLI_POLICY_GRID_H

#include <jansson.h>

#include "policy/grid.h"

/** A grid on stdout: for a terminal of 100 columns; RFC 4180; a page that needs nothing else. */
void policy_grid_print_text(const struct pst_policy_grid *grid);
void policy_grid_print_csv(const struct pst_policy_grid *grid);
void policy_grid_print_html(const struct pst_policy_grid *grid);

/** The same with every rule, source and dispute that it rests on; the caller owns it. */
json_t *policy_grid_json(const struct pst_policy_grid *grid);

/** Goes through the cells of a grid. Begin with {.grid = grid}. */
struct policy_grid_walk {
	const struct pst_policy_grid *grid;
	unsigned category, direction, environment; /* from 1 */
	struct pst_policy_decision decision;
};

/** @return false after the last cell */
bool policy_grid_next(struct policy_grid_walk *walk);

/** @return whether a held axis is worth telling: the policy declares it */
bool policy_grid_tells(const struct pst_policy_grid *grid, int axis);

/** @return whether a rule that some cell rests on names the source or dispute */
bool policy_grid_names_source(const struct pst_policy_grid *grid, const struct pst_source *source);
bool policy_grid_names_dispute(
	const struct pst_policy_grid *grid, const struct pst_dispute *dispute);

#endif
