/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_MODES_H
#define PST_DEVICES_V4L2_MODES_H

#include "devices/v4l2/node.h"
#include "devices/v4l2/v4l2.h"
#include "devices/v4l2/want.h"

/** What `format` takes, for messages; formats that libv4l converts are taken besides. */
#define V4L2_FORMATS_TAKEN "MJPG, NV12, YU12, YUYV, UYVY, BGR3, GREY, Y16"

/** A growing list of modes. Zeroed is a valid empty one. */
struct v4l2_modes {
	struct pst_v4l2_mode *mode; /* owned */
	size_t count;
	size_t room;
};

/**
 * Asks the driver for its formats, sizes and rates.
 *
 * Of a driver that takes any size in a range, the range's ends, the common sizes in it and the
 * wanted one are listed; of one that takes any rate in a range, its ends. Formats that postern
 * doesn't know and libv4l does count as I420, converted.
 *
 * @return 0 or -ENOMEM
 */
int pst_v4l2_modes_read(struct v4l2_modes *modes, const struct v4l2_node *node,
	const struct v4l2_want *want) PST_MUST_CHECK;

void pst_v4l2_modes_finish(struct v4l2_modes *modes);

/** Writes what is on offer in formats that postern takes, as much as fits: "MJPG 640x480, ...". */
void pst_v4l2_modes_describe(const struct v4l2_modes *modes, char *text, size_t size);

/** @return the format with this V4L2 fourcc, or PST_FRAME_FORMAT_UNSET */
enum pst_frame_format pst_v4l2_format_of(uint32_t fourcc);

/** @return the place of a format among those that are taken, 0 is the best */
size_t pst_v4l2_format_rank(enum pst_frame_format format);

/** @return the V4L2 fourcc that is written so; blanks at its end may be left out */
uint32_t pst_v4l2_fourcc_named(const char *name);

#endif
