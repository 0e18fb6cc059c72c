/* SPDX-License-Identifier: Apache-2.0 */
#include "small_policy.h"

#include "base/clock.h"
#include "policy/grid.h"

#define FILE_NAME POLICIES "/us-border.yaml"

static struct pst_policy *policy;
static struct pst_policy_grid grid;
static struct pst_error error;

static void set_up(void)
{
	cr_assert_eq(pst_policy_load(FILE_NAME, &policy, &error), 0, "%s", error.text);
}

static void tear_down(void)
{
	pst_policy_grid_finish(&grid);
	pst_policy_destroy(&policy);
}

TestSuite(grid, .init = set_up, .fini = tear_down);

static int32_t day_of(const char *text)
{
	int32_t day;

	cr_assert_eq(pst_clock_parse_day(text, &day), 0);
	return day;
}

static void lay_out(struct pst_policy_request request)
{
	struct pst_policy_view view;

	pst_policy_grid_finish(&grid);
	cr_assert_eq(pst_policy_view_open(policy, &request, PST_POLICY_GRID_AXES, &view, &error), 0,
		"%s", error.text);
	cr_assert_eq(pst_policy_grid_open(&view, &grid), 0);
}

/* What the grid shows is what a request is answered, and each combination stands in one column. */
static void expect_as_decided(struct pst_policy_request request)
{
	for (unsigned i = 0; policy->values[PST_AXIS_CATEGORY][i]; i++) {
		for (unsigned j = 0; policy->values[PST_AXIS_DIRECTION][j]; j++) {
			for (unsigned k = 0; policy->values[PST_AXIS_ENVIRONMENT][k]; k++) {
				struct pst_cell cell =
					pst_policy_grid_cell(&grid, i + 1, j + 1, k + 1);
				struct pst_policy_decision decision;
				unsigned columns = 0;

				request.value[PST_AXIS_CATEGORY] =
					policy->values[PST_AXIS_CATEGORY][i];
				request.value[PST_AXIS_DIRECTION] =
					policy->values[PST_AXIS_DIRECTION][j];
				request.value[PST_AXIS_ENVIRONMENT] =
					policy->values[PST_AXIS_ENVIRONMENT][k];
				pst_policy_decide(policy, &request, &decision);
				cr_assert_eq(memcmp(&cell, &decision.cell, sizeof(cell)), 0);
				cr_assert(grid.uses[cell.rule]);
				for (size_t c = 0; c < grid.columns.count; c++) {
					const struct pst_policy_box *column = &grid.columns.box[c];

					if (!pst_policy_box_has(column, PST_AXIS_DIRECTION, j) ||
						!pst_policy_box_has(
							column, PST_AXIS_ENVIRONMENT, k)) {
						continue;
					}
					columns++;
					cell = pst_policy_grid_column_cell(&grid, i + 1, column);
					cr_assert_eq(
						memcmp(&cell, &decision.cell, sizeof(cell)), 0);
				}
				cr_assert_eq(columns, 1);
			}
		}
	}
}

static struct pst_policy_request on_day(const char *day)
{
	return (struct pst_policy_request){
		.day = day_of(day),
		.value = {[PST_AXIS_KNOWN_BY] = "document",
			[PST_AXIS_PURPOSE] = "verify",
			[PST_AXIS_NOTICE] = "current",
			[PST_AXIS_CHOICE] = "none"},
	};
}

Test(grid, is_what_a_request_is_answered)
{
	static const char *const days[] = {"2009-01-18", "2025-12-25", "2025-12-26"};
	static const char *const choices[] = {"none", "decline", "consent"};

	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < 3; j++) {
			struct pst_policy_request request = on_day(days[i]);

			request.value[PST_AXIS_CHOICE] = choices[j];
			request.value[PST_AXIS_AGE_BAND] = j ? "under-14" : "14-to-79";
			request.value[PST_AXIS_PORT] = i ? "pilot" : "other";
			lay_out(request);
			expect_as_decided(request);
		}
	}
}

Test(grid, equal_columns_are_one)
{
	lay_out(on_day("2025-12-26"));
	cr_assert_eq(grid.columns.count, 1);
	cr_expect_not(
		pst_policy_view_narrows(&grid.view, &grid.columns.box[0], PST_AXIS_DIRECTION));
	cr_expect_not(
		pst_policy_view_narrows(&grid.view, &grid.columns.box[0], PST_AXIS_ENVIRONMENT));

	/* Entry by air and sea, entry by land, exit. */
	lay_out(on_day("2025-12-25"));
	cr_assert_eq(grid.columns.count, 3);
	cr_expect_eq(pst_policy_box_count(&grid.columns.box[0], PST_AXIS_ENVIRONMENT), 2);
	cr_expect_eq(pst_policy_box_count(&grid.columns.box[1], PST_AXIS_ENVIRONMENT), 1);
	cr_expect_eq(pst_policy_box_count(&grid.columns.box[2], PST_AXIS_ENVIRONMENT), 3);
}

Test(grid, tells_which_held_inputs_steer_it)
{
	lay_out(on_day("2025-12-25"));
	cr_expect(grid.steering >> PST_AXIS_AGE_BAND & 1);
	cr_expect(grid.steering >> PST_AXIS_PORT & 1);
	cr_expect(grid.steering >> PST_AXIS_PERIOD & 1);
	cr_expect_not(grid.steering >> PST_AXIS_KNOWN_BY & 1);
	cr_expect_not(grid.steering >> PST_AXIS_PURPOSE & 1);
	cr_expect_not(grid.steering >> PST_AXIS_CATEGORY & 1);

	lay_out(on_day("2025-12-26"));
	cr_expect_not(grid.steering >> PST_AXIS_PORT & 1);
}

Test(grid, a_stated_axis_shows_that_value_only)
{
	struct pst_policy_request request = on_day("2025-12-25");

	request.value[PST_AXIS_CATEGORY] = "diplomat";
	request.value[PST_AXIS_DIRECTION] = "exit";
	lay_out(request);
	cr_assert_eq(grid.columns.count, 1);
	cr_expect_eq(pst_policy_box_count(&grid.columns.box[0], PST_AXIS_DIRECTION), 1);
	cr_expect_eq(pst_policy_box_count(&grid.columns.box[0], PST_AXIS_ENVIRONMENT), 3);
	for (unsigned rule = 1; rule < policy->rule_count; rule++) {
		cr_expect_eq(grid.uses[rule],
			strcmp(policy->rules[rule].id, "diplomat-before") == 0, "%s",
			policy->rules[rule].id);
	}
}

Test(grid, what_the_policy_does_not_know_is_an_error)
{
	struct pst_policy_request request = on_day("2009-01-17");
	struct pst_policy_view view;

	cr_expect_eq(pst_policy_view_open(policy, &request, PST_POLICY_GRID_AXES, &view, &error),
		PST_E_CONFIG);
	cr_expect(strstr(error.text, "2009-01-17"), "%s", error.text);
	error = (struct pst_error){0};
	request = on_day("2025-12-25");
	request.value[PST_AXIS_AGE_BAND] = "under-15";
	cr_expect_eq(pst_policy_view_open(policy, &request, PST_POLICY_GRID_AXES, &view, &error),
		PST_E_CONFIG);
	cr_expect(strstr(error.text, "did you mean 'under-14'"), "%s", error.text);
}

Test(grid, an_axis_without_the_usual_value_is_held_at_its_first)
{
	struct pst_policy *small = NULL;
	struct pst_policy_request request = {.day = day_of("2026-01-01")};
	struct pst_policy_view view;
	char *text = small_policy_with("[document, self]", "[badge, self]");

	cr_assert_eq(small_policy_parse(text, &small, &error), 0, "%s", error.text);
	cr_assert_eq(pst_policy_view_open(small, &request, PST_POLICY_GRID_AXES, &view, &error), 0);
	cr_expect_eq(view.shown[PST_AXIS_KNOWN_BY], 1);
	cr_expect_eq(view.shown[PST_AXIS_NOTICE], 1u << (PST_NOTICE_CURRENT - 1));
	cr_expect_eq(view.shown[PST_AXIS_CATEGORY], 7);
	pst_policy_destroy(&small);
	free(text);
}
