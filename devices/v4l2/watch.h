/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_WATCH_H
#define PST_DEVICES_V4L2_WATCH_H

#include "devices/v4l2/identity.h"
#include "devices/v4l2/ops.h"

/* What the kernel's backend does about plugs. */

/**
 * Watches video nodes by the kernel's own events and, where a udev daemon runs, by its events too:
 * they come when its rules have set the permissions.
 *
 * @return 0; -ENOMEM; -errno
 */
int pst_v4l2_watch_open(struct v4l2_watch **ret_watch) PST_MUST_CHECK;

/**
 * Resets the port of a USB camera, by its device file or, where that may not be opened, by taking
 * its authorisation and giving it again.
 *
 * @return 0; -ENOENT no USB device; -EACCES neither is allowed; -errno
 */
int pst_v4l2_port_reset(const struct v4l2_identity *identity) PST_MUST_CHECK;

#endif
