/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_V4L2_H
#define PST_DEVICES_V4L2_V4L2_H

#include <stddef.h>

#include "devices/device.h"

#define PST_V4L2_RATES_MAX 16
#define PST_V4L2_CONTROL_NAME_SIZE 64

/**
 * Opens a camera and settles format, size and rate with its driver; nothing streams yet.
 *
 * @param uri  "v4l2:/dev/video0?size=1280x720&fps=30&format=MJPG", "v4l2:serial=ABC123",
 *             "v4l2:port=usb-1-1.2", or "v4l2:" for the only camera. What is left out is chosen:
 *             the largest size up to 1280x720 that reaches 25 frames per second, MJPEG first.
 *             What is asked for and not offered is refused. settle=off or settle=MS says how
 *             long a new stream's exposure may take, see devices/v4l2/settle.h.
 * @param ret  on success the caller's, to be closed
 * @return 0; PST_E_CONFIG the URI is wrong; PST_E_DEVICE no such camera, no camera at all, busy,
 *         or not able to; -EACCES; all with the error filled
 * [capture]
 */
int pst_v4l2_open(struct pst_device **ret, const char *uri, struct pst_error *error) PST_MUST_CHECK;

/**
 * The exposure time that an open camera has at this moment, chosen by itself or not.
 *
 * @return 0; PST_E_FORMAT it doesn't tell, or is no camera of this kind; PST_E_DEVICE it fails
 * [capture]
 */
int pst_v4l2_exposure(const struct pst_device *device, int64_t *ret_ns) PST_MUST_CHECK;

/**
 * Whether an open camera's automatic exposure may lower its rate: many do so in low light, and tell
 * the exposure time that they had before.
 *
 * [capture]
 */
bool pst_v4l2_may_slow(const struct pst_device *device);

/** One format and size that a camera offers. */
struct pst_v4l2_mode {
	char fourcc[5];		      /* without blanks at its end: "MJPG", "Y16" */
	enum pst_frame_format format; /* PST_FRAME_FORMAT_UNSET: not one that postern takes */
	uint32_t width;		      /* px */
	uint32_t height;	      /* px */
	uint32_t rates;		      /* entries in fps; 0: the driver doesn't tell */
	double fps[PST_V4L2_RATES_MAX];
	bool any_rate;	/* fps[0] and fps[1] are the ends of a range */
	bool converted; /* by libv4l, to that format */
};

/** @return its highest rate, frames per second; 0 the driver tells none */
double pst_v4l2_mode_fastest(const struct pst_v4l2_mode *mode);

enum pst_v4l2_control_kind {
	PST_V4L2_CONTROL_UNSET = 0,
	PST_V4L2_CONTROL_NUMBER,
	PST_V4L2_CONTROL_SWITCH, /* 0 or 1 */
	PST_V4L2_CONTROL_MENU,	 /* the value is an entry's number */
};

/** An entry of a menu. */
struct pst_v4l2_choice {
	int64_t value;
	char name[PST_V4L2_CONTROL_NAME_SIZE]; /* "aperture_priority_mode", "50_hz" */
};

/** Something that can be set at a camera. */
struct pst_v4l2_control {
	uint32_t id;			       /* V4L2_CID_* */
	char name[PST_V4L2_CONTROL_NAME_SIZE]; /* "exposure_time_absolute", as URIs take it */
	enum pst_v4l2_control_kind kind;
	int64_t least;
	int64_t most;
	int64_t step;
	int64_t initial; /* the driver's default */
	int64_t value;	 /* now */
	bool readable;	 /* value is known */
	bool writable;
	bool held; /* by an automatic control, which must be off before it can be set */
	struct pst_v4l2_choice *choice; /* owned; of a MENU */
	uint32_t choices;
};

#endif
