/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_WANT_H
#define PST_DEVICES_V4L2_WANT_H

#include "devices/v4l2/controls.h"

enum v4l2_settle_want {
	V4L2_SETTLE_UNSET = 0, /* as postern does it */
	V4L2_SETTLE_OFF,       /* the first frame is as good as any */
	V4L2_SETTLE_WITHIN,    /* settle_ms at most */
};

/** What a URI asks for; zero is: chosen by postern. */
struct v4l2_want {
	enum pst_frame_format format;
	uint32_t converted; /* fourcc of a format that libv4l converts; format is I420 then */
	uint32_t width;	    /* px */
	uint32_t height;    /* px */
	double fps;
	enum v4l2_settle_want settle;
	int32_t settle_ms;
	struct v4l2_controls_want controls;
};

/**
 * Takes a URI apart.
 *
 * @param address  what names the camera ("/dev/video0", "serial=ABC123"), room bytes
 * @return 0; PST_E_CONFIG with the error filled
 */
int pst_v4l2_want_parse(const char *uri, char *address, size_t room, struct v4l2_want *want,
	struct pst_error *error) PST_MUST_CHECK;

#endif
