/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/v4l2.h"

#include <errno.h>
#include <libudev.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/v4l2/modes.h"

struct list {
	struct pst_v4l2_camera *camera;
	int count;
};

static void copy(char *to, const char *from)
{
	(void)snprintf(
		to, PST_DEVICE_TEXT_SIZE, "%.*s", PST_DEVICE_TEXT_SIZE - 1, from ? from : "");
}

/* What the kernel says without the node being opened. */
static void describe(struct pst_v4l2_camera *camera, struct udev_device *device)
{
	struct udev_device *usb =
		udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_device");

	copy(camera->node, udev_device_get_devnode(device));
	copy(camera->name, udev_device_get_sysattr_value(device, "name"));
	if (usb) {
		copy(camera->serial, udev_device_get_sysattr_value(usb, "serial"));
		(void)snprintf(camera->port, sizeof(camera->port), "usb-%.100s",
			udev_device_get_sysname(usb));
	}
}

/* @return whether it is, or may be, a camera; the node stays open on success only */
static bool examine(
	struct pst_v4l2_camera *camera, struct udev_device *device, struct v4l2_node *node)
{
	const char *index = udev_device_get_sysattr_value(device, "index");
	int status = pst_v4l2_node_open(node, pst_v4l2_kernel(), camera->node, NULL);

	if (status == 0) {
		copy(camera->name, node->name);
		copy(camera->driver, node->driver);
		if (!camera->port[0]) {
			copy(camera->port, node->bus);
		}
		camera->state = PST_V4L2_STATE_FREE;
		return true;
	}
	/* Unopened it can't be told from its metadata node but by its number within the camera. */
	camera->state = PST_V4L2_STATE_FORBIDDEN;
	return status == -EACCES && (!index || strcmp(index, "0") == 0);
}

/* Setting the format that is set changes nothing, but is refused while another one streams. */
static enum pst_v4l2_state probe_state(const struct v4l2_node *node)
{
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	int status = pst_v4l2_node_ask(node, VIDIOC_G_FMT, &format);

	if (status == 0) {
		status = pst_v4l2_node_ask(node, VIDIOC_S_FMT, &format);
	}
	if (status == -EBUSY) {
		return PST_V4L2_STATE_BUSY;
	}
	return status == 0 ? PST_V4L2_STATE_FREE : PST_V4L2_STATE_FAILED;
}

static int add_device(struct list *list, struct udev_device *device, bool deep)
{
	struct pst_v4l2_camera camera = {0};
	struct v4l2_node node = {.fd = -1};
	struct v4l2_modes modes = {0};
	int status = 0;

	if (!udev_device_get_devnode(device)) {
		return 0;
	}
	describe(&camera, device);
	if (!examine(&camera, device, &node)) {
		return 0;
	}
	if (deep && node.fd >= 0) {
		camera.state = probe_state(&node);
		status = pst_v4l2_modes_read(&modes, &node, &(struct v4l2_want){0});
	}
	pst_v4l2_node_close(&node);
	struct pst_v4l2_camera *grown =
		status == 0 ? realloc(list->camera, (size_t)(list->count + 1) * sizeof(*grown))
			    : NULL;

	if (!grown) {
		pst_v4l2_modes_finish(&modes);
		return -ENOMEM;
	}
	camera.mode = modes.mode;
	camera.modes = modes.count;
	list->camera = grown;
	list->camera[list->count++] = camera;
	return 0;
}

static int by_node(const void *a, const void *b)
{
	return strverscmp(((const struct pst_v4l2_camera *)a)->node,
		((const struct pst_v4l2_camera *)b)->node);
}

static int scan(struct list *list, struct udev *udev, bool deep)
{
	struct udev_enumerate *enumerate = udev_enumerate_new(udev);
	struct udev_list_entry *entry;
	int status = 0;

	if (!enumerate) {
		return -ENOMEM;
	}
	if (udev_enumerate_add_match_subsystem(enumerate, "video4linux") < 0 ||
		udev_enumerate_add_match_sysname(enumerate, "video*") < 0) {
		status = -ENOMEM;
	} else {
		/* A machine without the subsystem has no cameras; that is no failure. */
		(void)udev_enumerate_scan_devices(enumerate);
	}
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate))
	{
		struct udev_device *device =
			udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));

		if (device && status == 0) {
			status = add_device(list, device, deep);
		}
		udev_device_unref(device);
	}
	udev_enumerate_unref(enumerate);
	return status;
}

static int make_list(struct list *list, bool deep, struct pst_error *error)
{
	struct udev *udev = udev_new();
	int status = udev ? scan(list, udev, deep) : -ENOMEM;

	udev_unref(udev);
	if (status < 0) {
		pst_v4l2_list_free(&list->camera, list->count);
		return pst_error_set(error, status, "list of cameras: %s", pst_status_text(status));
	}
	if (list->count > 0) {
		qsort(list->camera, (size_t)list->count, sizeof(*list->camera), by_node);
	}
	return 0;
}

int pst_v4l2_list(struct pst_v4l2_camera **ret_cameras, struct pst_error *error)
{
	struct list list = {0};
	int status = make_list(&list, true, error);

	if (status < 0) {
		return status;
	}
	*ret_cameras = list.camera;
	return list.count;
}

void pst_v4l2_list_free(struct pst_v4l2_camera **cameras, int count)
{
	for (int i = 0; i < count; i++) {
		free((*cameras)[i].mode);
	}
	free(*cameras);
	*cameras = NULL;
}

const char *pst_v4l2_state_name(enum pst_v4l2_state state)
{
	switch (state) {
	case PST_V4L2_STATE_FREE:
		return "free";
	case PST_V4L2_STATE_BUSY:
		return "busy";
	case PST_V4L2_STATE_FORBIDDEN:
		return "forbidden";
	case PST_V4L2_STATE_FAILED:
		return "failed";
	case PST_V4L2_STATE_UNSET:
		break;
	}
	return "unset";
}
