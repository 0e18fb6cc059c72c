/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_STAMP_H
#define PST_DEVICES_V4L2_STAMP_H

#include <linux/videodev2.h>
#include <stdbool.h>

#include "frame/frame.h"

/** Numbers and times of one stream's frames. Zeroed before the first. */
struct v4l2_stamp {
	bool any;
	uint32_t driver_sequence; /* of the frame before; it wraps */
	uint64_t sequence;
	int64_t captured_ns;
	uint32_t lost; /* carried over from a frame that was not handed over */
};

/**
 * Fills sequence, captured_ns and lost of a frame from what the driver says of it.
 *
 * The numbers count from 0 and don't wrap; a gap in the driver's is a loss. A driver that goes
 * back or stands still is taken to have started over. Its time is used if it is CLOCK_MONOTONIC
 * and neither unset, nor going back, nor a second in the future; else it is now.
 */
void pst_v4l2_stamp_frame(struct v4l2_stamp *stamp, const struct v4l2_buffer *buffer,
	int64_t now_ns, struct pst_frame *frame);

#endif
