/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_FRAME_RUNS_H
#define PST_FRAME_RUNS_H

#include <stdbool.h>
#include <stdint.h>

/** What became of a frame. */
enum pst_fate {
	PST_FATE_UNSET = 0,
	PST_FATE_WITHHELD, /* went back to the driver unread */
	PST_FATE_LEASED,   /* copied into a slot, under a permit */
	PST_FATE_LOST,	   /* the driver skipped its number */
	PST_FATE_DAMAGED,  /* dropped as torn or flagged in error */
	PST_FATE_COUNT
};

/** Frames of one session and one fate whose numbers follow on each other. */
struct pst_run {
	enum pst_fate fate;
	uint64_t session;
	uint64_t first;
	uint64_t last;	 /* first or above */
	uint64_t permit; /* LEASED: under which; else 0 */
};

#define PST_RUNS_MAX 128
#define PST_RUNS_PER_FRAME                                                                         \
	3 /* a frame adds so many at most: damaged and lost before it, itself                      \
	   */

/**
 * The numbers that are not written down yet, as runs in their order: hours of one fate are one run.
 * Zeroed is valid and empty. No allocation.
 */
struct pst_runs {
	uint32_t count;
	uint64_t unnumbered; /* damaged frames that took no number */
	struct pst_run run[PST_RUNS_MAX];
};

/**
 * Adds a run, to the one before where it goes on with it.
 *
 * @return false: there is no room, and the numbers are not in the account
 */
bool pst_runs_add(struct pst_runs *runs, const struct pst_run *run);

/** @return whether another frame might not find room: time to write the runs down and clear them */
bool pst_runs_is_full(const struct pst_runs *runs);

/** They are written down: forgets them. */
void pst_runs_clear(struct pst_runs *runs);

/** @return "withheld", "leased", "lost", "damaged"; "unset" */
const char *pst_fate_name(enum pst_fate fate);

#endif
