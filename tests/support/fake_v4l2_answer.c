/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_v4l2_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/fake_usb.h"

#define PAGE 4096U

static uint32_t stride_of(uint32_t fourcc, uint32_t width)
{
	switch (fourcc) {
	case V4L2_PIX_FMT_MJPEG:
	case V4L2_PIX_FMT_JPEG:
	case V4L2_PIX_FMT_H264:
		return 0;
	case V4L2_PIX_FMT_NV12:
	case V4L2_PIX_FMT_YUV420:
	case V4L2_PIX_FMT_GREY:
		return width;
	case V4L2_PIX_FMT_BGR24:
	case V4L2_PIX_FMT_RGB24:
		return width * 3;
	default:
		return width * 2;
	}
}

static void fill_pix(const struct fake_camera *camera, struct v4l2_pix_format *pix)
{
	pix->field = V4L2_FIELD_NONE;
	pix->bytesperline = stride_of(pix->pixelformat, pix->width);
	if (pix->bytesperline && camera->stride) {
		pix->bytesperline = camera->stride;
	}
	pix->sizeimage = pix->bytesperline > pix->width * 2 ? pix->bytesperline * pix->height
							    : pix->width * pix->height * 2;
	pix->colorspace = V4L2_COLORSPACE_SRGB;
}

void fake_camera_set_mode(struct fake_camera *camera, const struct fake_mode *mode)
{
	camera->format = (struct v4l2_pix_format){
		.pixelformat = mode->fourcc, .width = mode->width, .height = mode->height};
	fill_pix(camera, &camera->format);
	camera->fps = mode->fps[0];
}

void fake_camera_drop_buffers(struct fake_camera *camera)
{
	if (camera->memory >= 0) {
		(void)close(camera->memory);
	}
	camera->memory = -1;
	camera->owner = -1;
	camera->buffers = 0;
	camera->streaming = false;
	memset(camera->buffer, 0, sizeof(camera->buffer));
}

static void drain(int fd)
{
	char bytes[FAKE_BUFFERS_MAX];

	while (read(fd, bytes, sizeof(bytes)) > 0) {
	}
}

static int answer_caps(struct fake_camera *camera, struct v4l2_capability *cap)
{
	memset(cap, 0, sizeof(*cap));
	(void)snprintf((char *)cap->driver, sizeof(cap->driver), "%s", camera->driver);
	(void)snprintf((char *)cap->card, sizeof(cap->card), "%s", camera->name);
	(void)snprintf((char *)cap->bus_info, sizeof(cap->bus_info), "%s", camera->bus_info);
	cap->version = 0x060100;
	cap->capabilities = camera->capabilities;
	cap->device_caps = camera->device_caps;
	return 0;
}

static bool is_first_of_format(const struct fake_camera *camera, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (camera->mode[i].fourcc == camera->mode[at].fourcc) {
			return false;
		}
	}
	return true;
}

static int answer_format_at(struct fake_camera *camera, struct v4l2_fmtdesc *ask)
{
	uint32_t at = 0;

	for (size_t i = 0; i < camera->modes; i++) {
		uint32_t fourcc = camera->mode[i].fourcc;

		if (is_first_of_format(camera, i) && at++ == ask->index) {
			ask->pixelformat = fourcc;
			ask->flags = fourcc == V4L2_PIX_FMT_MJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
			(void)snprintf((char *)ask->description, sizeof(ask->description), "%.4s",
				(const char *)&fourcc);
			return 0;
		}
	}
	return -EINVAL;
}

static int answer_size_at(struct fake_camera *camera, struct v4l2_frmsizeenum *ask)
{
	uint32_t at = 0;

	for (size_t i = 0; i < camera->modes; i++) {
		const struct fake_mode *mode = &camera->mode[i];

		if (mode->fourcc != ask->pixel_format || at++ != ask->index) {
			continue;
		}
		if (mode->width_max) {
			ask->type = V4L2_FRMSIZE_TYPE_STEPWISE;
			ask->stepwise = (struct v4l2_frmsize_stepwise){mode->width, mode->width_max,
				mode->step, mode->height, mode->height_max, mode->step};
		} else {
			ask->type = V4L2_FRMSIZE_TYPE_DISCRETE;
			ask->discrete.width = mode->width;
			ask->discrete.height = mode->height;
		}
		return 0;
	}
	return -EINVAL;
}

static bool has_size(const struct fake_mode *mode, uint32_t width, uint32_t height)
{
	if (!mode->width_max) {
		return mode->width == width && mode->height == height;
	}
	return width >= mode->width && width <= mode->width_max && height >= mode->height &&
	       height <= mode->height_max;
}

static const struct fake_mode *mode_of(
	const struct fake_camera *camera, uint32_t fourcc, uint32_t width, uint32_t height)
{
	for (size_t i = 0; i < camera->modes; i++) {
		const struct fake_mode *mode = &camera->mode[i];

		if (mode->fourcc == fourcc && has_size(mode, width, height)) {
			return mode;
		}
	}
	return NULL;
}

static struct v4l2_fract interval_of(double fps)
{
	return (struct v4l2_fract){1000, (uint32_t)(fps * 1000 + 0.5)};
}

static int answer_interval_at(struct fake_camera *camera, struct v4l2_frmivalenum *ask)
{
	const struct fake_mode *mode = mode_of(camera, ask->pixel_format, ask->width, ask->height);

	if (!mode || ask->index >= FAKE_RATES_MAX || mode->fps[ask->index] <= 0) {
		return -EINVAL;
	}
	ask->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	ask->discrete = interval_of(mode->fps[ask->index]);
	return 0;
}

/* As drivers do: what is asked for, or the nearest size of that format, or the first mode. */
static void nearest(const struct fake_camera *camera, struct v4l2_pix_format *pix)
{
	const struct fake_mode *best = mode_of(camera, pix->pixelformat, pix->width, pix->height);
	double area = (double)pix->width * pix->height;
	double away = INFINITY;

	if (!best) {
		best = &camera->mode[0];
		for (size_t i = 0; i < camera->modes; i++) {
			const struct fake_mode *mode = &camera->mode[i];
			double far = fabs((double)mode->width * mode->height - area);

			if (mode->fourcc == pix->pixelformat && far < away) {
				best = mode;
				away = far;
			}
		}
		pix->pixelformat = best->fourcc;
		pix->width = best->width;
		pix->height = best->height;
	}
	fill_pix(camera, pix);
}

static int answer_format(
	struct fake_camera *camera, int fd, unsigned long request, struct v4l2_format *format)
{
	if (format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || camera->modes == 0) {
		return -EINVAL;
	}
	if (request == VIDIOC_S_FMT && (camera->held_by_another || camera->buffers > 0 ||
					       (camera->owner >= 0 && camera->owner != fd))) {
		return -EBUSY;
	}
	if (request == VIDIOC_G_FMT) {
		format->fmt.pix = camera->format;
	} else {
		nearest(camera, &format->fmt.pix);
	}
	if (camera->lie.width) {
		format->fmt.pix = camera->lie;
	}
	if (request == VIDIOC_S_FMT) {
		const struct v4l2_pix_format *pix = &format->fmt.pix;
		const struct fake_mode *mode =
			mode_of(camera, pix->pixelformat, pix->width, pix->height);

		camera->format = *pix;
		camera->fps = mode ? mode->fps[0] : camera->fps;
	}
	return 0;
}

static int answer_rate(
	struct fake_camera *camera, unsigned long request, struct v4l2_streamparm *parm)
{
	struct v4l2_fract *interval = &parm->parm.capture.timeperframe;
	const struct fake_mode *mode = mode_of(
		camera, camera->format.pixelformat, camera->format.width, camera->format.height);

	if (request == VIDIOC_S_PARM && camera->streaming) {
		return -EBUSY;
	}
	if (request == VIDIOC_S_PARM && mode && interval->numerator && interval->denominator) {
		double asked = (double)interval->denominator / interval->numerator;

		camera->fps = mode->fps[0];
		for (int i = 1; i < FAKE_RATES_MAX && mode->fps[i] > 0; i++) {
			if (fabs(mode->fps[i] - asked) < fabs(camera->fps - asked)) {
				camera->fps = mode->fps[i];
			}
		}
	}
	if (camera->fps_most > 0 && camera->fps > camera->fps_most) {
		camera->fps = camera->fps_most;
	}
	parm->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
	*interval = interval_of(camera->fps);
	return 0;
}

static bool is_inactive(struct fake_camera *camera, const struct fake_control *control)
{
	const struct fake_control *master =
		control->master ? fake_control_of(camera, control->master) : NULL;

	return master && master->value == control->master_value;
}

/* A control by its id, or the next one above it. */
static struct fake_control *find_control(struct fake_camera *camera, uint32_t id)
{
	uint32_t plain = id & V4L2_CTRL_ID_MASK;
	struct fake_control *next = NULL;

	if (!(id & V4L2_CTRL_FLAG_NEXT_CTRL)) {
		return fake_control_of(camera, plain);
	}
	for (size_t i = 0; i < camera->controls; i++) {
		struct fake_control *control = &camera->control[i];

		if (control->id > plain && (!next || control->id < next->id)) {
			next = control;
		}
	}
	return next;
}

static uint32_t flags_of(struct fake_camera *camera, const struct fake_control *control)
{
	return control->flags | (is_inactive(camera, control) ? V4L2_CTRL_FLAG_INACTIVE : 0);
}

static int answer_query(struct fake_camera *camera, struct v4l2_queryctrl *ask)
{
	const struct fake_control *control = find_control(camera, ask->id);

	if (!control) {
		return -EINVAL;
	}
	*ask = (struct v4l2_queryctrl){.id = control->id,
		.type = control->type,
		.minimum = control->least,
		.maximum = control->most,
		.step = control->step,
		.default_value = control->initial,
		.flags = flags_of(camera, control)};
	memcpy(ask->name, control->name, sizeof(ask->name));
	return 0;
}

static int answer_query_ext(struct fake_camera *camera, struct v4l2_query_ext_ctrl *ask)
{
	const struct fake_control *control = find_control(camera, ask->id);

	if (!control) {
		return -EINVAL;
	}
	*ask = (struct v4l2_query_ext_ctrl){.id = control->id,
		.type = control->type,
		.minimum = control->least,
		.maximum = control->most,
		.step = (uint64_t)control->step,
		.default_value = control->initial,
		.flags = flags_of(camera, control),
		.elem_size = 4,
		.elems = 1};
	memcpy(ask->name, control->name, sizeof(ask->name));
	return 0;
}

static int answer_menu(struct fake_camera *camera, struct v4l2_querymenu *ask)
{
	const struct fake_control *control = fake_control_of(camera, ask->id);

	if (!control || !control->menu || (int64_t)ask->index < control->least ||
		(int64_t)ask->index > control->most || !control->menu[ask->index]) {
		return -EINVAL;
	}
	(void)snprintf((char *)ask->name, sizeof(ask->name), "%s", control->menu[ask->index]);
	return 0;
}

static int write_control(struct fake_camera *camera, uint32_t id, int32_t *value)
{
	struct fake_control *control = fake_control_of(camera, id);

	if (!control) {
		return -EINVAL;
	}
	if (control->refuse < 0) {
		return control->refuse;
	}
	if ((control->flags & V4L2_CTRL_FLAG_READ_ONLY) || is_inactive(camera, control)) {
		return -EACCES;
	}
	if (control->type == V4L2_CTRL_TYPE_MENU) {
		if (*value < control->least || *value > control->most ||
			(control->menu && !control->menu[*value])) {
			return -ERANGE;
		}
	} else {
		*value = *value < control->least ? control->least : *value;
		*value = *value > control->most ? control->most : *value;
		*value -= (*value - control->least) % (control->step > 0 ? control->step : 1);
	}
	if (!control->deaf) {
		control->value = *value;
	}
	return 0;
}

static int answer_control(
	struct fake_camera *camera, unsigned long request, struct v4l2_control *ask)
{
	const struct fake_control *control = fake_control_of(camera, ask->id);

	if (request == VIDIOC_S_CTRL) {
		return write_control(camera, ask->id, &ask->value);
	}
	if (!control) {
		return -EINVAL;
	}
	ask->value = control->value;
	return 0;
}

static int answer_controls(
	struct fake_camera *camera, unsigned long request, struct v4l2_ext_controls *ask)
{
	for (uint32_t i = 0; i < ask->count; i++) {
		struct v4l2_control one = {ask->controls[i].id, ask->controls[i].value};
		int status = answer_control(camera,
			request == VIDIOC_G_EXT_CTRLS ? VIDIOC_G_CTRL : VIDIOC_S_CTRL, &one);

		ask->controls[i].value = one.value;
		if (status < 0) {
			ask->error_idx = i;
			return status;
		}
	}
	return 0;
}

static int answer_buffers(struct fake_camera *camera, int fd, struct v4l2_requestbuffers *ask)
{
	if (ask->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || ask->memory != V4L2_MEMORY_MMAP) {
		return -EINVAL;
	}
	if (camera->held_by_another || camera->streaming ||
		(camera->owner >= 0 && camera->owner != fd)) {
		return -EBUSY;
	}
	fake_camera_drop_buffers(camera);
	if (ask->count == 0) {
		return 0;
	}
	uint32_t size = camera->buffer_bytes ? camera->buffer_bytes : camera->format.sizeimage;
	uint32_t count = ask->count < camera->buffers_least ? camera->buffers_least : ask->count;

	count = count > camera->buffers_most ? camera->buffers_most : count;
	camera->buffer_room = (size + PAGE - 1) / PAGE * PAGE;
	camera->memory = memfd_create("fake-camera", MFD_CLOEXEC);
	if (camera->memory < 0 ||
		ftruncate(camera->memory, (off_t)count * camera->buffer_room) < 0) {
		return -ENOMEM;
	}
	camera->buffers = count;
	camera->owner = fd;
	ask->count = count;
	ask->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP;
	return 0;
}

static int answer_buffer(struct fake_camera *camera, int fd, struct v4l2_buffer *ask)
{
	if (camera->owner != fd || ask->index >= camera->buffers) {
		return -EINVAL;
	}
	ask->length = camera->buffer_bytes ? camera->buffer_bytes : camera->format.sizeimage;
	ask->m.offset = ask->index * camera->buffer_room;
	ask->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
	return 0;
}

static int answer_queue(struct fake_camera *camera, int fd, struct v4l2_buffer *ask)
{
	if (camera->owner != fd || ask->index >= camera->buffers ||
		camera->buffer[ask->index].queued) {
		return -EINVAL;
	}
	camera->buffer[ask->index] = (struct fake_buffer){.queued = true, .turn = ++camera->turn};
	return 0;
}

static int answer_dequeue(struct fake_camera *camera, int fd, struct v4l2_buffer *ask)
{
	struct fake_buffer *oldest = NULL;
	char byte;

	if (camera->owner != fd || !camera->streaming) {
		return -EINVAL;
	}
	for (uint32_t i = 0; i < camera->buffers && !camera->mute; i++) {
		struct fake_buffer *buffer = &camera->buffer[i];

		if (buffer->filled && (!oldest || buffer->turn < oldest->turn)) {
			oldest = buffer;
		}
	}
	if (!oldest) {
		return -EAGAIN;
	}
	(void)!read(fd, &byte, 1);
	ask->index = oldest->named;
	ask->bytesused = oldest->bytesused;
	ask->flags = oldest->flags | V4L2_BUF_FLAG_MAPPED;
	ask->sequence = oldest->sequence;
	ask->field = V4L2_FIELD_NONE;
	ask->timestamp.tv_sec = oldest->at_ns / 1000000000;
	ask->timestamp.tv_usec = oldest->at_ns % 1000000000 / 1000;
	ask->length = camera->buffer_bytes ? camera->buffer_bytes : camera->format.sizeimage;
	*oldest = (struct fake_buffer){0};
	return 0;
}

uint64_t fake_load(const struct fake_camera *camera)
{
	const struct v4l2_pix_format *pix = &camera->format;
	const struct fake_mode *mode = mode_of(camera, pix->pixelformat, pix->width, pix->height);
	uint64_t raw = (uint64_t)((double)pix->width * pix->height * 2 * camera->fps);

	if (mode && mode->bytes_per_s && mode->fps[0] > 0) {
		return (uint64_t)((double)mode->bytes_per_s * camera->fps / mode->fps[0]);
	}
	return pix->pixelformat == V4L2_PIX_FMT_MJPEG ? raw / 8 : raw;
}

/* Of a bus: bytes per microframe as the setting has it, else bytes per second. */
static uint64_t reserved_by(const struct fake_camera *camera)
{
	uint64_t load = fake_load(camera);

	return camera->fake->usb_told ? fake_usb_cost(fake_usb_setting(load)) : load;
}

static int answer_start(struct fake_camera *camera, int fd)
{
	const struct fake_v4l2 *fake = camera->fake;
	uint64_t budget = fake->usb_told ? 6000 : fake->bus_budget;
	uint64_t taken = reserved_by(camera);

	if (camera->held_by_another || (camera->owner >= 0 && camera->owner != fd)) {
		return -EBUSY;
	}
	if (camera->buffers == 0) {
		return -EINVAL;
	}
	for (size_t i = 0; i < fake->cameras; i++) {
		const struct fake_camera *other = &fake->camera[i];

		if (other != camera && other->bus == camera->bus && other->streaming) {
			taken += reserved_by(other);
		}
	}
	if (budget && taken > budget) {
		return -ENOSPC;
	}
	camera->streaming = true;
	camera->sequence = 0;
	return 0;
}

static int answer_stop(struct fake_camera *camera, int fd)
{
	if (camera->owner != fd) {
		return camera->owner < 0 ? 0 : -EBUSY;
	}
	camera->streaming = false;
	memset(camera->buffer, 0, sizeof(camera->buffer));
	drain(fd);
	return 0;
}

int fake_camera_answer(struct fake_camera *camera, int fd, unsigned long request, void *argument)
{
	switch (request) {
	case VIDIOC_QUERYCAP:
		return answer_caps(camera, argument);
	case VIDIOC_ENUM_FMT:
		return answer_format_at(camera, argument);
	case VIDIOC_ENUM_FRAMESIZES:
		return answer_size_at(camera, argument);
	case VIDIOC_ENUM_FRAMEINTERVALS:
		return answer_interval_at(camera, argument);
	case VIDIOC_G_FMT:
	case VIDIOC_S_FMT:
	case VIDIOC_TRY_FMT:
		return answer_format(camera, fd, request, argument);
	case VIDIOC_G_PARM:
	case VIDIOC_S_PARM:
		return answer_rate(camera, request, argument);
	case VIDIOC_QUERYCTRL:
		return answer_query(camera, argument);
	case VIDIOC_QUERY_EXT_CTRL:
		return answer_query_ext(camera, argument);
	case VIDIOC_QUERYMENU:
		return answer_menu(camera, argument);
	case VIDIOC_G_CTRL:
	case VIDIOC_S_CTRL:
		return answer_control(camera, request, argument);
	case VIDIOC_G_EXT_CTRLS:
	case VIDIOC_S_EXT_CTRLS:
		return answer_controls(camera, request, argument);
	case VIDIOC_REQBUFS:
		return answer_buffers(camera, fd, argument);
	case VIDIOC_QUERYBUF:
		return answer_buffer(camera, fd, argument);
	case VIDIOC_QBUF:
		return answer_queue(camera, fd, argument);
	case VIDIOC_DQBUF:
		return answer_dequeue(camera, fd, argument);
	case VIDIOC_STREAMON:
		return answer_start(camera, fd);
	case VIDIOC_STREAMOFF:
		return answer_stop(camera, fd);
	default:
		return -ENOTTY;
	}
}
