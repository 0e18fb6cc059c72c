/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_ALARM_H
#define PST_PIPELINE_ALARM_H

#include <stdint.h>
#include <uv.h>

#include "base/error.h"

/**
 * A moment that the lane's loop is woken at.
 *
 * A descriptor of the kernel's and not a timer of the loop: that would be armed and disarmed again
 * each time the loop waits, which is a quarter of what an unread frame costs.
 *
 * One thread, [control].
 */
struct pst_alarm {
	int fd;	       /* timerfd; -1: none */
	int64_t at_ns; /* CLOCK_MONOTONIC that it is set to; 0: not set */
	uv_poll_t poll;
};

/**
 * @param alarm  borrowed by the loop until its handles are closed
 * @param due    called at the moment; poll->data is user
 * @return 0 or -errno; then there is nothing to finish
 */
int pst_alarm_init(
	struct pst_alarm *alarm, uv_loop_t *loop, uv_poll_cb due, void *user) PST_MUST_CHECK;

/** The loop has closed its handles. Accepts one that was not initialised, with fd -1. */
void pst_alarm_finish(struct pst_alarm *alarm);

/** Sets the moment, in place of the one before. @param at_ns  CLOCK_MONOTONIC, > 0 */
void pst_alarm_set(struct pst_alarm *alarm, int64_t at_ns);

/** It went off, or is not wanted any more: it is not set. */
void pst_alarm_clear(struct pst_alarm *alarm);

#endif
