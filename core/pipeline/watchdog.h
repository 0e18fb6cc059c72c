/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_WATCHDOG_H
#define PST_PIPELINE_WATCHDOG_H

#include <stdint.h>

#include "pipeline/lane.h"

/**
 * What the service manager's watchdog is fed with (base/notify.h). It is fed by the tick that does
 * what the gate has due, behind it, and only when each of these is so since it was fed last:
 *
 *   the loop ticks -> the gate's clock went on -> nothing of the gate's is overdue
 *                                                        |
 *   WATCHDOG=1 <- the vault answers <- the audit log answers
 *
 *   ticks       a loop that is stuck, or waits for a disk that hangs, comes to nothing of it
 *   clock       lane->now_ns; a recording's is that of its frames, and may stand still
 *   overdue     a script's step, the end of a notice's or a person's time, the look after a source
 *               that gives no frame: by more than PST_WATCHDOG_LATE_NS
 *   audit log   pst_audit_answers(): a file in the state directory was written and synced just now,
 *               or could not be for want of room, which no restart would mend
 *   vault       pst_vault_answers(): no write of it failed, and it can be read
 *
 * A lane where nobody steps up does all of this too. What is missing is said as the service's
 * status, and the lane is left to the manager. Inside this room only. [control]
 */
struct pst_watchdog {
	int64_t due_ns;	  /* CLOCK_MONOTONIC; INT64_MAX: nobody waits */
	int64_t clock_ns; /* the gate's, when it was fed last */
};

#define PST_WATCHDOG_LATE_NS 1000000000LL

/** The lane is about to run. */
void pst_watchdog_begin(struct pst_lane *lane);

/** Says that the lane is ready, and how it is. */
void pst_watchdog_ready(const struct pst_lane *lane);

/** @return CLOCK_MONOTONIC when it wants to be fed; INT64_MAX: not at all */
int64_t pst_watchdog_due_ns(const struct pst_lane *lane);

/** Feeds it if that is due, and if the lane gets on. */
void pst_watchdog_tick(struct pst_lane *lane);

#endif
