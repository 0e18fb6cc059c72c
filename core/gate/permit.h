/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_GATE_PERMIT_H
#define PST_GATE_PERMIT_H

#include <stdatomic.h>
#include <stdint.h>

#define PST_PERMIT_NONE 0

/**
 * The leave to lease frames of one person to a worker. One per lane; zeroed is valid and closed.
 *
 * Written by the lane's control thread only (through the encounter); read by the capture thread.
 *
 * Memory order: a revoke exchanges the id for 0 with sequential consistency and is complete when it
 * returns. A grant stores bounds and budget, then the id, each with release. A reader loads the id,
 * then the bounds, then the id again, each with acquire: bounds of a later permit cannot be seen
 * without the second load seeing that the id moved, and then the answer is no. A frame that was
 * being copied while a revoke came in is caught by asking pst_permit_id() once more after the copy
 * and before the frame is handed on: the ids differ.
 */
struct pst_permit {
	_Atomic uint64_t id; /* 0: no live permit */
	_Atomic int64_t
		from_ns; /* on the clock of the frames: CLOCK_MONOTONIC, or the recording's */
	_Atomic int64_t until_ns; /* same clock */
	_Atomic uint32_t frames;  /* leases left */
	uint64_t last_id;	  /* ids rise and are never used twice */
};

/** What a permit is limited to. Zeroed lets nothing through. */
struct pst_permit_bounds {
	int64_t from_ns;  /* frames captured before this stay withheld, though they arrive later */
	int64_t until_ns; /* frames captured at or after this stay withheld */
	uint32_t frames;  /* frames that may be leased in all */
};

/**
 * Opens the gate. A permit that is still live is revoked first.
 *
 * @return id, never 0
 * [control]
 */
uint64_t pst_permit_grant(struct pst_permit *permit, const struct pst_permit_bounds *bounds);

/** Moves the end of the live permit, as long as what it rests on lasts; the rest of it stays.
 * [control] */
void pst_permit_renew(struct pst_permit *permit, int64_t until_ns);

/** Closes the gate. @return the id that was live, or 0 if none was. [control] */
uint64_t pst_permit_revoke(struct pst_permit *permit);

/** The gate's answer in one load. @return the live permit's id, or 0. [any] */
static inline uint64_t pst_permit_id(const struct pst_permit *permit)
{
	return atomic_load_explicit(&permit->id, memory_order_acquire);
}

/**
 * Asks leave for one frame and counts it against the budget.
 *
 * @param captured_ns  when the frame was captured, on the clock of the bounds
 * @return id to write in the ledger; 0: withhold the frame (no permit, out of bounds, budget spent)
 * [capture]
 */
uint64_t pst_permit_take(struct pst_permit *permit, int64_t captured_ns);

#endif
