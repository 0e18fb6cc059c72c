/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_BOOKS_H
#define PST_PIPELINE_BOOKS_H

#include <stdint.h>

#include "frame/ledger.h"
#include "host/worker.h"

/*
 * The books of a lane: what the audit log holds of frames, so that what became of each can be
 * recomputed from the log alone. core/audit/account.h has the entries. All calls: [control].
 */
struct pst_lane;

/** A permit's end that is yet to be written; zeroed: none is. */
struct pst_revocation {
	uint64_t permit;
	uint64_t encounter;
	uint64_t leased;
	struct pst_ledger_position at;
};

/** A permit ended: remembered, and written before anything else is. */
void pst_books_revoked(struct pst_lane *lane, uint64_t permit);

/** Writes the end of a permit that was remembered, if there is one. @return 0 or a status */
int pst_books_write_revoked(struct pst_lane *lane);

/** Writes that the worker has wiped a permit's frames, and how many it says it took. */
void pst_books_wiped(struct pst_lane *lane, const struct pst_worker_event *event);

/**
 * Writes that a worker died: what a vision worker would have said of its frames nobody knows.
 *
 * @param worker  "vision" or "match"
 * @param cause   in the lane's own words, never in the worker's
 */
void pst_books_died(struct pst_lane *lane, const char *worker, const char *cause);

/**
 * Writes down which frames became what since it was last done. Called when an encounter closes,
 * when the ledger has no room and when the lane closes.
 *
 * @return 0, or why the gate must close; then the ledger still holds them
 */
int pst_books_write(struct pst_lane *lane);

/** Makes room in the ledger for another frame. What can't be written closes the gate. */
void pst_books_make_room(struct pst_lane *lane);

/** Writes the rest and the sums, if the log holds that the lane opened. @return 0 or a status */
int pst_books_close(struct pst_lane *lane);

/** @return 0; PST_E_UNSAFE frames, log or receipts of the run are not all there, with the error */
int pst_books_check(struct pst_lane *lane, struct pst_error *error) PST_MUST_CHECK;

#endif
