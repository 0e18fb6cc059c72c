/* SPDX-License-Identifier: Apache-2.0 */
#include "clip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libswscale/swscale.h>
#include <turbojpeg.h>

#include "counter.h"
#include "devices/replay/replay.h"
#include "devices/synthetic/synthetic.h"

#define FRAMES_MAX 600
#define MODE_BYTES_MAX (64U << 20)
#define MODES_MAX (FORMAT_COUNT * SIZES_MAX)
#define QUALITY 85

struct clip_mode {
	enum format format;
	struct size size;
	unsigned count;
	size_t bytes;
	struct {
		uint8_t *data; /* owned */
		size_t size;
	} frames[FRAMES_MAX];
};

struct clip {
	unsigned mode_count;
	struct clip_mode modes[MODES_MAX];
	/* while it is read */
	tjhandle jpeg;	 /* owned */
	uint8_t *pixels; /* owned; a decoded JPEG */
	size_t room;
};

/* A decoded picture, as libswscale takes it. */
struct decoded {
	enum AVPixelFormat format;
	int width, height;
	const uint8_t *planes[4];
	int strides[4];
};

static int no_memory(struct pst_error *error)
{
	return pst_error_set(error, -ENOMEM, "no memory for the picture");
}

static int keep(struct clip_mode *mode, const uint8_t *data, size_t size, struct pst_error *error)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy) {
		return no_memory(error);
	}
	memcpy(copy, data, size);
	mode->frames[mode->count].data = copy;
	mode->frames[mode->count++].size = size;
	mode->bytes += size;
	return 0;
}

static int decode_jpeg(struct clip *clip, const struct pst_frame *frame, struct decoded *ret,
	struct pst_error *error)
{
	int width = (int)frame->width, height = (int)frame->height;
	size_t need = (size_t)width * (size_t)height * 3;

	if (need > clip->room) {
		uint8_t *more = realloc(clip->pixels, need);

		if (!more) {
			return no_memory(error);
		}
		clip->pixels = more;
		clip->room = need;
	}
	if (!clip->jpeg) {
		clip->jpeg = tjInitDecompress();
	}
	if (!clip->jpeg || tjDecompress2(clip->jpeg, frame->plane[0].data, frame->plane[0].size,
				   clip->pixels, width, 0, height, TJPF_BGR, 0) < 0) {
		return pst_error_set(error, PST_E_CORRUPT, "a picture can't be decoded: %s",
			tjGetErrorStr2(clip->jpeg));
	}
	*ret = (struct decoded){
		AV_PIX_FMT_BGR24, width, height, {clip->pixels}, {(int)frame->width * 3}};
	return 0;
}

static int decode(struct clip *clip, const struct pst_frame *frame, struct decoded *ret,
	struct pst_error *error)
{
	enum AVPixelFormat format = AV_PIX_FMT_NONE;

	switch (frame->format) {
	case PST_FRAME_FORMAT_MJPEG:
		return decode_jpeg(clip, frame, ret, error);
	case PST_FRAME_FORMAT_YUYV:
		format = AV_PIX_FMT_YUYV422;
		break;
	case PST_FRAME_FORMAT_NV12:
		format = AV_PIX_FMT_NV12;
		break;
	case PST_FRAME_FORMAT_GREY:
		format = AV_PIX_FMT_GRAY8;
		break;
	case PST_FRAME_FORMAT_I420:
		format = AV_PIX_FMT_YUV420P;
		break;
	case PST_FRAME_FORMAT_BGR24:
		format = AV_PIX_FMT_BGR24;
		break;
	default:
		return pst_error_set(error, PST_E_FORMAT, "pictures of a format it can't convert");
	}
	*ret = (struct decoded){
		.format = format, .width = (int)frame->width, .height = (int)frame->height};
	for (unsigned i = 0; i < PST_FRAME_PLANES_MAX; i++) {
		ret->planes[i] = frame->plane[i].data;
		ret->strides[i] = (int)frame->plane[i].stride;
	}
	return 0;
}

/* @return libswscale's name, and where the planes of a packed frame stand */
static enum AVPixelFormat target(
	enum format format, struct size size, uint8_t *data, uint8_t *planes[4], int strides[4])
{
	size_t pixels = (size_t)size.width * size.height;

	planes[0] = data;
	strides[0] =
		size.width *
		(format == FORMAT_GREY || format == FORMAT_NV12 || format == FORMAT_MJPEG ? 1 : 2);
	switch (format) {
	case FORMAT_YUYV:
		return AV_PIX_FMT_YUYV422;
	case FORMAT_UYVY:
		return AV_PIX_FMT_UYVY422;
	case FORMAT_GREY:
		return AV_PIX_FMT_GRAY8;
	case FORMAT_Y16:
		return AV_PIX_FMT_GRAY16LE;
	case FORMAT_NV12:
		planes[1] = data + pixels;
		strides[1] = size.width;
		return AV_PIX_FMT_NV12;
	default:
		planes[1] = data + pixels;
		planes[2] = data + pixels * 3 / 2;
		strides[1] = strides[2] = size.width / 2;
		return AV_PIX_FMT_YUVJ422P;
	}
}

static int convert(struct clip_mode *mode, const struct decoded *from, struct pst_error *error)
{
	uint32_t bytes = format_bytes(mode->format, mode->size);
	uint8_t *data = malloc(bytes), *jpeg = NULL;
	uint8_t *planes[4] = {NULL};
	int strides[4] = {0};
	int status;

	if (!data) {
		return no_memory(error);
	}
	enum AVPixelFormat format = target(mode->format, mode->size, data, planes, strides);
	struct SwsContext *scaler = sws_getContext(from->width, from->height, from->format,
		mode->size.width, mode->size.height, format, SWS_BILINEAR, NULL, NULL, NULL);

	if (!scaler) {
		free(data);
		return no_memory(error);
	}
	(void)sws_scale(scaler, from->planes, from->strides, 0, from->height, planes, strides);
	sws_freeContext(scaler);
	if (mode->format == FORMAT_MJPEG) {
		const uint8_t *const three[3] = {planes[0], planes[1], planes[2]};
		ssize_t size = counter_compress(three, mode->size, 0, QUALITY, &jpeg);

		status = size < 0 ? no_memory(error) : keep(mode, jpeg, (size_t)size, error);
	} else {
		status = keep(mode, data, bytes, error);
	}
	free(data);
	free(jpeg);
	return status;
}

static int add_frame(struct clip *clip, const struct pst_frame *frame, struct pst_error *error)
{
	struct decoded decoded = {.format = AV_PIX_FMT_NONE};
	int status = 0;

	for (unsigned i = 0; status == 0 && i < clip->mode_count; i++) {
		struct clip_mode *mode = &clip->modes[i];

		if (mode->count == FRAMES_MAX || mode->bytes > MODE_BYTES_MAX) {
			continue;
		}
		if (mode->format == FORMAT_MJPEG && frame->format == PST_FRAME_FORMAT_MJPEG &&
			frame->width == mode->size.width && frame->height == mode->size.height) {
			status = keep(mode, frame->plane[0].data, frame->plane[0].size, error);
			continue;
		}
		if (decoded.format == AV_PIX_FMT_NONE) {
			status = decode(clip, frame, &decoded, error);
		}
		if (status == 0) {
			status = convert(mode, &decoded, error);
		}
	}
	return status;
}

static int read_all(struct clip *clip, struct pst_device *device, struct pst_error *error)
{
	int status = pst_device_start(device, error);
	struct pst_frame frame;

	for (unsigned count = 0; status == 0 && count < FRAMES_MAX; count++) {
		status = pst_device_next(device, &frame, error);
		if (status != 1) {
			break;
		}
		status = pst_device_map(device, &frame, error);
		if (status == 0) {
			status = add_frame(clip, &frame, error);
		}
		pst_device_release(device, &frame);
	}
	if (status == PST_E_END && clip->modes[0].count > 0) {
		return 0;
	}
	return status == PST_E_END ? pst_error_set(error, PST_E_DEVICE, "no frame in it") : status;
}

int clip_open(
	struct clip **ret, const char *spec, const struct modes *modes, struct pst_error *error)
{
	struct clip *clip = calloc(1, sizeof(*clip));
	struct pst_device *device = NULL;

	if (!clip) {
		return no_memory(error);
	}
	for (unsigned i = 0; i < modes->format_count; i++) {
		for (unsigned j = 0; j < modes->size_count; j++) {
			struct clip_mode *mode = &clip->modes[clip->mode_count++];

			mode->format = modes->formats[i];
			mode->size = modes->sizes[j];
		}
	}
	int status = strncmp(spec, "synth:", 6) == 0
			     ? pst_synth_open(&device, spec, PST_PACE_MAX, error)
			     : pst_replay_open(&device, spec, PST_PACE_MAX, error);

	if (status == 0) {
		status = read_all(clip, device, error);
		if (status < 0) {
			pst_error_prefix(error, "%s", spec);
		}
	}
	pst_device_close(&device);
	if (clip->jpeg) {
		(void)tjDestroy(clip->jpeg);
	}
	free(clip->pixels);
	clip->jpeg = NULL;
	clip->pixels = NULL;
	if (status < 0) {
		clip_close(&clip);
		return status;
	}
	*ret = clip;
	return 0;
}

void clip_close(struct clip **clip)
{
	if (*clip) {
		for (unsigned i = 0; i < (*clip)->mode_count; i++) {
			for (unsigned j = 0; j < (*clip)->modes[i].count; j++) {
				free((*clip)->modes[i].frames[j].data);
			}
		}
		free(*clip);
		*clip = NULL;
	}
}

bool clip_frame(const struct clip *clip, enum format format, struct size size, uint64_t number,
	const uint8_t **ret_data, size_t *ret_size)
{
	for (unsigned i = 0; i < clip->mode_count; i++) {
		const struct clip_mode *mode = &clip->modes[i];

		if (mode->format == format && mode->size.width == size.width &&
			mode->size.height == size.height && mode->count > 0) {
			unsigned index = (unsigned)((number - 1) % mode->count);

			*ret_data = mode->frames[index].data;
			*ret_size = mode->frames[index].size;
			return true;
		}
	}
	return false;
}
