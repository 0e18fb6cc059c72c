/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "gate/table.h"

#define CELLS (2 * 3 * 4)

static struct pst_cell cells[CELLS];

static struct pst_table make_table(void)
{
	struct pst_table table = {.cells = cells};

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		table.size[axis] = 1;
	}
	table.size[PST_AXIS_CATEGORY] = 2;
	table.size[PST_AXIS_NOTICE] = 3;
	table.size[PST_AXIS_CHOICE] = 4;
	cr_assert_eq(pst_table_shape(&table, 0, CELLS), CELLS);
	for (uint16_t i = 0; i < CELLS; i++) {
		cells[i] =
			(struct pst_cell){.verdict = PST_VERDICT_ALLOW, .rule = (uint16_t)(i + 1)};
	}
	return table;
}

static struct pst_place make_place(void)
{
	struct pst_place place;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		place.value[axis] = 1;
	}
	return place;
}

Test(table, a_cell_is_eight_bytes_and_zero_refuses)
{
	struct pst_cell zero = {0};

	cr_assert_eq(sizeof(zero), 8);
	cr_assert_eq(zero.verdict, PST_VERDICT_REFUSE);
	cr_assert_eq(zero.rule, PST_RULE_BUILT_IN);
}

Test(table, every_place_finds_its_own_cell)
{
	struct pst_table table = make_table();

	for (uint32_t i = 0; i < CELLS; i++) {
		struct pst_place place;

		pst_table_place(&table, i, &place);
		cr_assert_eq(pst_table_lookup(&table, &place).rule, i + 1);
	}
}

Test(table, unset_and_outside_values_are_refused_on_every_axis)
{
	struct pst_table table = make_table();

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		const uint16_t bad[] = {0, (uint16_t)(table.size[axis] + 1), UINT16_MAX};

		for (size_t i = 0; i < 3; i++) {
			struct pst_place place = make_place();
			struct pst_cell cell;

			place.value[axis] = bad[i];
			cell = pst_table_lookup(&table, &place);
			cr_assert_eq(cell.verdict, PST_VERDICT_REFUSE, "%s %u",
				pst_axis_names[axis], bad[i]);
			cr_assert_eq(cell.rule, PST_RULE_BUILT_IN);
			cr_assert_eq(cell.outcome, PST_OUTCOME_REFER_UNKNOWN_CATEGORY);
		}
	}
}

Test(table, a_cleared_place_is_refused)
{
	struct pst_table table = make_table();
	struct pst_place place = {{0}};

	cr_assert_eq(pst_table_lookup(&table, &place).verdict, PST_VERDICT_REFUSE);
}

Test(table, a_table_without_cells_refuses)
{
	struct pst_table table = {.cells = NULL};
	struct pst_place place = make_place();

	cr_assert_eq(pst_table_lookup(&table, &place).verdict, PST_VERDICT_REFUSE);
}

Test(table, shape_refuses_what_is_empty_or_too_large)
{
	struct pst_table table = make_table();

	cr_assert_eq(pst_table_shape(&table, 0, CELLS - 1), 0);
	cr_assert_eq(table.cell_count, 0);
	table.size[PST_AXIS_MODE] = 0;
	cr_assert_eq(pst_table_shape(&table, 0, UINT32_MAX), 0);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		table.size[axis] = UINT16_MAX;
	}
	cr_assert_eq(pst_table_shape(&table, 0, UINT32_MAX), 0);
}

Test(table, idle_axes_share_cells_but_not_their_bounds)
{
	struct pst_table table = make_table();
	struct pst_place place;

	cr_assert_eq(pst_table_shape(&table, 1u << PST_AXIS_NOTICE, CELLS), 2 * 4);
	cr_assert_eq(table.combinations, CELLS);
	for (uint32_t i = 0; i < CELLS; i++) {
		pst_table_place(&table, i, &place);
		cr_assert_eq(pst_table_lookup(&table, &place).rule,
			(place.value[PST_AXIS_CATEGORY] - 1) * 4 + place.value[PST_AXIS_CHOICE]);
	}
	place.value[PST_AXIS_NOTICE] = 4;
	cr_assert_eq(pst_table_lookup(&table, &place).verdict, PST_VERDICT_REFUSE);
	place.value[PST_AXIS_NOTICE] = 0;
	cr_assert_eq(pst_table_lookup(&table, &place).verdict, PST_VERDICT_REFUSE);
}

Test(table, random_places_never_read_outside)
{
	struct pst_table table = make_table();

	srand(7);
	for (int i = 0; i < 1000000; i++) {
		struct pst_place place;
		bool inside = true;

		for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
			place.value[axis] = (uint16_t)(rand() % (table.size[axis] + 2));
			inside &= place.value[axis] >= 1 && place.value[axis] <= table.size[axis];
		}
		cr_assert_eq(pst_table_lookup(&table, &place).verdict == PST_VERDICT_ALLOW, inside);
	}
}

Test(table, a_day_belongs_to_the_last_period_that_began)
{
	struct pst_table table = {.period_from = {100, 200, 300}};

	table.size[PST_AXIS_PERIOD] = 3;
	cr_assert_eq(pst_table_period(&table, INT32_MIN), 0);
	cr_assert_eq(pst_table_period(&table, 99), 0);
	cr_assert_eq(pst_table_period(&table, 100), 1);
	cr_assert_eq(pst_table_period(&table, 199), 1);
	cr_assert_eq(pst_table_period(&table, 200), 2);
	cr_assert_eq(pst_table_period(&table, INT32_MAX), 3);
}
