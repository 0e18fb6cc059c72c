/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/v4l2.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "devices/impl.h"
#include "devices/v4l2/buffers.h"
#include "devices/v4l2/list.h"
#include "devices/v4l2/modes.h"
#include "devices/v4l2/stamp.h"

#define HELD_MAX 2
#define JPEG_BYTES_MIN 64 /* markers and tables alone take more */

struct camera {
	struct pst_device device;
	struct v4l2_node node;
	struct v4l2_buffers buffers;
	uint32_t stride; /* of plane 0, bytes */
	uint32_t held;
	struct v4l2_stamp stamp;
	struct pst_error broken; /* a buffer could not be given back: told by the next next */
};

static int camera_start(struct pst_device *device, struct pst_error *error)
{
	struct camera *camera = (struct camera *)device;
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
	struct camera *camera = (struct camera *)device;
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	(void)!pst_v4l2_node_ask(&camera->node, VIDIOC_STREAMOFF, &type);
	pst_v4l2_buffers_unmap(&camera->buffers, &camera->node);
}

static int camera_fd(const struct pst_device *device)
{
	return ((const struct camera *)device)->node.fd;
}

/* Lays the planes over the driver's buffer. @return bytes that a whole frame takes */
static uint64_t set_planes(
	const struct camera *camera, struct pst_frame *frame, const uint8_t *data)
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
	const struct camera *camera, const struct v4l2_buffer *buffer, struct pst_frame *frame)
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
	struct camera *camera = (struct camera *)device;
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
	pst_v4l2_stamp_frame(&camera->stamp, &buffer, pst_clock_mono_ns(), &frame);
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
	struct camera *camera = (struct camera *)device;
	uint64_t index = frame->token;

	assert(index < camera->buffers.count && !camera->buffers.at[index].queued);
	camera->held--;
	(void)!pst_v4l2_buffers_give(
		&camera->buffers, &camera->node, (uint32_t)index, &camera->broken);
}

static void camera_destroy(struct pst_device *device)
{
	struct camera *camera = (struct camera *)device;

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

static int parse_size(
	const char *uri, const char *text, struct v4l2_want *want, struct pst_error *error)
{
	int end = 0;

	if (sscanf(text, "%5ux%5u%n", &want->width, &want->height, &end) != 2 || text[end] ||
		want->width < 1 || want->width > PST_FRAME_SIDE_MAX || want->height < 1 ||
		want->height > PST_FRAME_SIDE_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: size=%s is no size; write for example size=1280x720", uri, text);
	}
	return 0;
}

static int parse_fps(
	const char *uri, const char *text, struct v4l2_want *want, struct pst_error *error)
{
	char *end;

	want->fps = strtod(text, &end);
	if (end == text || *end || !(want->fps >= 0.1 && want->fps <= 1000)) {
		return pst_error_set(
			error, PST_E_CONFIG, "%s: fps=%s is no rate from 0.1 to 1000", uri, text);
	}
	return 0;
}

static int parse_format(
	const char *uri, const char *text, struct v4l2_want *want, struct pst_error *error)
{
	if (strlen(text) == 4) {
		want->format = pst_v4l2_format_of(v4l2_fourcc(text[0], text[1], text[2], text[3]));
	}
	if (!want->format) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: format=%s is not taken; choose MJPG, YUYV, NV12 or GREY", uri, text);
	}
	return 0;
}

static int parse_uri(const char *uri, char *address, size_t room, struct v4l2_want *want,
	struct pst_error *error)
{
	char size[PST_DEVICE_TEXT_SIZE] = "";
	char fps[PST_DEVICE_TEXT_SIZE] = "";
	char format[PST_DEVICE_TEXT_SIZE] = "";
	const struct pst_uri_option known[] = {
		{"size", size}, {"fps", fps}, {"format", format}, {NULL, NULL}};
	int status = pst_uri_parse(uri, "v4l2", known, address, room, error);

	if (status == 0 && size[0]) {
		status = parse_size(uri, size, want, error);
	}
	if (status == 0 && fps[0]) {
		status = parse_fps(uri, fps, want, error);
	}
	if (status == 0 && format[0]) {
		status = parse_format(uri, format, want, error);
	}
	return status;
}

static int set_format(
	struct camera *camera, const struct pst_v4l2_mode *mode, struct pst_error *error)
{
	const struct v4l2_node *node = &camera->node;
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct v4l2_pix_format *pix = &format.fmt.pix;

	pix->width = mode->width;
	pix->height = mode->height;
	pix->pixelformat = pst_v4l2_fourcc_of(mode->format);
	pix->field = V4L2_FIELD_NONE;
	int status = pst_v4l2_node_ask(node, VIDIOC_S_FMT, &format);

	if (status < 0) {
		return pst_v4l2_node_fail(node, status, "set its format", error);
	}
	if (pix->width != mode->width || pix->height != mode->height ||
		pst_v4l2_format_of(pix->pixelformat) != mode->format) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" offers %s %ux%u but sets %ux%u; choose another size",
			node->path, node->name, mode->fourcc, mode->width, mode->height, pix->width,
			pix->height);
	}
	if (mode->format != PST_FRAME_FORMAT_MJPEG) {
		uint32_t row = pst_frame_plane_row_bytes(mode->format, 0, mode->width);

		camera->stride = pix->bytesperline ? pix->bytesperline : row;
		if (camera->stride < row || camera->stride > 16 * PST_FRAME_SIDE_MAX) {
			return pst_error_set(error, PST_E_DEVICE,
				"%s: the driver of \"%s\" states rows of %u bytes for %u px",
				node->path, node->name, camera->stride, mode->width);
		}
	}
	camera->device.info.format = mode->format;
	camera->device.info.width = mode->width;
	camera->device.info.height = mode->height;
	return 0;
}

static int set_rate(struct camera *camera, double fps, double wanted, struct pst_error *error)
{
	struct v4l2_streamparm parm = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	const struct v4l2_fract *got = &parm.parm.capture.timeperframe;
	bool asked = fps > 0;

	if (asked) {
		parm.parm.capture.timeperframe.numerator = 1000;
		parm.parm.capture.timeperframe.denominator = (uint32_t)(fps * 1000 + 0.5);
	}
	int status = pst_v4l2_node_ask(&camera->node, asked ? VIDIOC_S_PARM : VIDIOC_G_PARM, &parm);

	if (status == 0 && got->numerator > 0) {
		camera->device.info.fps = (double)got->denominator / got->numerator;
	}
	if (wanted > 0 && camera->device.info.fps < wanted * 0.95) {
		return pst_error_set(error, PST_E_DEVICE,
			"%s: \"%s\" can't do %g frames per second in this mode (it sets %g)",
			camera->node.path, camera->node.name, wanted, camera->device.info.fps);
	}
	return 0;
}

static int settle_mode(struct camera *camera, const char *uri, const struct v4l2_want *want,
	struct pst_error *error)
{
	struct v4l2_modes modes = {0};
	double fps;
	int status = pst_v4l2_modes_read(&modes, &camera->node, want);
	const struct pst_v4l2_mode *mode =
		status == 0 ? pst_v4l2_modes_choose(&modes, want, &fps) : NULL;

	if (status < 0) {
		status = pst_error_set(error, status, "%s: out of memory", uri);
	} else if (!mode) {
		char offer[320];

		pst_v4l2_modes_describe(&modes, offer, sizeof(offer));
		status = pst_error_set(error, PST_E_DEVICE, "%s: not offered by \"%s\"; it has %s",
			uri, camera->node.name, offer);
	} else {
		status = set_format(camera, mode, error);
		if (status == 0) {
			status = set_rate(camera, fps, want->fps, error);
		}
	}
	pst_v4l2_modes_finish(&modes);
	return status;
}

static int open_camera(struct camera *camera, const char *uri, struct pst_error *error)
{
	struct pst_device_info *info = &camera->device.info;
	char address[PST_DEVICE_TEXT_SIZE];
	char path[PST_DEVICE_TEXT_SIZE];
	struct v4l2_want want = {0};
	int status = parse_uri(uri, address, sizeof(address), &want, error);

	if (status == 0) {
		status = pst_v4l2_find(address, path, sizeof(path), error);
	}
	if (status == 0) {
		status = pst_v4l2_node_open(&camera->node, path, error);
	}
	if (status == 0) {
		status = settle_mode(camera, uri, &want, error);
	}
	if (status < 0) {
		return status;
	}
	if (pst_text_copy(info->uri, sizeof(info->uri), uri) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: longer than 511 characters", uri);
	}
	(void)snprintf(info->name, sizeof(info->name), "%s", camera->node.name);
	(void)snprintf(info->driver, sizeof(info->driver), "%s", camera->node.driver);
	info->live = true;
	info->pausable = true;
	info->domain = PST_DOMAIN_PHOTOGRAPH;
	return 0;
}

int pst_v4l2_open(struct pst_device **ret, const char *uri, struct pst_error *error)
{
	struct camera *camera = calloc(1, sizeof(*camera));

	if (!camera) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", uri);
	}
	camera->device.ops = &camera_ops;
	camera->node.fd = -1;
	int status = open_camera(camera, uri, error);

	if (status < 0) {
		camera_destroy(&camera->device);
		return status;
	}
	*ret = &camera->device;
	return 0;
}
