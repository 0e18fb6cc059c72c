/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/stamp.h"

#include "base/clock.h"

/* Some drivers stamp the end of exposure or of transfer before it has come. */
#define FUTURE_MAX_NS PST_NS_PER_S

/* A jump further than this is a counter that started over, not a loss. */
#define GAP_MAX 0x7fffffffU

static void number(struct v4l2_stamp *stamp, uint32_t driver_sequence, struct pst_frame *frame)
{
	uint32_t step = driver_sequence - stamp->driver_sequence;

	if (step == 0 || step > GAP_MAX) {
		step = 1;
	}
	if (stamp->any) {
		stamp->sequence += step;
		frame->lost = stamp->lost + step - 1;
	}
	stamp->lost = 0;
	stamp->driver_sequence = driver_sequence;
	frame->sequence = stamp->sequence;
}

static int64_t driver_time_ns(const struct v4l2_buffer *buffer)
{
	if ((buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) {
		return 0;
	}
	return (int64_t)buffer->timestamp.tv_sec * PST_NS_PER_S +
	       (int64_t)buffer->timestamp.tv_usec * 1000;
}

void pst_v4l2_stamp_frame(struct v4l2_stamp *stamp, const struct v4l2_buffer *buffer,
	int64_t now_ns, struct pst_frame *frame)
{
	int64_t at = driver_time_ns(buffer);

	number(stamp, buffer->sequence, frame);
	if (at <= 0 || at > now_ns + FUTURE_MAX_NS || at <= stamp->captured_ns) {
		at = now_ns;
	}
	if (at <= stamp->captured_ns) {
		at = stamp->captured_ns + 1;
	}
	stamp->captured_ns = at;
	stamp->any = true;
	frame->captured_ns = at;
}
