/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_CLOCK_H
#define PST_VAULT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/ratchet.h"
#include "vault/vault.h"

/*
 * Inside the vault room only: the time that keys die by. Pure.
 *
 *                     wall clock ahead by more than the tolerance,
 *                     and the kernel calls it unsynchronised
 *          running ------------------------------------------------> held
 *                  <------------------------------------------------
 *                     synchronised, set back, or accepted
 *
 * The time never goes back: it is the greatest that was taken. It is never slower than the
 * machine's own running time, as long as the machine was not started anew in between: a wall clock
 * set back keeps nothing longer. While held, it goes on at the pace of the running time: no key
 * dies by the jump, nothing is enrolled, and what has expired by the clock shown does not open.
 */

/* Below this a jump is not told from imprecision. */
#define PST_VAULT_CLOCK_TOLERANCE_MIN_S 60

struct pst_vault_clock {
	struct pst_ratchet_stamp taken; /* the vault's time, and the running time at that moment */
	int64_t shown_s; /* what the wall clock last showed, at least taken.clock_s */
	bool held;
};

/**
 * Takes what the clocks show.
 *
 * @param machine      NULL: the wall clock is trusted
 * @param tolerance_s  how far the wall clock may be ahead unsynchronised; 0: any
 */
void pst_vault_clock_take(struct pst_vault_clock *clock, int64_t wall_s,
	const struct pst_clock_machine *machine, int64_t tolerance_s);

#endif
