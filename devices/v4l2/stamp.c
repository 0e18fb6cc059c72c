/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/stamp.h"

#include "base/clock.h"

/* A jump further than this is a counter that started over, not a loss. */
#define GAP_MAX 0x7fffffffU

/* A first number below this tells of frames that were lost; drivers number each stream from 0. */
#define FIRST_MAX 16

/* How far clocks may be apart: a camera's own, mapped on the system's, drifts by some ms. */
#define SLACK_NS PST_NS_PER_S

#define YEARS_MAX_S (100LL * 366 * 86400) /* no system is up for longer */

static uint32_t gap_before(const struct v4l2_stamp *stamp, uint32_t driver_sequence)
{
	if (!stamp->any) {
		return driver_sequence < FIRST_MAX ? driver_sequence : 0;
	}
	uint32_t step = driver_sequence - stamp->driver_sequence;

	return step == 0 || step > GAP_MAX ? 0 : step - 1;
}

/* The last frame's number becomes one of those before, and with it those that were skipped. */
static void remember_gap(struct v4l2_stamp *stamp, bool goes_on)
{
	uint64_t skipped = stamp->gap < 32 ? (UINT64_C(1) << stamp->gap) - 1 : UINT32_MAX;
	uint64_t before =
		goes_on && stamp->gap < 31 ? (uint64_t)stamp->missed << (stamp->gap + 1) : 0;

	stamp->missed = (uint32_t)(before | skipped);
}

bool pst_v4l2_stamp_is_overtaken(struct v4l2_stamp *stamp, uint32_t driver_sequence)
{
	uint32_t back = stamp->driver_sequence - driver_sequence;

	if (!stamp->any || back == 0 || back > 32 || !(stamp->missed >> (back - 1) & 1)) {
		return false;
	}
	stamp->missed &= ~(UINT32_C(1) << (back - 1));
	return true;
}

static void number(struct v4l2_stamp *stamp, uint32_t driver_sequence, struct pst_frame *frame)
{
	stamp->gap = gap_before(stamp, driver_sequence);
	remember_gap(stamp, driver_sequence - stamp->driver_sequence == stamp->gap + 1);
	stamp->sequence += stamp->gap + (stamp->any ? 1 : 0);
	frame->sequence = stamp->sequence;
	frame->lost = stamp->lost + stamp->gap;
	stamp->lost = 0;
	stamp->driver_sequence = driver_sequence;
}

/* @return 0 for what is no time at all */
static int64_t time_of(const struct timeval *at)
{
	if (at->tv_sec < 0 || at->tv_sec > YEARS_MAX_S || at->tv_usec < 0 || at->tv_usec > 999999) {
		return 0;
	}
	return (int64_t)at->tv_sec * PST_NS_PER_S + (int64_t)at->tv_usec * 1000;
}

/* @return the driver's time of the begin of exposure; 0 it is of no use */
static int64_t driver_time_ns(
	const struct v4l2_stamp *stamp, const struct v4l2_buffer *buffer, int64_t now_ns)
{
	int64_t tolerance = stamp->interval_ns ? stamp->interval_ns : SLACK_NS;
	int64_t at = time_of(&buffer->timestamp);
	uint32_t kind = buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK;

	if (kind != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC || at == 0 ||
		at < stamp->started_ns - SLACK_NS) {
		return 0;
	}
	if ((buffer->flags & V4L2_BUF_FLAG_TSTAMP_SRC_MASK) != V4L2_BUF_FLAG_TSTAMP_SRC_SOE) {
		at -= stamp->interval_ns;
	}
	return at <= now_ns + tolerance ? at : 0;
}

bool pst_v4l2_stamp_frame(struct v4l2_stamp *stamp, const struct v4l2_buffer *buffer,
	int64_t now_ns, struct pst_frame *frame)
{
	int64_t at = driver_time_ns(stamp, buffer, now_ns);
	bool used = at > stamp->captured_ns;

	number(stamp, buffer->sequence, frame);
	if (!used) {
		at = now_ns - stamp->interval_ns;
	}
	at = at < stamp->started_ns ? stamp->started_ns : at;
	at = at > now_ns ? now_ns : at;
	at = at <= stamp->captured_ns ? stamp->captured_ns + 1 : at;
	stamp->captured_ns = at;
	stamp->any = true;
	frame->captured_ns = at;
	return used;
}
