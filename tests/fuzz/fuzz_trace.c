/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "devices/v4l2/ops.h"
#include "devices/v4l2/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The smallest camera there is, so that there is a trace to begin with: 16x16 grey, 4 buffers. */
#define SIDE 16u
#define FRAME (SIDE * SIDE)

static struct tiny {
	uint8_t bytes[4][FRAME];
	bool queued[4];
	uint32_t sequence;
} tiny;

static int tiny_open(void *user, const char *path)
{
	return 7;
}

static void tiny_close(void *user, int fd)
{
}

static int tiny_mmap(void *user, int fd, size_t size, uint32_t offset, uint8_t **ret_data)
{
	*ret_data = tiny.bytes[offset % 4];
	return 0;
}

static void tiny_munmap(void *user, uint8_t *data, size_t size)
{
}

static int tiny_poll(void *user, int fd, int timeout_ms)
{
	return 0;
}

static int64_t tiny_now(void *user)
{
	return 1000000000 + (int64_t)tiny.sequence * 33000000;
}

static int tiny_buffer(unsigned long request, struct v4l2_buffer *buffer)
{
	if (request == VIDIOC_QUERYBUF) {
		buffer->length = FRAME;
		buffer->m.offset = buffer->index;
	} else if (request == VIDIOC_QBUF) {
		tiny.queued[buffer->index % 4] = true;
	} else if (tiny.queued[tiny.sequence % 4]) {
		buffer->index = tiny.sequence % 4;
		buffer->bytesused = FRAME;
		buffer->sequence = tiny.sequence++;
		buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
		buffer->timestamp.tv_sec = tiny_now(NULL) / 1000000000;
		buffer->timestamp.tv_usec = tiny_now(NULL) % 1000000000 / 1000;
		tiny.queued[buffer->index] = false;
	} else {
		return -EAGAIN;
	}
	return 0;
}

static int tiny_mode(unsigned long request, void *argument)
{
	struct v4l2_fmtdesc *format = argument;
	struct v4l2_frmsizeenum *size = argument;
	struct v4l2_frmivalenum *interval = argument;
	bool first = request == VIDIOC_ENUM_FMT		 ? format->index == 0
		     : request == VIDIOC_ENUM_FRAMESIZES ? size->index == 0
							 : interval->index == 0;

	if (!first) {
		return -EINVAL;
	}
	if (request == VIDIOC_ENUM_FMT) {
		format->pixelformat = V4L2_PIX_FMT_GREY;
	} else if (request == VIDIOC_ENUM_FRAMESIZES) {
		size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
		size->discrete.width = size->discrete.height = SIDE;
	} else {
		interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
		interval->discrete = (struct v4l2_fract){1, 30};
	}
	return 0;
}

static int tiny_ioctl(void *user, int fd, unsigned long request, void *argument)
{
	struct v4l2_capability *cap = argument;
	struct v4l2_format *format = argument;

	switch (request) {
	case VIDIOC_QUERYCAP:
		cap->capabilities = V4L2_CAP_DEVICE_CAPS;
		cap->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
		(void)snprintf((char *)cap->card, sizeof(cap->card), "Tiny");
		return 0;
	case VIDIOC_ENUM_FMT:
	case VIDIOC_ENUM_FRAMESIZES:
	case VIDIOC_ENUM_FRAMEINTERVALS:
		return tiny_mode(request, argument);
	case VIDIOC_G_FMT:
	case VIDIOC_S_FMT:
		format->fmt.pix = (struct v4l2_pix_format){.width = SIDE,
			.height = SIDE,
			.pixelformat = V4L2_PIX_FMT_GREY,
			.bytesperline = SIDE,
			.sizeimage = FRAME};
		return 0;
	case VIDIOC_G_PARM:
	case VIDIOC_S_PARM:
	case VIDIOC_STREAMON:
	case VIDIOC_STREAMOFF:
		return 0;
	case VIDIOC_REQBUFS:
		((struct v4l2_requestbuffers *)argument)->count = 4;
		return 0;
	case VIDIOC_QUERYBUF:
	case VIDIOC_QBUF:
	case VIDIOC_DQBUF:
		return tiny_buffer(request, argument);
	default:
		return -ENOTTY;
	}
}

static const struct v4l2_ops tiny_ops = {
	.open = tiny_open,
	.ioctl = tiny_ioctl,
	.mmap = tiny_mmap,
	.munmap = tiny_munmap,
	.poll = tiny_poll,
	.close = tiny_close,
	.now_ns = tiny_now,
};

static struct pst_bytes own;

static int append(void *user, const void *data, size_t size, struct pst_error *error)
{
	return pst_bytes_append(&own, data, size);
}

struct memory {
	const uint8_t *data;
	size_t size;
	size_t at;
};

static ssize_t read_memory(void *user, void *data, size_t size, struct pst_error *error)
{
	struct memory *memory = user;
	size_t part = size < memory->size - memory->at ? size : memory->size - memory->at;

	memcpy(data, memory->data + memory->at, part);
	memory->at += part;
	return (ssize_t)part;
}

static int rewind_memory(void *user, struct pst_error *error)
{
	((struct memory *)user)->at = 0;
	return 0;
}

static void close_memory(void *user)
{
}

/* Reads every byte that a frame claims to have. */
static void look_at(const struct pst_frame *frame)
{
	unsigned sum = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		for (uint32_t n = 0; n < frame->plane[i].size; n += 64) {
			sum += frame->plane[i].data[n];
		}
	}
	__asm__ volatile("" : : "r"(sum));
}

static int take(struct pst_device *device, bool look, struct pst_error *error)
{
	struct pst_frame frame;
	int status = pst_device_next(device, &frame, error);

	if (status == 1) {
		if (look && pst_device_map(device, &frame, error) == 0) {
			look_at(&frame);
		}
		*error = (struct pst_error){0};
		pst_device_release(device, &frame);
	}
	return status;
}

/* A trace from anywhere is a camera that may answer anything. @return frames and damaged ones */
static int play(const uint8_t *data, size_t size)
{
	struct memory memory = {data, size, 0};
	const struct pst_input input = {read_memory, rewind_memory, close_memory, &memory};
	struct pst_device *device = NULL;
	struct pst_error error = {0};
	int status = pst_trace_play(&device, "x.trace", PST_PACE_MAX, &input, &error);
	int taken = 0;

	if (status == 0) {
		status = pst_device_start(device, &error);
	}
	for (; status >= 0 && taken < 200; taken++) {
		int next = take(device, taken % 3 != 0, &error);

		if (next < 0 && next != PST_E_CORRUPT) {
			break;
		}
	}
	if (status < 0 && !error.text[0]) {
		abort();
	}
	pst_device_close(&device);
	return taken;
}

#define OWN_FRAMES 9

static void set_up(void)
{
	const struct v4l2_backend backend = {.ops = &tiny_ops};
	const struct pst_output output = {.write = append};
	struct pst_device *device = NULL;
	struct pst_error error = {0};

	if (pst_trace_record(&device, &backend, "v4l2:/dev/video0", &output, &error) < 0 ||
		pst_device_start(device, &error) < 0) {
		(void)fprintf(stderr, "%s\n", error.text);
		abort();
	}
	for (int i = 0; i < OWN_FRAMES; i++) {
		if (take(device, i % 3 != 0, &error) != 1) {
			abort();
		}
	}
	pst_device_close(&device);
	if (play(own.data, own.size) != OWN_FRAMES) {
		abort();
	}
}

/* The input is a trace, or else changes to this program's own: place, place, byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!own.data) {
		set_up();
	}
	(void)play(data, size);
	uint8_t *changed = malloc(own.size);

	if (!changed) {
		return 0;
	}
	memcpy(changed, own.data, own.size);
	for (size_t i = 0; i + 3 <= size && i < 30; i += 3) {
		changed[(data[i] | (size_t)data[i + 1] << 8) % own.size] ^= data[i + 2];
	}
	(void)play(changed, size % 4 == 3 ? (size_t)data[0] * own.size / 256 : own.size);
	free(changed);
	return 0;
}
