/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_FRAME_LEDGER_H
#define PST_FRAME_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "frame/runs.h"

/**
 * The account of every frame of one camera session: each sequence number from the first one on is
 * exactly one of leased, withheld, lost or damaged, so that seen == their sum, always.
 *
 *   lost      the driver skipped the number (a gap before the next frame)
 *   damaged   the device got the frame and dropped it, because it was torn or flagged in error;
 *             a gap before the next frame is first explained by these, the rest is lost
 *   leased    the bytes were copied into a slot, under a permit
 *   withheld  the buffer went back to the driver unread
 *
 * Per frame: see, then exactly one of lease, withhold and spoil. A frame left undecided, decided
 * twice, leased without a permit or numbered backwards is remembered and spoils the reconciliation.
 *
 * Beside the counts it keeps which numbers they were, as runs, until its holder has written them
 * down: look at pst_runs_is_full(&ledger->runs) before each frame. Which numbers of a gap were
 * damaged and which lost, nobody knows; damaged ones are put first.
 */
struct pst_ledger_counts {
	uint64_t seen;
	uint64_t leased;
	uint64_t withheld;
	uint64_t lost;
	uint64_t damaged;
};

#define PST_LEDGER_PERMITS 8 /* the newest permits whose leases are told apart */

/** Zeroed is a valid empty ledger. Fields are the ledger's own. One thread, [capture]. */
struct pst_ledger {
	struct pst_ledger_counts counts;
	struct pst_runs runs; /* not written down yet */
	uint64_t session;     /* of the source, from 1 with the first resume */
	bool begun;
	bool open; /* the last frame seen is not decided yet */
	uint64_t first;
	uint64_t last;
	uint64_t past;		  /* numbers of sessions that ended */
	uint64_t unnumbered;	  /* damaged frames that took no number */
	uint64_t damaged_pending; /* since the last frame */
	uint64_t faults;	  /* calls out of order */
	char fault[96];		  /* the first of them */
	struct {
		uint64_t permit;
		uint64_t leased;
	} permit[PST_LEDGER_PERMITS];
};

/** A frame was handed over. Gaps in the numbers are booked as damaged or lost. */
void pst_ledger_see(struct pst_ledger *ledger, uint64_t sequence);

/** The source was started: it numbers anew, and no gap follows from that. */
void pst_ledger_resume(struct pst_ledger *ledger);

/** The session is over: damaged frames that no number followed took none. */
void pst_ledger_end(struct pst_ledger *ledger);

/** The device dropped a damaged frame (PST_E_CORRUPT from pst_device_next). */
void pst_ledger_damage(struct pst_ledger *ledger);

/** The frame last seen turned out damaged when its bytes were asked for (pst_device_map). */
void pst_ledger_spoil(struct pst_ledger *ledger, uint64_t sequence);

/** The frame last seen went into a slot. */
void pst_ledger_lease(struct pst_ledger *ledger, uint64_t sequence, uint64_t permit);

/** The frame last seen went back unread. */
void pst_ledger_withhold(struct pst_ledger *ledger, uint64_t sequence);

/** @return frames leased under a permit; 0 for one that is not among the newest */
uint64_t pst_ledger_leased_under(const struct pst_ledger *ledger, uint64_t permit);

/** A moment, told by the numbers of frames: after this one, before the next. */
struct pst_ledger_position {
	uint64_t session;
	int64_t after; /* number of the newest frame of the session; -1: there was none yet */
};

struct pst_ledger_position pst_ledger_position(const struct pst_ledger *ledger);

/** @return a copy, to take the difference from later: what one encounter saw */
struct pst_ledger_counts pst_ledger_snapshot(const struct pst_ledger *ledger);
struct pst_ledger_counts pst_ledger_since(
	const struct pst_ledger *ledger, const struct pst_ledger_counts *before);

/** What others counted on their own, to hold the ledger against. */
struct pst_ledger_witness {
	uint64_t put;		 /* pst_slots_puts */
	uint64_t worker_frames;	 /* frames that workers took from slots (pst_worker_counts) */
	uint64_t worker_dropped; /* put but never sent, or sent to a worker that died */
	bool has_worker;
};

/**
 * Checks the sum, the numbers and the witnesses.
 *
 * @param witness  NULL: only the ledger's own sum
 * @return 0, or PST_E_MISMATCH with the error saying which counts differ
 */
int pst_ledger_reconcile(const struct pst_ledger *ledger, const struct pst_ledger_witness *witness,
	struct pst_error *error) PST_MUST_CHECK;

#endif
