/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "frame/ledger.h"

static struct pst_ledger ledger;

static void withhold(uint64_t first, uint64_t last)
{
	for (uint64_t number = first; number <= last; number++) {
		pst_ledger_see(&ledger, number);
		pst_ledger_withhold(&ledger, number);
	}
}

static void lease(uint64_t number, uint64_t permit)
{
	pst_ledger_see(&ledger, number);
	pst_ledger_lease(&ledger, number, permit);
}

static void expect(uint32_t at, enum pst_fate fate, uint64_t session, uint64_t first, uint64_t last,
	uint64_t permit)
{
	const struct pst_run *run = &ledger.runs.run[at];

	cr_assert_lt(at, ledger.runs.count);
	cr_expect_eq(run->fate, fate, "%u: %s", at, pst_fate_name(run->fate));
	cr_expect_eq(run->session, session);
	cr_expect_eq(run->first, first, "%u: %lu", at, run->first);
	cr_expect_eq(run->last, last, "%u: %lu", at, run->last);
	cr_expect_eq(run->permit, permit);
}

Test(runs, hours_of_nobody_are_one_run)
{
	pst_ledger_resume(&ledger);
	withhold(0, 1000000);
	cr_assert_eq(ledger.runs.count, 1);
	expect(0, PST_FATE_WITHHELD, 1, 0, 1000000, 0);
}

Test(runs, every_number_is_in_one_run)
{
	pst_ledger_resume(&ledger);
	withhold(5, 6);
	lease(7, 3);
	lease(8, 3);
	lease(9, 4);
	pst_ledger_damage(&ledger);
	withhold(13, 13); /* 10 was damaged, so 11 and 12 are lost */
	pst_ledger_see(&ledger, 14);
	pst_ledger_spoil(&ledger, 14);
	cr_assert_eq(ledger.runs.count, 7);
	expect(0, PST_FATE_WITHHELD, 1, 5, 6, 0);
	expect(1, PST_FATE_LEASED, 1, 7, 8, 3);
	expect(2, PST_FATE_LEASED, 1, 9, 9, 4);
	expect(3, PST_FATE_DAMAGED, 1, 10, 10, 0);
	expect(4, PST_FATE_LOST, 1, 11, 12, 0);
	expect(5, PST_FATE_WITHHELD, 1, 13, 13, 0);
	expect(6, PST_FATE_DAMAGED, 1, 14, 14, 0);
}

Test(runs, a_new_session_is_a_new_run)
{
	pst_ledger_resume(&ledger);
	withhold(0, 3);
	pst_ledger_resume(&ledger);
	withhold(4, 5);
	cr_assert_eq(ledger.runs.count, 2);
	expect(1, PST_FATE_WITHHELD, 2, 4, 5, 0);
}

Test(runs, what_took_no_number_is_counted)
{
	pst_ledger_resume(&ledger);
	pst_ledger_damage(&ledger);
	withhold(0, 0);
	pst_ledger_damage(&ledger);
	withhold(1, 1); /* follows at once: the damaged one had no number */
	pst_ledger_damage(&ledger);
	cr_assert_eq(ledger.runs.unnumbered, 2);
	pst_ledger_end(&ledger);
	cr_assert_eq(ledger.runs.unnumbered, 3);
	cr_assert_eq(ledger.runs.count, 1);
}

Test(runs, cleared_runs_go_on_behind_the_last_number)
{
	pst_ledger_resume(&ledger);
	withhold(0, 9);
	pst_runs_clear(&ledger.runs);
	withhold(12, 12);
	cr_assert_eq(ledger.runs.count, 2);
	expect(0, PST_FATE_LOST, 1, 10, 11, 0);
	expect(1, PST_FATE_WITHHELD, 1, 12, 12, 0);
}

Test(runs, full_is_said_before_a_frame_is_lost_from_the_account)
{
	uint64_t number = 0;

	pst_ledger_resume(&ledger);
	withhold(number, number);
	while (!pst_runs_is_full(&ledger.runs)) {
		pst_ledger_damage(&ledger);
		number += 3;
		withhold(number, number); /* a damaged, a lost, a withheld one */
	}
	cr_assert_gt(ledger.runs.count, PST_RUNS_MAX - 2 * PST_RUNS_PER_FRAME);
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, NULL), 0);
}

Test(runs, what_finds_no_room_spoils_the_reconciliation)
{
	struct pst_error error = {0};

	pst_ledger_resume(&ledger);
	for (uint64_t i = 0; i <= PST_RUNS_MAX; i++) {
		lease(i, i + 1);
	}
	cr_assert_eq(ledger.runs.count, PST_RUNS_MAX);
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, &error), PST_E_MISMATCH);
	cr_assert(strstr(error.text, "found no room in the account"), "%s", error.text);
}

Test(runs, a_position_is_the_newest_number)
{
	cr_assert_eq(pst_ledger_position(&ledger).session, 0);
	pst_ledger_resume(&ledger);
	cr_assert_eq(pst_ledger_position(&ledger).session, 1);
	cr_assert_eq(pst_ledger_position(&ledger).after, -1);
	withhold(0, 7);
	cr_assert_eq(pst_ledger_position(&ledger).after, 7);
	pst_ledger_resume(&ledger);
	cr_assert_eq(pst_ledger_position(&ledger).session, 2);
	cr_assert_eq(pst_ledger_position(&ledger).after, -1);
}
