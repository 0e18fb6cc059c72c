/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/alarm.h"

#include <errno.h>
#include <sys/timerfd.h>

#include "base/clock.h"
#include "base/fd.h"

int pst_alarm_init(struct pst_alarm *alarm, uv_loop_t *loop, uv_poll_cb due, void *user)
{
	*alarm = (struct pst_alarm){
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
	if (alarm->fd < 0) {
		return -errno;
	}
	int status = uv_poll_init(loop, &alarm->poll, alarm->fd);

	if (status < 0) {
		pst_fd_close(&alarm->fd);
		return status;
	}
	alarm->poll.data = user;
	(void)uv_poll_start(&alarm->poll, UV_READABLE, due);
	return 0;
}

void pst_alarm_finish(struct pst_alarm *alarm)
{
	pst_fd_close(&alarm->fd);
}

static void settle(struct pst_alarm *alarm, int64_t at_ns)
{
	const struct itimerspec at = {
		.it_value = {at_ns / PST_NS_PER_S, at_ns % PST_NS_PER_S}}; /* 0: never */

	alarm->at_ns = at_ns;
	(void)timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void pst_alarm_set(struct pst_alarm *alarm, int64_t at_ns)
{
	if (at_ns != alarm->at_ns) {
		settle(alarm, at_ns);
	}
}

void pst_alarm_clear(struct pst_alarm *alarm)
{
	settle(alarm, 0);
}
