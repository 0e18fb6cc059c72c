/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "pipeline/expect.h"

static const struct pst_events_closed opted_out = {.verdict = PST_VERDICT_REFUSE,
	.rule = "citizen-declined",
	.outcome = PST_OUTCOME_REFER_OPTED_OUT,
	.frames = {.seen = 12, .leased = 3, .withheld = 9}};
static struct pst_expectation got[PST_EXPECTATIONS_MAX];

static void expect_one(const struct pst_expectation *one, const char *what, const char *wanted,
	const char *came, bool met)
{
	cr_expect_str_eq(one->what, what);
	cr_expect_str_eq(one->wanted, wanted);
	cr_expect_str_eq(one->got, came);
	cr_expect_eq(one->met, met, "%s", what);
}

Test(expect, nothing_expected_is_nothing_to_meet)
{
	const struct pst_scenario_expect nothing = {0};

	cr_expect_eq(pst_expect_check(&nothing, &opted_out, false, got), 0);
}

Test(expect, each_is_judged_for_itself)
{
	const struct pst_scenario_expect expect = {.outcome = "verified",
		.verdict = "refuse",
		.rule = "citizen-offered",
		.leased = {true, 0, 0},
		.withheld = {true, 9, INT64_MAX}};

	cr_assert_eq(pst_expect_check(&expect, &opted_out, false, got), 5);
	expect_one(&got[0], "outcome", "verified", "refer-opted-out", false);
	expect_one(&got[1], "verdict", "refuse", "refuse", true);
	expect_one(&got[2], "rule", "citizen-offered", "citizen-declined", false);
	expect_one(&got[3], "leased", "0", "3", false);
	expect_one(&got[4], "withheld", "9..", "9", true);
}

Test(expect, numbers_at_the_edges_of_their_range)
{
	struct pst_scenario_expect expect = {.leased = {true, 3, 5}};

	cr_assert_eq(pst_expect_check(&expect, &opted_out, false, got), 1);
	expect_one(&got[0], "leased", "3..5", "3", true);
	expect.leased = (struct pst_scenario_count){true, 0, 2};
	cr_assert_eq(pst_expect_check(&expect, &opted_out, false, got), 1);
	expect_one(&got[0], "leased", "0..2", "3", false);
}

Test(expect, of_whom_was_recorded_no_match_can_be_expected)
{
	const struct pst_scenario_expect expect = {.outcome = "verified",
		.rule = "citizen-declined",
		.leased = {true, 1, 3},
		.withheld = {true, 0, 0}};
	const struct pst_scenario_expect none = {.leased = {true, 0, 0}};

	cr_assert_eq(pst_expect_check(&expect, &opted_out, true, got), 1);
	expect_one(&got[0], "rule", "citizen-declined", "citizen-declined", true);
	cr_assert_eq(pst_expect_check(&none, &opted_out, true, got), 1);
	expect_one(&got[0], "leased", "0", "3", false);
}
