/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_CAMERA_H
#define PST_DEVICES_V4L2_CAMERA_H

#include "devices/impl.h"
#include "devices/jpeg.h"
#include "devices/v4l2/buffers.h"
#include "devices/v4l2/choose.h"
#include "devices/v4l2/convert.h"
#include "devices/v4l2/identity.h"
#include "devices/v4l2/modes.h"
#include "devices/v4l2/return.h"
#include "devices/v4l2/settle.h"
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
	struct v4l2_choices choices;
	struct v4l2_candidate chosen; /* of them */
	char given_up[64];	      /* the mode that the bus had no room for */
	struct v4l2_buffers buffers;
	struct v4l2_pix_format agreed; /* what the driver set; format, size, row */
	uint32_t stride;	       /* of plane 0, bytes */
	uint32_t held;		       /* frames that the caller has */
	/* Owned, made by whoever agrees on a format that must be converted; NULL: as they come. */
	struct v4l2_convert *convert;
	struct pst_jpeg_check *jpeg; /* owned */
	struct v4l2_stamp stamp;
	struct v4l2_settle settle;
	uint32_t bytes[V4L2_BUFFERS_MAX]; /* in each buffer that the caller has */
	int64_t heard_ns;		  /* when the driver gave a buffer last, or was started */
	int64_t vain_ns;		  /* when it had none last, though asked */
	bool heard;			  /* a buffer since the start */
	bool streamed;			  /* since it was opened */
	struct v4l2_return back;
	int refused;		 /* -errno that STREAMON failed with last; 0 */
	struct pst_error broken; /* a buffer could not be given back: told by the next next */
};

/**
 * Opens a camera on another backend than the kernel's, else as pst_v4l2_open.
 *
 * @param backend  copied; what it works on outlives the device, whose closing calls its destroy;
 *                 on an error it stays as it was
 */
int pst_v4l2_open_on(struct pst_device **ret, const struct v4l2_backend *backend, const char *uri,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Settles format, size, rate and controls with the driver of an open node, as camera->want says,
 * and fills device.info with them.
 *
 * @return 0; PST_E_CONFIG a control that it doesn't have; PST_E_DEVICE; error filled
 */
int pst_v4l2_negotiate(struct v4l2_camera *camera, struct pst_error *error) PST_MUST_CHECK;

/**
 * Says that the bus has no room for the mode that was chosen: who takes what, and a mode that would
 * fit.
 *
 * @return PST_E_DEVICE
 */
int pst_v4l2_no_room(struct v4l2_camera *camera, struct pst_error *error);

/** @return bytes from row to row of a plane, by what the driver says of the first */
uint32_t pst_v4l2_plane_stride(enum pst_frame_format format, uint32_t plane, uint32_t stride);

/** Makes ready for the frames of a stream that is about to start. */
void pst_v4l2_frames_begin(struct v4l2_camera *camera);

/** next, map, release and check of struct pst_device_ops. */
int pst_v4l2_frames_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error);
int pst_v4l2_frames_map(
	struct pst_device *device, struct pst_frame *frame, struct pst_error *error);
void pst_v4l2_frames_release(struct pst_device *device, struct pst_frame *frame);
int pst_v4l2_frames_check(struct pst_device *device, struct pst_error *error);

/**
 * Notes in device.away why the camera failed.
 *
 * @param status  -errno as the driver gave it, or PST_E_*
 * @return PST_E_DEVICE; -ENOMEM
 */
int pst_v4l2_failed(struct v4l2_camera *camera, int status);

/**
 * Takes the mode of device.info and the controls again, on a node that was opened anew.
 *
 * @return 0; PST_E_DEVICE the camera doesn't take them as before; error filled
 */
int pst_v4l2_negotiate_again(struct v4l2_camera *camera, struct pst_error *error) PST_MUST_CHECK;

/**
 * Settles on the next best mode that takes less of the bus, after STREAMON gave ENOSPC. No buffer
 * is mapped.
 *
 * @return 0: try again; PST_E_DEVICE nothing less is left, or all was asked for: the error says
 *         who takes what, and names a mode that would fit
 */
int pst_v4l2_negotiate_less(struct v4l2_camera *camera, struct pst_error *error) PST_MUST_CHECK;

#endif
