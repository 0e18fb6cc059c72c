/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_CAMERA_H
#define PST_DEVICES_V4L2_CAMERA_H

#include "devices/impl.h"
#include "devices/v4l2/buffers.h"
#include "devices/v4l2/identity.h"
#include "devices/v4l2/modes.h"
#include "devices/v4l2/stamp.h"
#include "devices/v4l2/want.h"

/* What the files of this folder share about one open camera; nobody outside includes it. */

struct v4l2_camera {
	struct pst_device device;
	struct v4l2_backend backend;
	struct v4l2_want want;
	struct v4l2_address address;   /* by which it was asked for */
	struct v4l2_identity identity; /* who it was at open */
	struct v4l2_node node;
	struct v4l2_buffers buffers;
	uint32_t stride; /* of plane 0, bytes */
	uint32_t held;	 /* frames that the caller has */
	struct v4l2_stamp stamp;
	struct pst_error broken; /* a buffer could not be given back: told by the next next */
};

/**
 * Opens a camera on another backend than the kernel's, else as pst_v4l2_open.
 *
 * @param backend  copied; what it works on outlives the device
 */
int pst_v4l2_open_on(struct pst_device **ret, const struct v4l2_backend *backend, const char *uri,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Settles format, size and rate with the driver of an open node, as camera->want says, and fills
 * device.info with them.
 *
 * @return 0; PST_E_DEVICE with the error filled
 */
int pst_v4l2_negotiate(struct v4l2_camera *camera, struct pst_error *error) PST_MUST_CHECK;

#endif
