/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_CONVERT_H
#define PST_DEVICES_V4L2_CONVERT_H

#include "devices/v4l2/node.h"

/**
 * Pictures in a format that only libv4l knows, made into I420.
 *
 * The library's own way is to convert when a buffer is taken, which would look into frames that
 * nobody has permitted. Here buffers are taken from the kernel as they are, and a frame is
 * converted in pst_device_map, under its permit.
 */
struct v4l2_convert;

/** @return whether pictures of this fourcc are taken by way of conversion only */
bool pst_v4l2_convert_takes(uint32_t fourcc);

/**
 * Prepares for a format that was agreed on with the driver.
 *
 * @param source  what VIDIOC_S_FMT gave, with a fourcc that pst_v4l2_convert_takes
 * @param ret     on success the caller's
 * @return 0; PST_E_DEVICE or -ENOMEM with the error filled
 */
int pst_v4l2_convert_create(struct v4l2_convert **ret, const struct v4l2_node *node,
	const struct v4l2_pix_format *source, struct pst_error *error) PST_MUST_CHECK;

/** Sets *convert to NULL; accepts NULL inside. */
void pst_v4l2_convert_destroy(struct v4l2_convert **convert);

/**
 * Converts one picture and fills the frame's planes, which stay valid over one more conversion.
 *
 * @param frame  I420, width x height of the source
 * @return 0; PST_E_CORRUPT the bytes are no such picture; error filled
 */
int pst_v4l2_convert_frame(struct v4l2_convert *convert, const uint8_t *bytes, size_t size,
	struct pst_frame *frame, struct pst_error *error) PST_MUST_CHECK;

#endif
