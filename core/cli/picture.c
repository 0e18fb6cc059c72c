/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/picture.h"

#include <errno.h>
#include <stdlib.h>

#include <libyuv.h>
#include <turbojpeg.h>

#include "base/fd.h"

#define QUALITY 90

struct planes {
	uint8_t *bytes; /* owned */
	const uint8_t *at[3];
	int stride[3];
};

/* Room for a picture as I420, or for one plane of it. @return 0 or -ENOMEM */
static int make_room(struct planes *planes, int width, int height)
{
	size_t luma = (size_t)width * (size_t)height;
	size_t half = (size_t)(width + 1) / 2;
	size_t chroma = half * ((size_t)(height + 1) / 2);

	planes->bytes = malloc(luma + 2 * chroma);
	if (!planes->bytes) {
		return -ENOMEM;
	}
	planes->at[0] = planes->bytes;
	planes->at[1] = planes->bytes + luma;
	planes->at[2] = planes->bytes + luma + chroma;
	planes->stride[0] = width;
	planes->stride[1] = planes->stride[2] = (int)half;
	return 0;
}

static void to_i420(const struct pst_frame *frame, const struct planes *planes)
{
	const struct pst_frame_plane *from = frame->plane;
	uint8_t *to[3] = {planes->bytes, (uint8_t *)planes->at[1], (uint8_t *)planes->at[2]};
	const int *stride = planes->stride;
	int width = (int)frame->width;
	int height = (int)frame->height;

	switch (frame->format) {
	case PST_FRAME_FORMAT_YUYV:
		(void)YUY2ToI420(from[0].data, (int)from[0].stride, to[0], stride[0], to[1],
			stride[1], to[2], stride[2], width, height);
		break;
	case PST_FRAME_FORMAT_UYVY:
		(void)UYVYToI420(from[0].data, (int)from[0].stride, to[0], stride[0], to[1],
			stride[1], to[2], stride[2], width, height);
		break;
	default:
		(void)NV12ToI420(from[0].data, (int)from[0].stride, from[1].data,
			(int)from[1].stride, to[0], stride[0], to[1], stride[1], to[2], stride[2],
			width, height);
		break;
	}
}

/* The upper eight of the bits that are used. */
static void to_grey(const struct pst_frame *frame, const struct planes *planes)
{
	const struct pst_frame_plane *from = &frame->plane[0];
	unsigned most = 255;
	unsigned shift = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t y = 0; y < frame->height; y++) {
			const uint8_t *row = from->data + (size_t)y * from->stride;

			for (uint32_t x = 0; x < frame->width; x++) {
				unsigned value = row[2 * x] | (unsigned)row[2 * x + 1] << 8;

				if (pass == 0) {
					most |= value;
				} else {
					planes->bytes[(size_t)y * frame->width + x] =
						(uint8_t)(value >> shift);
				}
			}
		}
		while (most >> shift > 255) {
			shift++;
		}
	}
}

static int compress(const struct pst_frame *frame, tjhandle codec, struct planes *planes,
	unsigned char **data, unsigned long *size)
{
	const struct pst_frame_plane *from = frame->plane;
	int width = (int)frame->width;
	int height = (int)frame->height;

	switch (frame->format) {
	case PST_FRAME_FORMAT_BGR24:
		return tjCompress2(codec, from[0].data, width, (int)from[0].stride, height,
			TJPF_BGR, data, size, TJSAMP_420, QUALITY, 0);
	case PST_FRAME_FORMAT_GREY:
		return tjCompress2(codec, from[0].data, width, (int)from[0].stride, height,
			TJPF_GRAY, data, size, TJSAMP_GRAY, QUALITY, 0);
	case PST_FRAME_FORMAT_Y16:
		to_grey(frame, planes);
		return tjCompress2(codec, planes->bytes, width, width, height, TJPF_GRAY, data,
			size, TJSAMP_GRAY, QUALITY, 0);
	case PST_FRAME_FORMAT_I420:
		for (int i = 0; i < 3; i++) {
			planes->at[i] = from[i].data;
			planes->stride[i] = (int)from[i].stride;
		}
		break;
	default:
		to_i420(frame, planes);
	}
	return tjCompressFromYUVPlanes(codec, planes->at, width, planes->stride, height, TJSAMP_420,
		data, size, QUALITY, 0);
}

int pst_cli_picture_save(const struct pst_frame *frame, const char *path, struct pst_error *error)
{
	struct planes planes = {0};
	unsigned char *data = NULL;
	unsigned long size = 0;

	if (frame->format == PST_FRAME_FORMAT_MJPEG) {
		return pst_fd_replace_file(
			path, frame->plane[0].data, frame->plane[0].size, 0600, error);
	}
	tjhandle codec = tjInitCompress();
	int status = codec ? make_room(&planes, (int)frame->width, (int)frame->height) : -ENOMEM;

	if (status < 0) {
		(void)pst_error_set(error, status, "%s: out of memory", path);
	} else if (compress(frame, codec, &planes, &data, &size) < 0) {
		status = pst_error_set(error, PST_E_CORRUPT,
			"%s: the frame can't be compressed: %s", path, tjGetErrorStr2(codec));
	} else {
		status = pst_fd_replace_file(path, data, size, 0600, error);
	}
	tjFree(data);
	free(planes.bytes);
	if (codec) {
		(void)tjDestroy(codec);
	}
	return status;
}
