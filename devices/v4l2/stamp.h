/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_STAMP_H
#define PST_DEVICES_V4L2_STAMP_H

#include <linux/videodev2.h>
#include <stdbool.h>

#include "frame/frame.h"

/** Numbers and times of one stream's frames. Zeroed but for the first two before the first. */
struct v4l2_stamp {
	int64_t started_ns;  /* when the stream was asked for */
	int64_t interval_ns; /* from frame to frame; 0 unknown */
	bool any;
	uint32_t driver_sequence; /* of the frame before; it wraps */
	uint64_t sequence;
	int64_t captured_ns;
	uint32_t lost;	 /* carried over from a frame that was not handed over */
	uint32_t gap;	 /* numbers skipped right before the last frame stamped */
	uint32_t missed; /* bit n: the driver's number n + 1 before the last was skipped */
};

/**
 * Tells a frame that the driver finished after its successor. uvcvideo copies the packets of
 * several frames at once and may do so. Its number was counted as lost when the successor came, and
 * to hand it over would turn time back.
 *
 * @return true once for each such number
 */
bool pst_v4l2_stamp_is_overtaken(struct v4l2_stamp *stamp, uint32_t driver_sequence);

/**
 * Fills sequence, captured_ns and lost of a frame from what the driver says of it.
 *
 * The numbers count from 0 and don't wrap; a gap in the driver's is a loss. A stream whose first
 * number is small but not 0 lost what came before; one whose first number is large counts from
 * there. A driver that goes back or stands still is taken to have started over.
 *
 * captured_ns is the begin of exposure: the driver's time if it says that it stamps that
 * (V4L2_BUF_FLAG_TSTAMP_SRC_SOE, all USB cameras), else, for the end of the frame, one interval
 * before it. So a frame that was exposed before a permit is never taken to be younger than that.
 * The driver's time is used if it is CLOCK_MONOTONIC and neither unset, nor before the stream was
 * asked for, nor going back or standing still, nor further in the future than one interval; a
 * second of tolerance where the interval is unknown. Times in the future within that are now. What
 * is no use is replaced by one interval before now. Nothing was exposed before the stream was asked
 * for. captured_ns rises strictly.
 *
 * @return whether the driver's time was used
 */
bool pst_v4l2_stamp_frame(struct v4l2_stamp *stamp, const struct v4l2_buffer *buffer,
	int64_t now_ns, struct pst_frame *frame);

#endif
