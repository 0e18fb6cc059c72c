/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_IDLE_H
#define PST_PIPELINE_IDLE_H

#include "pipeline/impl.h"

/*
 * vault.idle: a live lane that nobody stepped up to for so long drops the vault's keys, and the
 * match worker with the opened gallery. Whoever steps up next waits until both are back.
 *
 *   open  --nobody for vault.idle-->  locked  --somebody steps up-->  open
 *                                       |
 *            a bucket ends: opened, keys erased, locked again
 *            the key is gone: stays locked, everybody is referred
 *
 * The key that signs stays, since a lane that cannot write its log must close. [control]
 */

/** @return whether the vault's keys are not in memory */
bool pst_idle_is_locked(const struct pst_lane *lane);

/** @return CLOCK_MONOTONIC when to rest; INT64_MAX: not as things are */
int64_t pst_idle_due_ns(const struct pst_lane *lane);

/** Locks the vault if nobody was there for long enough. */
void pst_idle_rest(struct pst_lane *lane);

/** Somebody is there: unlocks it. Where that fails, a warning says so and it stays locked. */
void pst_idle_wake(struct pst_lane *lane);

/** Unlocks a vault whose next bucket has ended. @return whether it did */
bool pst_idle_wake_to_expire(struct pst_lane *lane);
void pst_idle_rest_again(struct pst_lane *lane);

#endif
