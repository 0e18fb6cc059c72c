/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/settle.h"

#define LIKE 16 /* a sixteenth of the largest */

static bool is_steady(const struct v4l2_settle *settle)
{
	uint32_t least = UINT32_MAX;
	uint32_t most = 0;

	if (!settle->by_size || settle->frames < V4L2_SETTLE_WINDOW) {
		return false;
	}
	for (int i = 0; i < V4L2_SETTLE_WINDOW; i++) {
		least = settle->size[i] < least ? settle->size[i] : least;
		most = settle->size[i] > most ? settle->size[i] : most;
	}
	return most - least <= most / LIKE;
}

static bool is_over(const struct v4l2_settle *settle, int64_t now_ns)
{
	return now_ns - settle->begun_ns >= settle->bound_ns ||
	       (settle->bound_frames > 0 && settle->frames > settle->bound_frames);
}

bool pst_v4l2_settle_frame(struct v4l2_settle *settle, uint32_t bytes, int64_t now_ns)
{
	if (settle->done) {
		return false;
	}
	if (settle->frames == 0) {
		settle->begun_ns = now_ns;
	}
	settle->size[settle->frames++ % V4L2_SETTLE_WINDOW] = bytes;
	settle->done = is_steady(settle) || is_over(settle, now_ns);
	return !settle->done;
}
