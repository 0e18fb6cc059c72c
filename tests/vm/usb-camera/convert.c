/* SPDX-License-Identifier: Apache-2.0 */
#include "convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#define SIDE_MAX 8192 /* px of a picture that is scaled */
#define FRACTION 8    /* bits of a position between two pixels */
#define NEUTRAL 128

struct plane {
	const uint8_t *data;
	int width, height; /* px; rows follow each other without padding */
};

static int header(const uint8_t *jpeg, size_t bytes, int *width, int *height, int *subsampling,
	tjhandle *ret_codec, struct pst_error *error)
{
	tjhandle codec = tjInitDecompress();
	int colors;

	if (!codec ||
		tjDecompressHeader3(codec, jpeg, bytes, width, height, subsampling, &colors) < 0) {
		(void)pst_error_set(
			error, PST_E_CORRUPT, "a picture is no JPEG: %s", tjGetErrorStr2(codec));
		tjDestroy(codec);
		return PST_E_CORRUPT;
	}
	if (*width < 1 || *height < 1 || *width > SIDE_MAX || *height > SIDE_MAX ||
		*subsampling < 0) {
		tjDestroy(codec);
		return pst_error_set(
			error, PST_E_CORRUPT, "a picture of %dx%d can't be used", *width, *height);
	}
	*ret_codec = codec;
	return 0;
}

int planar_size(const uint8_t *jpeg, size_t bytes, struct size *ret, struct pst_error *error)
{
	int width, height, subsampling;
	tjhandle codec;
	int status = header(jpeg, bytes, &width, &height, &subsampling, &codec, error);

	if (status == 0) {
		tjDestroy(codec);
		*ret = (struct size){(uint16_t)width, (uint16_t)height};
	}
	return status;
}

/* Bilinear, pixel middle to pixel middle. */
static void scale(const struct plane *from, uint8_t *to, int width, int height)
{
	for (int y = 0; y < height; y++) {
		int64_t v = (((int64_t)2 * y + 1) * from->height << FRACTION) / (2 * height) -
			    (1 << (FRACTION - 1));

		v = v < 0 ? 0 : v;
		int top = (int)(v >> FRACTION), low = (int)(v & ((1 << FRACTION) - 1));
		const uint8_t *first = from->data + (size_t)top * (size_t)from->width;
		const uint8_t *second = top + 1 < from->height ? first + from->width : first;

		for (int x = 0; x < width; x++) {
			int64_t u = (((int64_t)2 * x + 1) * from->width << FRACTION) / (2 * width) -
				    (1 << (FRACTION - 1));

			u = u < 0 ? 0 : u;
			int left = (int)(u >> FRACTION);
			int part = (int)(u & ((1 << FRACTION) - 1));
			int right = left + 1 < from->width ? left + 1 : left;
			int above = first[left] * (256 - part) + first[right] * part;
			int below = second[left] * (256 - part) + second[right] * part;

			*to++ = (uint8_t)((above * (256 - low) + below * low) >> 2 * FRACTION);
		}
	}
}

static int make_planar(struct planar *planar, struct size size)
{
	size_t pixels = (size_t)size.width * size.height;

	planar->size = size;
	planar->planes[0] = malloc(pixels * 2);
	if (!planar->planes[0]) {
		return -ENOMEM;
	}
	planar->planes[1] = planar->planes[0] + pixels;
	planar->planes[2] = planar->planes[1] + pixels / 2;
	memset(planar->planes[1], NEUTRAL, pixels);
	return 0;
}

void planar_finish(struct planar *planar)
{
	free(planar->planes[0]);
	*planar = (struct planar){0};
}

int planar_decode(const uint8_t *jpeg, size_t bytes, struct size size, struct planar *ret,
	struct pst_error *error)
{
	int width, height, subsampling;
	unsigned char *planes[3] = {NULL};
	struct planar planar = {0};
	tjhandle codec;
	int status = header(jpeg, bytes, &width, &height, &subsampling, &codec, error);

	if (status < 0) {
		return status;
	}
	int count = subsampling == TJSAMP_GRAY ? 1 : 3;

	for (int i = 0; i < count; i++) {
		planes[i] = malloc(tjPlaneSizeYUV(i, width, 0, height, subsampling));
		status = planes[i] ? status : -ENOMEM;
	}
	if (status < 0 || make_planar(&planar, size) < 0) {
		status = pst_error_set(error, -ENOMEM, "no memory for a picture");
	} else if (tjDecompressToYUVPlanes(codec, jpeg, bytes, planes, width, NULL, height, 0) <
			   0 &&
		   tjGetErrorCode(codec) == TJERR_FATAL) {
		status = pst_error_set(error, PST_E_CORRUPT, "a picture can't be decoded: %s",
			tjGetErrorStr2(codec));
	}
	for (int i = 0; status == 0 && i < count; i++) {
		struct plane from = {planes[i], tjPlaneWidth(i, width, subsampling),
			tjPlaneHeight(i, height, subsampling)};

		scale(&from, planar.planes[i], i ? size.width / 2 : size.width, size.height);
	}
	for (int i = 0; i < count; i++) {
		free(planes[i]);
	}
	tjDestroy(codec);
	if (status < 0) {
		planar_finish(&planar);
		return status;
	}
	*ret = planar;
	return 0;
}

static void pack_422(const struct planar *planar, size_t luma, uint8_t *to)
{
	size_t pairs = (size_t)planar->size.width * planar->size.height / 2;

	for (size_t i = 0; i < pairs; i++, to += 4) {
		to[luma] = planar->planes[0][2 * i];
		to[luma + 2] = planar->planes[0][2 * i + 1];
		to[1 - luma] = planar->planes[1][i];
		to[3 - luma] = planar->planes[2][i];
	}
}

static void pack_chroma_420(const struct planar *planar, uint8_t *to)
{
	size_t half = planar->size.width / 2;

	for (size_t y = 0; y < planar->size.height; y += 2) {
		for (size_t x = 0; x < half; x++) {
			*to++ = planar->planes[1][y * half + x];
			*to++ = planar->planes[2][y * half + x];
		}
	}
}

void planar_pack(const struct planar *planar, enum format format, uint8_t *to)
{
	size_t pixels = (size_t)planar->size.width * planar->size.height;

	switch (format) {
	case FORMAT_YUYV:
		pack_422(planar, 0, to);
		break;
	case FORMAT_UYVY:
		pack_422(planar, 1, to);
		break;
	case FORMAT_NV12:
		memcpy(to, planar->planes[0], pixels);
		pack_chroma_420(planar, to + pixels);
		break;
	case FORMAT_GREY:
		memcpy(to, planar->planes[0], pixels);
		break;
	case FORMAT_Y16:
		for (size_t i = 0; i < pixels; i++) {
			to[2 * i] = 0;
			to[2 * i + 1] = planar->planes[0][i];
		}
		break;
	default:
		break;
	}
}
