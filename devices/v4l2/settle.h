/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_SETTLE_H
#define PST_DEVICES_V4L2_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#define V4L2_SETTLE_MS 500    /* what an automatic exposure is given at most, */
#define V4L2_SETTLE_FRAMES 15 /* or this */
#define V4L2_SETTLE_MS_MAX 10000
#define V4L2_SETTLE_WINDOW 4 /* frames of like size that say it has settled */

/**
 * When the pictures of a camera that was just started are well exposed, judged without a look at a
 * pixel.
 *
 * The size of a JPEG follows brightness and detail: V4L2_SETTLE_WINDOW frames in a row within a
 * sixteenth of each other are taken for settled. Raw frames are all of one size, so only the bounds
 * hold for them, counted from the first frame on.
 */
struct v4l2_settle {
	int64_t bound_ns;      /* 0: nothing to wait for */
	uint32_t bound_frames; /* 0: no bound */
	bool by_size;
	bool done;
	uint32_t frames;
	int64_t begun_ns;
	uint32_t size[V4L2_SETTLE_WINDOW];
};

/** One whole frame of the stream. @return whether the exposure is still settling in it */
bool pst_v4l2_settle_frame(struct v4l2_settle *settle, uint32_t bytes, int64_t now_ns);

#endif
