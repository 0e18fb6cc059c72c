/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/node.h"

#include <errno.h>

#include "base/clock.h"
#include "base/text.h"
#include "devices/v4l2/access.h"
#include "devices/v4l2/sysfs.h"

static int refuse_access(const char *path, int status, struct pst_error *error)
{
	struct v4l2_access access;
	char advice[320] = "add the user to the group \"video\"";

	pst_v4l2_access_read(path, status, &access);
	if (!access.absent) {
		pst_v4l2_access_advise(&access, advice, sizeof(advice));
	}
	return pst_error_set(error, -EACCES, "%s: no permission to open it; %s", path, advice);
}

static int refuse_open(const char *path, int status, struct pst_error *error)
{
	switch (status) {
	case -ENOENT:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: no such camera; 'postern devices' lists those there are", path);
	case -EACCES:
	case -EPERM:
		return refuse_access(path, status, error);
	case -EBUSY:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: in use by another program, which must let go of it first", path);
	case -EISDIR:
	case -ENOTTY:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: no camera but a %s; a recording is named without v4l2:", path,
			status == -EISDIR ? "folder" : "file");
	default:
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be opened: %s", path,
			pst_status_text(status));
	}
}

static int query(const struct v4l2_node *node, struct v4l2_capability *ret_cap)
{
	int status = pst_v4l2_node_ask(node, VIDIOC_QUERYCAP, ret_cap);

	if (status == 0 && !(ret_cap->capabilities & V4L2_CAP_DEVICE_CAPS)) {
		ret_cap->device_caps = ret_cap->capabilities;
	}
	return status;
}

int pst_v4l2_node_peek(
	const struct v4l2_backend *backend, const char *path, struct v4l2_capability *ret_cap)
{
	struct v4l2_node node = {.backend = *backend};

	*ret_cap = (struct v4l2_capability){0};
	node.fd = backend->ops->open(backend->user, path);
	if (node.fd < 0) {
		return node.fd;
	}
	int status = query(&node, ret_cap);

	pst_v4l2_node_close(&node);
	return status;
}

static int check_caps(const struct v4l2_node *node, uint32_t caps, struct pst_error *error)
{
	const char *wrong = NULL;

	if (caps & V4L2_CAP_META_CAPTURE) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the metadata node of \"%s\", which gives no pictures; its video node "
			"is usually the one before",
			node->path, node->name);
	}
	if (caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE) {
		wrong = "captures in several planes, which postern doesn't read";
	} else if (!(caps & V4L2_CAP_VIDEO_CAPTURE)) {
		wrong = "captures no pictures";
	} else if (!(caps & V4L2_CAP_STREAMING)) {
		wrong = "can't stream";
	}
	return wrong ? pst_error_set(
			       error, PST_E_DEVICE, "%s: \"%s\" %s", node->path, node->name, wrong)
		     : 0;
}

int pst_v4l2_node_open(struct v4l2_node *node, const struct v4l2_backend *backend, const char *path,
	struct pst_error *error)
{
	struct v4l2_capability cap = {0};

	*node = (struct v4l2_node){.backend = *backend, .fd = -1};
	if (pst_text_copy(node->path, sizeof(node->path), path) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: path too long", path);
	}
	node->fd = backend->ops->open(backend->user, path);
	if (node->fd < 0) {
		return refuse_open(path, node->fd, error);
	}
	int status = query(node, &cap);

	if (status < 0) {
		status = pst_error_set(
			error, PST_E_DEVICE, "%s: no camera (%s)", path, pst_status_text(status));
	} else {
		pst_v4l2_text_clean(
			node->name, sizeof(node->name), (const char *)cap.card, sizeof(cap.card));
		pst_v4l2_text_clean(node->driver, sizeof(node->driver), (const char *)cap.driver,
			sizeof(cap.driver));
		pst_v4l2_text_clean(node->bus, sizeof(node->bus), (const char *)cap.bus_info,
			sizeof(cap.bus_info));
		status = check_caps(node, cap.device_caps, error);
	}
	if (status < 0) {
		pst_v4l2_node_close(node);
		return status;
	}
	return 0;
}

void pst_v4l2_node_close(struct v4l2_node *node)
{
	if (node->fd >= 0) {
		node->backend.ops->close(node->backend.user, node->fd);
	}
	node->fd = -1;
}

int pst_v4l2_node_ask(const struct v4l2_node *node, unsigned long request, void *argument)
{
	return node->backend.ops->ioctl(node->backend.user, node->fd, request, argument);
}

int pst_v4l2_node_try(const struct v4l2_node *node)
{
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	int status = pst_v4l2_node_ask(node, VIDIOC_G_FMT, &format);

	return status < 0 ? status : pst_v4l2_node_ask(node, VIDIOC_S_FMT, &format);
}

bool pst_v4l2_node_is_wedged(int status)
{
	return status == -EPROTO || status == -EPIPE || status == -EILSEQ || status == -EIO ||
	       status == -ETIMEDOUT;
}

int64_t pst_v4l2_node_now(const struct v4l2_node *node)
{
	const struct v4l2_ops *ops = node->backend.ops;

	return ops->now_ns ? ops->now_ns(node->backend.user) : pst_clock_mono_ns();
}

int pst_v4l2_node_fail(
	const struct v4l2_node *node, int status, const char *what, struct pst_error *error)
{
	switch (status) {
	case -ENODEV:
	case -ENXIO:
		return pst_error_set(error, PST_E_DEVICE, "%s: \"%s\" is gone (unplugged?)",
			node->path, node->name);
	case -EBUSY:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: in use by another program, which must let go of it first", node->path);
	case -ENOSPC:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the USB bus has no room for this mode; choose a smaller size or rate, "
			"or another port",
			node->path);
	case -EPROTO:
	case -EPIPE:
	case -EILSEQ:
	case -ETIMEDOUT:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" hangs and failed to %s (%s); plug it in again, or reset its "
			"port",
			node->path, node->name, what, pst_status_text(status));
	default:
		return pst_error_set(error, PST_E_DEVICE, "%s: \"%s\" failed to %s: %s", node->path,
			node->name, what, pst_status_text(status));
	}
}
