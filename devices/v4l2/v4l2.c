/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/v4l2.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "devices/v4l2/camera.h"

#define EXPOSURE_UNIT_NS 100000 /* V4L2_CID_EXPOSURE_ABSOLUTE counts 100 us */

/* Another program may have set another format since, for nothing was held. */
static int confirm_format(struct v4l2_camera *camera, struct pst_error *error)
{
	const struct v4l2_pix_format *agreed = &camera->agreed;
	struct v4l2_format now = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	int status = pst_v4l2_node_ask(&camera->node, VIDIOC_G_FMT, &now);

	if (status < 0) {
		(void)pst_v4l2_node_fail(&camera->node, status, "say its format", error);
		return status;
	}
	if (now.fmt.pix.width == agreed->width && now.fmt.pix.height == agreed->height &&
		now.fmt.pix.pixelformat == agreed->pixelformat &&
		now.fmt.pix.bytesperline == agreed->bytesperline) {
		return 0;
	}
	status = pst_v4l2_negotiate_again(camera, error);
	if (status < 0) {
		pst_error_prefix(
			error, "another program changed the format, and it can't be set back");
	}
	return status;
}

/* @return 0; -ENOSPC the bus has no room, nothing is mapped; else with the error filled */
static int stream(struct v4l2_camera *camera, struct pst_error *error)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int status = pst_v4l2_buffers_map(&camera->buffers, &camera->node, error);

	if (status < 0) {
		return status;
	}
	pst_v4l2_frames_begin(camera);
	status = pst_v4l2_node_ask(&camera->node, VIDIOC_STREAMON, &type);
	camera->refused = status;
	if (status < 0) {
		pst_v4l2_buffers_unmap(&camera->buffers, &camera->node);
		if (status != -ENOSPC) {
			(void)pst_v4l2_node_fail(&camera->node, status, "stream", error);
		}
	}
	return status;
}

static int camera_start(struct pst_device *device, struct pst_error *error)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	int status = confirm_format(camera, error);

	if (status == 0) {
		status = stream(camera, error);
	}
	/* Who has streamed has told its size; with another one it would not be the same source. */
	if (status == -ENOSPC && camera->streamed) {
		(void)pst_v4l2_no_room(camera, error);
	}
	while (status == -ENOSPC && !camera->streamed) {
		status = pst_v4l2_negotiate_less(camera, error);
		if (status == 0) {
			status = stream(camera, error);
		}
	}
	if (status < 0) {
		pst_v4l2_return_later(camera);
		return pst_v4l2_failed(camera, status);
	}
	camera->streamed = true;
	return 0;
}

static void camera_stop(struct pst_device *device)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	(void)!pst_v4l2_node_ask(&camera->node, VIDIOC_STREAMOFF, &type);
	pst_v4l2_buffers_unmap(&camera->buffers, &camera->node);
	if (device->away == PST_DEVICE_AWAY_UNPLUGGED && !pst_v4l2_return_is_leaving(camera)) {
		pst_v4l2_node_close(&camera->node);
	}
}

static int camera_fd(const struct pst_device *device)
{
	return ((const struct v4l2_camera *)device)->node.fd;
}

/* The backend stays. */
static void free_camera(struct v4l2_camera *camera)
{
	pst_v4l2_convert_destroy(&camera->convert);
	pst_v4l2_choices_finish(&camera->choices);
	pst_jpeg_check_destroy(&camera->jpeg);
	while (pst_v4l2_return_is_leaving(camera)) {
		(void)poll(NULL, 0, V4L2_LEAVING_MS);
	}
	pst_v4l2_return_close(&camera->back);
	pst_v4l2_node_close(&camera->node);
	free(camera);
}

static void camera_destroy(struct pst_device *device)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	struct v4l2_backend backend = camera->backend;

	free_camera(camera);
	if (backend.ops->destroy) {
		backend.ops->destroy(backend.user);
	}
}

static const struct pst_device_ops camera_ops = {
	.start = camera_start,
	.stop = camera_stop,
	.fd = camera_fd,
	.next = pst_v4l2_frames_next,
	.map = pst_v4l2_frames_map,
	.release = pst_v4l2_frames_release,
	.destroy = camera_destroy,
	.check = pst_v4l2_frames_check,
	.return_fd = pst_v4l2_return_fd,
	.come_back = pst_v4l2_return_try,
};

static int open_camera(struct v4l2_camera *camera, const char *uri, struct pst_error *error)
{
	struct pst_device_info *info = &camera->device.info;
	char address[sizeof(info->uri)];
	char path[PST_DEVICE_TEXT_SIZE];

	if (pst_text_copy(info->uri, sizeof(info->uri), uri) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: longer than 511 characters", uri);
	}
	int status = pst_v4l2_want_parse(uri, address, sizeof(address), &camera->want, error);

	if (status == 0) {
		status = pst_v4l2_address_parse(&camera->address, address, error);
	}
	if (status == 0) {
		status = pst_v4l2_find(
			&camera->backend, &camera->address, path, sizeof(path), error);
	}
	if (status == 0) {
		status = pst_v4l2_node_open(&camera->node, &camera->backend, path, error);
	}
	if (status == 0) {
		status = pst_v4l2_identify(&camera->node, &camera->identity, error);
	}
	if (status == 0) {
		status = pst_v4l2_identity_check(&camera->address, NULL, &camera->identity, error);
	}
	if (status == 0) {
		status = pst_v4l2_negotiate(camera, error);
	}
	if (status < 0) {
		return status;
	}
	(void)snprintf(info->name, sizeof(info->name), "%s", camera->node.name);
	(void)snprintf(info->driver, sizeof(info->driver), "%.60s%s", camera->node.driver,
		camera->convert ? ", converted by libv4l" : "");
	pst_v4l2_return_open(camera);
	info->live = true;
	info->pausable = true;
	info->domain = PST_DOMAIN_PHOTOGRAPH;
	return 0;
}

int pst_v4l2_open_on(struct pst_device **ret, const struct v4l2_backend *backend, const char *uri,
	struct pst_error *error)
{
	struct v4l2_camera *camera = calloc(1, sizeof(*camera));

	if (!camera) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", uri);
	}
	camera->device.ops = &camera_ops;
	camera->backend = *backend;
	camera->node.fd = -1;
	int status = pst_jpeg_check_create(&camera->jpeg);

	status = status < 0 ? pst_error_set(error, status, "%s: out of memory", uri)
			    : open_camera(camera, uri, error);
	if (status < 0) {
		free_camera(camera);
		return status;
	}
	*ret = &camera->device;
	return 0;
}

int pst_v4l2_exposure(const struct pst_device *device, int64_t *ret_ns)
{
	const struct v4l2_camera *camera = (const struct v4l2_camera *)device;
	struct v4l2_control time = {.id = V4L2_CID_EXPOSURE_ABSOLUTE};

	if (device->ops != &camera_ops) {
		return PST_E_FORMAT;
	}
	int status = pst_v4l2_node_ask(&camera->node, VIDIOC_G_CTRL, &time);

	if (status == -EINVAL || status == -ENOTTY || (status == 0 && time.value <= 0)) {
		return PST_E_FORMAT;
	}
	*ret_ns = (int64_t)time.value * EXPOSURE_UNIT_NS;
	return status < 0 ? PST_E_DEVICE : 0;
}

static bool has_value(const struct v4l2_camera *camera, uint32_t id, int32_t *ret_value)
{
	struct v4l2_control control = {.id = id};
	int status = pst_v4l2_node_ask(&camera->node, VIDIOC_G_CTRL, &control);

	*ret_value = control.value;
	return status == 0;
}

bool pst_v4l2_may_slow(const struct pst_device *device)
{
	const struct v4l2_camera *camera = (const struct v4l2_camera *)device;
	int32_t automatic;
	int32_t priority;

	return device->ops == &camera_ops &&
	       has_value(camera, V4L2_CID_EXPOSURE_AUTO_PRIORITY, &priority) && priority != 0 &&
	       has_value(camera, V4L2_CID_EXPOSURE_AUTO, &automatic) &&
	       (automatic == V4L2_EXPOSURE_AUTO || automatic == V4L2_EXPOSURE_APERTURE_PRIORITY);
}

int pst_v4l2_open(struct pst_device **ret, const char *uri, struct pst_error *error)
{
	return pst_v4l2_open_on(ret, pst_v4l2_kernel(), uri, error);
}
