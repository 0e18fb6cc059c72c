/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX ((size_t)PST_POLICY_VALUES_MAX * PST_POLICY_VALUES_MAX)

struct pst_cell pst_policy_grid_cell(const struct pst_policy_grid *grid, unsigned category,
	unsigned direction, unsigned environment)
{
	struct pst_place place = pst_policy_view_first(&grid->view);

	place.value[PST_AXIS_CATEGORY] = (uint16_t)category;
	place.value[PST_AXIS_DIRECTION] = (uint16_t)direction;
	place.value[PST_AXIS_ENVIRONMENT] = (uint16_t)environment;
	return pst_table_lookup(&grid->view.policy->table, &place);
}

static unsigned first_value(const struct pst_policy_box *box, int axis)
{
	return (unsigned)__builtin_ctzll(box->set[axis][0]) + 1;
}

struct pst_cell pst_policy_grid_column_cell(
	const struct pst_policy_grid *grid, unsigned category, const struct pst_policy_box *column)
{
	return pst_policy_grid_cell(grid, category, first_value(column, PST_AXIS_DIRECTION),
		first_value(column, PST_AXIS_ENVIRONMENT));
}

/* The next combination that is shown, the last axis first. @return false after the last */
static bool advance(const struct pst_policy_view *view, struct pst_place *place)
{
	for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
		uint64_t above = view->shown[axis] & ~(UINT64_MAX >> (64 - place->value[axis]));

		if (above) {
			place->value[axis] = (uint16_t)(__builtin_ctzll(above) + 1);
			return true;
		}
		place->value[axis] = (uint16_t)(__builtin_ctzll(view->shown[axis]) + 1);
	}
	return false;
}

static bool is_steered(const struct pst_policy_view *view, const struct pst_place *place, int axis)
{
	const struct pst_table *table = &view->policy->table;
	struct pst_cell cell = pst_table_lookup(table, place);
	struct pst_place other = *place;

	for (uint16_t value = 1; value <= table->size[axis]; value++) {
		struct pst_cell changed;

		other.value[axis] = value;
		changed = pst_table_lookup(table, &other);
		if (memcmp(&cell, &changed, sizeof(cell)) != 0) {
			return true;
		}
	}
	return false;
}

static void look_around(struct pst_policy_grid *grid)
{
	const struct pst_policy_view *view = &grid->view;
	struct pst_place place = pst_policy_view_first(view);

	do {
		grid->uses[pst_table_lookup(&view->policy->table, &place).rule] = true;
		for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
			if (!(PST_POLICY_GRID_AXES >> axis & 1) && !(grid->steering >> axis & 1) &&
				is_steered(view, &place, axis)) {
				grid->steering |= 1u << axis;
			}
		}
	} while (advance(view, &place));
}

static bool is_same_column(const struct pst_policy_grid *grid, size_t a, size_t b)
{
	const uint16_t *size = grid->view.policy->table.size;
	unsigned environments = size[PST_AXIS_ENVIRONMENT];

	for (unsigned category = 1; category <= size[PST_AXIS_CATEGORY]; category++) {
		struct pst_cell of_a = pst_policy_grid_cell(grid, category,
			(unsigned)(a / environments) + 1, (unsigned)(a % environments) + 1);
		struct pst_cell of_b = pst_policy_grid_cell(grid, category,
			(unsigned)(b / environments) + 1, (unsigned)(b % environments) + 1);

		if (pst_policy_view_shows(&grid->view, PST_AXIS_CATEGORY, category) &&
			memcmp(&of_a, &of_b, sizeof(of_a)) != 0) {
			return false;
		}
	}
	return true;
}

/* Gives equal columns one label; what is not shown has none. */
static void label_columns(const struct pst_policy_grid *grid, uint32_t *label)
{
	const uint16_t *size = grid->view.policy->table.size;
	size_t count = (size_t)size[PST_AXIS_DIRECTION] * size[PST_AXIS_ENVIRONMENT];

	for (size_t i = 0; i < count; i++) {
		size_t same = 0;

		if (!pst_policy_view_shows(&grid->view, PST_AXIS_DIRECTION,
			    (unsigned)(i / size[PST_AXIS_ENVIRONMENT]) + 1) ||
			!pst_policy_view_shows(&grid->view, PST_AXIS_ENVIRONMENT,
				(unsigned)(i % size[PST_AXIS_ENVIRONMENT]) + 1)) {
			continue;
		}
		while (same < i && !(label[same] && is_same_column(grid, same, i))) {
			same++;
		}
		label[i] = same < i ? label[same] : (uint32_t)i + 1;
	}
}

int pst_policy_grid_open(const struct pst_policy_view *view, struct pst_policy_grid *ret_grid)
{
	const uint16_t *size = view->policy->table.size;
	struct pst_policy_labels labels = {0};
	uint32_t *label = calloc(COLUMNS_MAX, sizeof(*label));
	int status = -ENOMEM;

	*ret_grid = (struct pst_policy_grid){
		.view = *view, .uses = calloc(view->policy->rule_count, sizeof(*ret_grid->uses))};
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		labels.size[axis] =
			axis == PST_AXIS_DIRECTION || axis == PST_AXIS_ENVIRONMENT ? size[axis] : 1;
	}
	if (label && ret_grid->uses) {
		look_around(ret_grid);
		label_columns(ret_grid, label);
		labels.label = label;
		status = pst_policy_boxes_cover(&labels, false, &ret_grid->columns);
	}
	free(label);
	return status;
}

void pst_policy_grid_finish(struct pst_policy_grid *grid)
{
	pst_policy_boxes_finish(&grid->columns);
	free(grid->uses);
	*grid = (struct pst_policy_grid){0};
}
