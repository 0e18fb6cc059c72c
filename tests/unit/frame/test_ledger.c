/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "frame/ledger.h"

static void expect(const struct pst_ledger *ledger, uint64_t seen, uint64_t leased,
	uint64_t withheld, uint64_t lost, uint64_t damaged)
{
	const struct pst_ledger_counts *c = &ledger->counts;

	cr_assert_eq(c->seen, seen, "seen %lu", c->seen);
	cr_assert_eq(c->leased, leased, "leased %lu", c->leased);
	cr_assert_eq(c->withheld, withheld, "withheld %lu", c->withheld);
	cr_assert_eq(c->lost, lost, "lost %lu", c->lost);
	cr_assert_eq(c->damaged, damaged, "damaged %lu", c->damaged);
}

static void expect_mismatch(
	const struct pst_ledger *ledger, const struct pst_ledger_witness *witness, const char *text)
{
	struct pst_error error = {0};

	cr_assert_eq(pst_ledger_reconcile(ledger, witness, &error), PST_E_MISMATCH);
	cr_assert(strstr(error.text, text), "'%s' lacks '%s'", error.text, text);
}

Test(ledger, empty_reconciles)
{
	struct pst_ledger ledger = {0};

	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, NULL), 0);
}

Test(ledger, every_number_is_accounted_for)
{
	struct pst_ledger ledger = {0};
	struct pst_error error = {0};

	pst_ledger_see(&ledger, 100);
	pst_ledger_withhold(&ledger, 100);
	pst_ledger_see(&ledger, 101);
	pst_ledger_lease(&ledger, 101, 7);
	pst_ledger_see(&ledger, 105); /* three lost */
	pst_ledger_lease(&ledger, 105, 8);
	expect(&ledger, 6, 2, 1, 3, 0);
	cr_assert_eq(pst_ledger_leased_under(&ledger, 7), 1);
	cr_assert_eq(pst_ledger_leased_under(&ledger, 8), 1);
	cr_assert_eq(pst_ledger_leased_under(&ledger, 9), 0);
	cr_assert_eq(pst_ledger_leased_under(&ledger, 0), 0);
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, &error), 0, "%s", error.text);
}

Test(ledger, damaged_frames_explain_gaps_before_losses_do)
{
	struct pst_ledger ledger = {0};
	struct pst_error error = {0};

	pst_ledger_damage(&ledger); /* before the first frame */
	pst_ledger_see(&ledger, 10);
	pst_ledger_withhold(&ledger, 10);
	pst_ledger_damage(&ledger);  /* number 11 */
	pst_ledger_see(&ledger, 14); /* so 12 and 13 are lost */
	pst_ledger_withhold(&ledger, 14);
	expect(&ledger, 6, 0, 2, 2, 2);
	pst_ledger_damage(&ledger); /* took no number */
	pst_ledger_see(&ledger, 15);
	pst_ledger_withhold(&ledger, 15);
	pst_ledger_damage(&ledger); /* the last of the session */
	expect(&ledger, 9, 0, 3, 2, 4);
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, &error), 0, "%s", error.text);
}

Test(ledger, a_frame_that_cannot_be_mapped_is_damaged)
{
	struct pst_ledger ledger = {0};

	pst_ledger_see(&ledger, 1);
	pst_ledger_spoil(&ledger, 1);
	expect(&ledger, 1, 0, 0, 0, 1);
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, NULL), 0);
	pst_ledger_see(&ledger, 3);
	pst_ledger_withhold(&ledger, 3);
	expect(&ledger, 3, 0, 1, 1, 1);
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, NULL), 0);
}

Test(ledger, an_undecided_frame_is_a_mismatch)
{
	struct pst_ledger ledger = {0};

	pst_ledger_see(&ledger, 5);
	expect_mismatch(&ledger, NULL, "frame 5 was never decided");
	pst_ledger_see(&ledger, 6);
	pst_ledger_withhold(&ledger, 6);
	expect_mismatch(&ledger, NULL, "frame 5 was never decided");
}

Test(ledger, a_frame_decided_twice_is_a_mismatch)
{
	struct pst_ledger ledger = {0};

	pst_ledger_see(&ledger, 5);
	pst_ledger_withhold(&ledger, 5);
	pst_ledger_lease(&ledger, 5, 1);
	expect_mismatch(&ledger, NULL, "frame 5 was leased without being seen, or twice");
}

Test(ledger, a_lease_without_a_permit_is_a_mismatch)
{
	struct pst_ledger ledger = {0};

	pst_ledger_see(&ledger, 5);
	pst_ledger_lease(&ledger, 5, 0);
	expect_mismatch(&ledger, NULL, "frame 5 was leased without a permit");
}

Test(ledger, numbers_that_go_back_are_a_mismatch)
{
	struct pst_ledger ledger = {0};

	pst_ledger_see(&ledger, 5);
	pst_ledger_withhold(&ledger, 5);
	pst_ledger_see(&ledger, 5);
	pst_ledger_withhold(&ledger, 5);
	expect_mismatch(&ledger, NULL, "frame 5 is not numbered above the one before");
}

Test(ledger, tampered_counts_are_a_mismatch)
{
	struct pst_ledger ledger = {0};

	pst_ledger_see(&ledger, 1);
	pst_ledger_withhold(&ledger, 1);
	ledger.counts.withheld = 0;
	expect_mismatch(&ledger, NULL, "1 seen");
	ledger.counts.withheld = 2;
	ledger.counts.seen = 2;
	expect_mismatch(&ledger, NULL, "numbers 1 to 1 make 1");
}

Test(ledger, witnesses_must_agree)
{
	struct pst_ledger ledger = {0};
	struct pst_ledger_witness witness = {
		.put = 2, .has_worker = true, .worker_frames = 1, .worker_dropped = 1};

	for (uint64_t i = 1; i <= 2; i++) {
		pst_ledger_see(&ledger, i);
		pst_ledger_lease(&ledger, i, 3);
	}
	cr_assert_eq(pst_ledger_reconcile(&ledger, &witness, NULL), 0);
	witness.put = 1;
	expect_mismatch(&ledger, &witness, "2 leased, but 1 put into slots");
	witness.put = 2;
	witness.worker_dropped = 0;
	expect_mismatch(&ledger, &witness, "workers account for 1");
}

Test(ledger, differences_are_what_one_encounter_saw)
{
	struct pst_ledger ledger = {0};
	struct pst_ledger_counts before, since;

	pst_ledger_see(&ledger, 1);
	pst_ledger_withhold(&ledger, 1);
	before = pst_ledger_snapshot(&ledger);
	pst_ledger_see(&ledger, 2);
	pst_ledger_lease(&ledger, 2, 4);
	pst_ledger_see(&ledger, 4);
	pst_ledger_lease(&ledger, 4, 4);
	since = pst_ledger_since(&ledger, &before);
	cr_assert_eq(since.seen, 3);
	cr_assert_eq(since.leased, 2);
	cr_assert_eq(since.withheld, 0);
	cr_assert_eq(since.lost, 1);
}

Test(ledger, keeps_the_newest_permits_apart)
{
	struct pst_ledger ledger = {0};

	for (uint64_t i = 1; i <= 3 * PST_LEDGER_PERMITS; i++) {
		pst_ledger_see(&ledger, i);
		pst_ledger_lease(&ledger, i, i);
	}
	cr_assert_eq(pst_ledger_leased_under(&ledger, 3 * PST_LEDGER_PERMITS), 1);
	cr_assert_eq(pst_ledger_leased_under(&ledger, 2 * PST_LEDGER_PERMITS + 1), 1);
	cr_assert_eq(pst_ledger_leased_under(&ledger, 1), 0);
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, NULL), 0);
}

Test(ledger, a_source_that_was_stopped_numbers_anew)
{
	struct pst_ledger ledger = {0};
	struct pst_error error = {0};

	for (uint64_t sequence = 5; sequence < 8; sequence++) {
		pst_ledger_see(&ledger, sequence);
		pst_ledger_withhold(&ledger, sequence);
	}
	pst_ledger_damage(&ledger);
	pst_ledger_resume(&ledger);
	for (uint64_t sequence = 0; sequence < 4; sequence += 3) {
		pst_ledger_see(&ledger, sequence);
		pst_ledger_lease(&ledger, sequence, 1);
	}
	cr_assert_eq(pst_ledger_reconcile(&ledger, NULL, &error), 0, "%s", error.text);
	cr_assert_eq(ledger.counts.seen, 8);
	cr_assert_eq(ledger.counts.lost, 2);
	cr_assert_eq(ledger.counts.damaged, 1);
}
