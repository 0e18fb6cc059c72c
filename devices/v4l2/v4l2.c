/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/v4l2.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "devices/v4l2/camera.h"

#define HELD_MAX 2
#define JPEG_BYTES_MIN 64 /* markers and tables alone take more */

static int camera_start(struct pst_device *device, struct pst_error *error)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	camera->held = 0;
	camera->stamp = (struct v4l2_stamp){0};
	camera->broken = (struct pst_error){0};
	int status = pst_v4l2_buffers_map(&camera->buffers, &camera->node, error);

	if (status < 0) {
		return status;
	}
	status = pst_v4l2_node_ask(&camera->node, VIDIOC_STREAMON, &type);
	if (status < 0) {
		pst_v4l2_buffers_unmap(&camera->buffers, &camera->node);
		return pst_v4l2_node_fail(&camera->node, status, "stream", error);
	}
	return 0;
}

static void camera_stop(struct pst_device *device)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	(void)!pst_v4l2_node_ask(&camera->node, VIDIOC_STREAMOFF, &type);
	pst_v4l2_buffers_unmap(&camera->buffers, &camera->node);
}

static int camera_fd(const struct pst_device *device)
{
	return ((const struct v4l2_camera *)device)->node.fd;
}

/* Lays the planes over the driver's buffer. @return bytes that a whole frame takes */
static uint64_t set_planes(
	const struct v4l2_camera *camera, struct pst_frame *frame, const uint8_t *data)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		uint32_t rows = pst_frame_plane_rows(frame->format, i, frame->height);

		frame->plane[i].data = data + at;
		frame->plane[i].stride = camera->stride;
		frame->plane[i].size = camera->stride * rows;
		at += (uint64_t)camera->stride * rows;
	}
	return at;
}

/* @return 1, or PST_E_CORRUPT: the driver says so, or there are too few bytes */
static int fill_frame(
	const struct v4l2_camera *camera, const struct v4l2_buffer *buffer, struct pst_frame *frame)
{
	const struct pst_device_info *info = &camera->device.info;
	size_t room = camera->buffers.at[buffer->index].size;
	const uint8_t *data = camera->buffers.at[buffer->index].data;
	uint64_t need = JPEG_BYTES_MIN;

	if ((buffer->flags & V4L2_BUF_FLAG_ERROR) || buffer->bytesused > room) {
		return PST_E_CORRUPT;
	}
	frame->format = info->format;
	frame->width = info->width;
	frame->height = info->height;
	frame->token = buffer->index;
	if (info->format == PST_FRAME_FORMAT_MJPEG) {
		frame->plane[0].data = data;
		frame->plane[0].size = buffer->bytesused;
	} else {
		need = set_planes(camera, frame, data);
	}
	return buffer->bytesused >= need ? 1 : PST_E_CORRUPT;
}

static int camera_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	struct v4l2_buffer buffer;
	struct pst_frame frame = {0};

	assert(camera->held < HELD_MAX);
	if (camera->broken.status) {
		return pst_error_set(error, camera->broken.status, "%s", camera->broken.text);
	}
	int status = pst_v4l2_buffers_take(&camera->buffers, &camera->node, &buffer, error);

	if (status <= 0) {
		return status;
	}
	pst_v4l2_stamp_frame(&camera->stamp, &buffer, pst_v4l2_node_now(&camera->node), &frame);
	status = fill_frame(camera, &buffer, &frame);
	if (status < 0) {
		int given =
			pst_v4l2_buffers_give(&camera->buffers, &camera->node, buffer.index, error);

		camera->stamp.lost = frame.lost;
		return given < 0 ? given : status;
	}
	camera->held++;
	*ret_frame = frame;
	return 1;
}

static void camera_release(struct pst_device *device, struct pst_frame *frame)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;
	uint64_t index = frame->token;

	assert(index < camera->buffers.count && !camera->buffers.at[index].queued);
	camera->held--;
	(void)!pst_v4l2_buffers_give(
		&camera->buffers, &camera->node, (uint32_t)index, &camera->broken);
}

static void camera_destroy(struct pst_device *device)
{
	struct v4l2_camera *camera = (struct v4l2_camera *)device;

	pst_v4l2_node_close(&camera->node);
	free(camera);
}

static const struct pst_device_ops camera_ops = {
	.start = camera_start,
	.stop = camera_stop,
	.fd = camera_fd,
	.next = camera_next,
	.release = camera_release,
	.destroy = camera_destroy,
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
	(void)snprintf(info->driver, sizeof(info->driver), "%s", camera->node.driver);
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
	int status = open_camera(camera, uri, error);

	if (status < 0) {
		camera_destroy(&camera->device);
		return status;
	}
	*ret = &camera->device;
	return 0;
}

int pst_v4l2_open(struct pst_device **ret, const char *uri, struct pst_error *error)
{
	return pst_v4l2_open_on(ret, pst_v4l2_kernel(), uri, error);
}
