/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/node.h"

#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

static int refuse_open(const char *path, int code, struct pst_error *error)
{
	switch (code) {
	case ENOENT:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: no such camera; 'postern devices' lists those there are", path);
	case EACCES:
	case EPERM:
		return pst_error_set(error, -EACCES,
			"%s: no permission to open it; add the user to the group \"video\"", path);
	case EBUSY:
		return pst_error_set(error, PST_E_DEVICE,
			"%s: in use by another program, which must let go of it first", path);
	default:
		return pst_error_set(error, PST_E_DEVICE, "%s: can't be opened: %s", path,
			pst_status_text(-code));
	}
}

static int open_device(const char *path, struct pst_error *error)
{
	struct stat at;

	if (stat(path, &at) < 0) {
		return refuse_open(path, errno, error);
	}
	if (!S_ISCHR(at.st_mode)) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: no camera but %s; a recording is named without v4l2:", path,
			S_ISDIR(at.st_mode) ? "a folder" : "a file");
	}
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		return refuse_open(path, errno, error);
	}
	if (fstat(fd, &at) < 0 || !S_ISCHR(at.st_mode)) {
		pst_fd_close(&fd);
		return pst_error_set(error, PST_E_DEVICE, "%s: no camera", path);
	}
	return fd;
}

static int check_caps(const char *path, const struct v4l2_capability *cap, struct pst_error *error)
{
	uint32_t caps =
		cap->capabilities & V4L2_CAP_DEVICE_CAPS ? cap->device_caps : cap->capabilities;

	if (caps & V4L2_CAP_META_CAPTURE) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the metadata node of \"%.32s\", which gives no pictures; its video "
			"node "
			"is usually the one before",
			path, (const char *)cap->card);
	}
	if (caps & V4L2_CAP_VIDEO_CAPTURE_MPLANE) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%.32s\" captures in several planes, which postern doesn't read",
			path, (const char *)cap->card);
	}
	if (!(caps & V4L2_CAP_VIDEO_CAPTURE)) {
		return pst_error_set(error, PST_E_DEVICE, "%s: \"%.32s\" captures no pictures",
			path, (const char *)cap->card);
	}
	if (!(caps & V4L2_CAP_STREAMING)) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: the driver of \"%.32s\" can't stream", path, (const char *)cap->card);
	}
	return 0;
}

static int ask_raw(int fd, unsigned long request, void *argument)
{
	int result;

	do {
		result = ioctl(fd, request, argument);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
}

int pst_v4l2_node_open(struct v4l2_node *node, const char *path, struct pst_error *error)
{
	struct v4l2_capability cap = {0};

	*node = (struct v4l2_node){.fd = -1};
	if (pst_text_copy(node->path, sizeof(node->path), path) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: path too long", path);
	}
	int fd = open_device(path, error);

	if (fd < 0) {
		return fd;
	}
	int status = ask_raw(fd, VIDIOC_QUERYCAP, &cap);

	if (status < 0) {
		status = pst_error_set(
			error, PST_E_DEVICE, "%s: no camera (%s)", path, pst_status_text(status));
	} else {
		status = check_caps(path, &cap, error);
	}
	if (status == 0 && v4l2_fd_open(fd, V4L2_DISABLE_CONVERSION) < 0) {
		status = pst_error_set(error, PST_E_DEVICE, "%s: libv4l2 can't take it: %s", path,
			pst_status_text(-errno));
	}
	if (status < 0) {
		pst_fd_close(&fd);
		return status;
	}
	(void)snprintf(node->name, sizeof(node->name), "%.32s", (const char *)cap.card);
	(void)snprintf(node->driver, sizeof(node->driver), "%.16s", (const char *)cap.driver);
	(void)snprintf(node->bus, sizeof(node->bus), "%.32s", (const char *)cap.bus_info);
	node->fd = fd;
	return 0;
}

void pst_v4l2_node_close(struct v4l2_node *node)
{
	if (node->fd >= 0) {
		(void)v4l2_close(node->fd);
		node->fd = -1;
	}
}

int pst_v4l2_node_ask(const struct v4l2_node *node, unsigned long request, void *argument)
{
	int result;

	do {
		result = v4l2_ioctl(node->fd, request, argument);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : 0;
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
	default:
		return pst_error_set(error, PST_E_DEVICE, "%s: \"%s\" failed to %s: %s", node->path,
			node->name, what, pst_status_text(status));
	}
}
