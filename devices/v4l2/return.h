/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_RETURN_H
#define PST_DEVICES_V4L2_RETURN_H

#include "devices/device.h"
#include "devices/v4l2/ops.h"

struct v4l2_camera;

#define V4L2_LEAVING_MS 5 /* from look to look at a camera that is being taken down */

/**
 * How a camera that is away is found again.
 *
 *                  +-- nothing happened --+
 *                  v                      |
 *   lost --> the node is not there --event--> there --opened, the same as it was--> back
 *                  ^                      |     ^
 *                  +--------- gone -------+     +-- not yet: by timer, 5 ms to 10 s
 *
 * While it is not there nothing is opened and no timer runs, but for the half second at most in
 * which the kernel takes it down. One that stalls or does not answer twice in a row has its USB
 * port reset, at most every 10 s, later every 5 min.
 */
struct v4l2_return {
	struct v4l2_watch *watch; /* owned; NULL: nobody tells, so it does not come back */
	int wait;		  /* an epoll of the watch and the timer; -1 without a watch */
	int timer;
	bool begun;	       /* it was asked for since it was lost */
	bool armed;	       /* the timer runs */
	uint32_t tries;	       /* in vain, since something happened */
	uint32_t failures;     /* times in a row that it stalled or did not answer */
	uint32_t resets;       /* since it last ran well */
	int64_t reset_from_ns; /* no reset before; CLOCK_MONOTONIC */
	int64_t leaving_ns; /* asked first whether it is still leaving, CLOCK_MONOTONIC; 0: not */
	char stranger[512]; /* told last */
};

/** Begins to watch. Where that can't be, the camera works, but does not come back. */
void pst_v4l2_return_open(struct v4l2_camera *camera);

/** Accepts a zeroed one. */
void pst_v4l2_return_close(struct v4l2_return *back);

/** The stream failed to start: has the descriptor become readable when it may be tried again. */
void pst_v4l2_return_later(struct v4l2_camera *camera);

/**
 * Whether an unplugged camera is still being taken down by the kernel, for 500 ms at most.
 *
 * Until then its descriptor stays open. uvcvideo as of Linux 6.1 unregisters the media entities of
 * a camera that leaves while whoever closes its node does the same, and a close in that moment is a
 * NULL pointer in the kernel (media_device_unregister_entity). The USB device's folder in sysfs
 * goes last.
 */
bool pst_v4l2_return_is_leaving(struct v4l2_camera *camera);

/** return_fd and come_back of struct pst_device_ops. */
int pst_v4l2_return_fd(const struct pst_device *device);
int pst_v4l2_return_try(struct pst_device *device, struct pst_error *error);

#endif
