/* SPDX-License-Identifier: Apache-2.0 */
#include "frame/ledger.h"

#include <stdio.h>

typedef unsigned long long ull;

static void fault(struct pst_ledger *ledger, const char *what, uint64_t sequence)
{
	if (ledger->faults++ == 0) {
		(void)snprintf(
			ledger->fault, sizeof(ledger->fault), "frame %llu %s", (ull)sequence, what);
	}
}

/* Puts numbers into the account that is written down; none where first is above last. */
static void book(struct pst_ledger *ledger, enum pst_fate fate, uint64_t first, uint64_t last,
	uint64_t permit)
{
	const struct pst_run run = {fate, ledger->session, first, last, permit};

	if (first <= last && !pst_runs_add(&ledger->runs, &run)) {
		fault(ledger, "found no room in the account", first);
	}
}

static void book_unnumbered(struct pst_ledger *ledger, uint64_t damaged)
{
	ledger->unnumbered += damaged;
	ledger->runs.unnumbered += damaged;
}

void pst_ledger_see(struct pst_ledger *ledger, uint64_t sequence)
{
	uint64_t gap = 0;

	if (ledger->open) {
		fault(ledger, "was never decided", ledger->last);
	}
	if (!ledger->begun) {
		ledger->begun = true;
		ledger->first = sequence;
		book_unnumbered(ledger, ledger->damaged_pending);
	} else if (sequence <= ledger->last) {
		fault(ledger, "is not numbered above the one before", sequence);
	} else {
		uint64_t pending = ledger->damaged_pending;
		uint64_t explained;

		gap = sequence - ledger->last - 1;
		explained = pending < gap ? pending : gap;
		book_unnumbered(ledger, pending - explained);
		book(ledger, PST_FATE_DAMAGED, ledger->last + 1, ledger->last + explained, 0);
		book(ledger, PST_FATE_LOST, ledger->last + explained + 1, sequence - 1, 0);
		ledger->counts.lost += gap - explained;
		ledger->counts.seen += gap - explained;
	}
	ledger->damaged_pending = 0;
	ledger->counts.seen++;
	ledger->last = sequence;
	ledger->open = true;
}

void pst_ledger_end(struct pst_ledger *ledger)
{
	if (ledger->begun) {
		ledger->past += ledger->last - ledger->first + 1;
		ledger->begun = false;
	}
	book_unnumbered(ledger, ledger->damaged_pending);
	ledger->damaged_pending = 0;
}

void pst_ledger_resume(struct pst_ledger *ledger)
{
	pst_ledger_end(ledger);
	ledger->session++;
}

void pst_ledger_damage(struct pst_ledger *ledger)
{
	ledger->counts.seen++;
	ledger->counts.damaged++;
	ledger->damaged_pending++;
}

static void decide(struct pst_ledger *ledger, uint64_t sequence, enum pst_fate fate,
	uint64_t permit, const char *what)
{
	if (!ledger->open || sequence != ledger->last) {
		fault(ledger, what, sequence);
	}
	ledger->open = false;
	book(ledger, fate, sequence, sequence, permit);
}

void pst_ledger_spoil(struct pst_ledger *ledger, uint64_t sequence)
{
	decide(ledger, sequence, PST_FATE_DAMAGED, 0, "was spoilt without being seen, or twice");
	ledger->counts.damaged++;
}

void pst_ledger_lease(struct pst_ledger *ledger, uint64_t sequence, uint64_t permit)
{
	uint32_t oldest = 0;

	decide(ledger, sequence, PST_FATE_LEASED, permit,
		"was leased without being seen, or twice");
	if (permit == 0) {
		fault(ledger, "was leased without a permit", sequence);
	}
	ledger->counts.leased++;
	for (uint32_t i = 0; i < PST_LEDGER_PERMITS; i++) {
		if (ledger->permit[i].permit == permit) {
			ledger->permit[i].leased++;
			return;
		}
		if (ledger->permit[i].permit < ledger->permit[oldest].permit) {
			oldest = i;
		}
	}
	ledger->permit[oldest].permit = permit;
	ledger->permit[oldest].leased = 1;
}

void pst_ledger_withhold(struct pst_ledger *ledger, uint64_t sequence)
{
	decide(ledger, sequence, PST_FATE_WITHHELD, 0, "was withheld without being seen, or twice");
	ledger->counts.withheld++;
}

uint64_t pst_ledger_leased_under(const struct pst_ledger *ledger, uint64_t permit)
{
	for (uint32_t i = 0; permit != 0 && i < PST_LEDGER_PERMITS; i++) {
		if (ledger->permit[i].permit == permit) {
			return ledger->permit[i].leased;
		}
	}
	return 0;
}

struct pst_ledger_position pst_ledger_position(const struct pst_ledger *ledger)
{
	return (struct pst_ledger_position){
		.session = ledger->session, .after = ledger->begun ? (int64_t)ledger->last : -1};
}

struct pst_ledger_counts pst_ledger_snapshot(const struct pst_ledger *ledger)
{
	return ledger->counts;
}

struct pst_ledger_counts pst_ledger_since(
	const struct pst_ledger *ledger, const struct pst_ledger_counts *before)
{
	const struct pst_ledger_counts *now = &ledger->counts;

	return (struct pst_ledger_counts){
		.seen = now->seen - before->seen,
		.leased = now->leased - before->leased,
		.withheld = now->withheld - before->withheld,
		.lost = now->lost - before->lost,
		.damaged = now->damaged - before->damaged,
	};
}

static int check_witness(const struct pst_ledger_counts *c,
	const struct pst_ledger_witness *witness, struct pst_error *error)
{
	uint64_t taken = witness->worker_frames + witness->worker_dropped;

	if (witness->put != c->leased) {
		return pst_error_set(error, PST_E_MISMATCH,
			"frame ledger: %llu leased, but %llu put into slots", (ull)c->leased,
			(ull)witness->put);
	}
	if (witness->has_worker && taken != c->leased) {
		return pst_error_set(error, PST_E_MISMATCH,
			"frame ledger: %llu leased, but workers account for %llu (%llu taken, %llu "
			"dropped)",
			(ull)c->leased, (ull)taken, (ull)witness->worker_frames,
			(ull)witness->worker_dropped);
	}
	return 0;
}

int pst_ledger_reconcile(const struct pst_ledger *ledger, const struct pst_ledger_witness *witness,
	struct pst_error *error)
{
	const struct pst_ledger_counts *c = &ledger->counts;
	uint64_t sum = c->leased + c->withheld + c->lost + c->damaged;
	uint64_t span = ledger->begun ? ledger->last - ledger->first + 1 : 0;

	if (ledger->faults > 0) {
		return pst_error_set(error, PST_E_MISMATCH, "frame ledger: %s (%llu such in all)",
			ledger->fault, (ull)ledger->faults);
	}
	if (ledger->open) {
		return pst_error_set(error, PST_E_MISMATCH,
			"frame ledger: frame %llu was never decided", (ull)ledger->last);
	}
	if (c->seen != sum) {
		return pst_error_set(error, PST_E_MISMATCH,
			"frame ledger: %llu seen, but %llu leased + %llu withheld + %llu lost + "
			"%llu "
			"damaged make %llu",
			(ull)c->seen, (ull)c->leased, (ull)c->withheld, (ull)c->lost,
			(ull)c->damaged, (ull)sum);
	}
	span += ledger->past + ledger->unnumbered + ledger->damaged_pending;
	if (c->seen != span) {
		return pst_error_set(error, PST_E_MISMATCH,
			"frame ledger: %llu seen, but numbers %llu to %llu make %llu", (ull)c->seen,
			(ull)ledger->first, (ull)ledger->last, (ull)span);
	}
	return witness ? check_witness(c, witness, error) : 0;
}
