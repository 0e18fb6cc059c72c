/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_NODE_H
#define PST_DEVICES_V4L2_NODE_H

#include <linux/videodev2.h>

#include "devices/device.h"
#include "devices/v4l2/ops.h"

/** An open video capture node. */
struct v4l2_node {
	struct v4l2_backend backend;
	char path[PST_DEVICE_TEXT_SIZE];
	int fd;
	char name[PST_DEVICE_TEXT_SIZE];
	char driver[PST_DEVICE_TEXT_SIZE];
	char bus[PST_DEVICE_TEXT_SIZE];
};

/**
 * Opens a node and makes sure that frames can be captured from it.
 *
 * What is no character device of V4L2 is not opened. A camera's metadata node, an output, a
 * decoder are told apart by device_caps, since `capabilities` speaks of the whole camera.
 *
 * @return 0; -EACCES; PST_E_DEVICE; error filled, node->fd -1
 */
int pst_v4l2_node_open(struct v4l2_node *node, const struct v4l2_backend *backend, const char *path,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Asks a node what it is, opening it for that moment only.
 *
 * @param ret_cap  device_caps speaks of the node, also of drivers that know only capabilities
 * @return 0; -errno
 */
int pst_v4l2_node_peek(const struct v4l2_backend *backend, const char *path,
	struct v4l2_capability *ret_cap) PST_MUST_CHECK;

/** Accepts one that failed to open. */
void pst_v4l2_node_close(struct v4l2_node *node);

/** An ioctl of this node. @return 0 or -errno */
int pst_v4l2_node_ask(
	const struct v4l2_node *node, unsigned long request, void *argument) PST_MUST_CHECK;

/** @return the backend's time in ns, see v4l2_ops */
int64_t pst_v4l2_node_now(const struct v4l2_node *node);

/**
 * Sets the format that is set: changes nothing, but a USB camera must answer for it, and it is
 * refused while another one streams.
 *
 * @return 0; -EBUSY; -EPROTO and its like; -errno
 */
int pst_v4l2_node_try(const struct v4l2_node *node) PST_MUST_CHECK;

/** @return whether what pst_v4l2_node_try says is that the camera doesn't answer the driver */
bool pst_v4l2_node_is_wedged(int status);

/** Fills the error for a failed ioctl: unplugged, busy, or what else. @return PST_E_DEVICE */
int pst_v4l2_node_fail(
	const struct v4l2_node *node, int status, const char *what, struct pst_error *error);

#endif
