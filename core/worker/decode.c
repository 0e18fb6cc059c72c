/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/decode.h"

#include <libyuv.h>

/* libyuv names formats by word, we by memory order: its RGB24 is our BGR24, its RAW our RGB24. */

struct target {
	uint8_t *pixels;
	int stride;
	int width;
	int height;
	uint32_t format; /* enum pst_pixels */
};

int pst_decoder_init(struct pst_decoder *decoder)
{
	*decoder = (struct pst_decoder){0};
	return pst_jpeg_create(&decoder->jpeg);
}

void pst_decoder_wipe(struct pst_decoder *decoder)
{
	pst_jpeg_wipe(decoder->jpeg);
	pst_scratch_wipe(&decoder->full);
	pst_scratch_wipe(&decoder->scaled);
}

void pst_decoder_finish(struct pst_decoder *decoder)
{
	pst_jpeg_destroy(&decoder->jpeg);
	pst_scratch_finish(&decoder->full);
	pst_scratch_finish(&decoder->scaled);
}

static void scale_plane(const uint8_t *from, int stride, int width, int height, uint8_t *to,
	int to_stride, int to_width, int to_height)
{
	ScalePlane(from, stride, width, height, to, to_stride, to_width, to_height, kFilterBox);
}

/* BT.601 luma 16..235 to 0..255. */
static void expand_luma(const struct target *to)
{
	for (int y = 0; y < to->height; y++) {
		uint8_t *row = to->pixels + (size_t)y * (size_t)to->stride;

		for (int x = 0; x < to->width; x++) {
			int value = ((row[x] - 16) * 298 + 128) >> 8;

			row[x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
		}
	}
}

static void grey_to_colour(const uint8_t *from, int stride, const struct target *to)
{
	for (int y = 0; y < to->height; y++) {
		const uint8_t *source = from + (size_t)y * (size_t)stride;
		uint8_t *row = to->pixels + (size_t)y * (size_t)to->stride;

		for (int x = 0; x < to->width; x++) {
			row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = source[x];
		}
	}
}

/* 32-bit pixels of any size to the target. */
static int from_argb(struct pst_decoder *decoder, const uint8_t *argb, int stride, int width,
	int height, const struct target *to)
{
	if (width != to->width || height != to->height) {
		int status = pst_scratch_fit(
			&decoder->scaled, (size_t)to->width * (size_t)to->height * 4);

		if (status < 0) {
			return status;
		}
		if (ARGBScale(argb, stride, width, height, decoder->scaled.data, to->width * 4,
			    to->width, to->height, kFilterBox) != 0) {
			return PST_E_FORMAT;
		}
		argb = decoder->scaled.data;
		stride = to->width * 4;
	}
	switch (to->format) {
	case PST_PIXELS_GREY8:
		ARGBToJ400(argb, stride, to->pixels, to->stride, to->width, to->height);
		return 0;
	case PST_PIXELS_BGR24:
		ARGBToRGB24(argb, stride, to->pixels, to->stride, to->width, to->height);
		return 0;
	case PST_PIXELS_RGB24:
		ARGBToRAW(argb, stride, to->pixels, to->stride, to->width, to->height);
		return 0;
	default:
		return PST_E_FORMAT;
	}
}

static enum pst_jpeg_pixels jpeg_pixels(uint32_t format)
{
	switch (format) {
	case PST_PIXELS_GREY8:
		return PST_JPEG_PIXELS_GREY8;
	case PST_PIXELS_RGB24:
		return PST_JPEG_PIXELS_RGB24;
	case PST_PIXELS_BGR24:
		return PST_JPEG_PIXELS_BGR24;
	default:
		return PST_JPEG_PIXELS_UNSET;
	}
}

static int decode_jpeg(struct pst_decoder *decoder, const struct pst_frame *frame, bool fine,
	const struct target *to)
{
	uint32_t reduce = pst_jpeg_reduction(
		frame->width, frame->height, (uint32_t)to->width, (uint32_t)to->height);
	uint32_t width = (frame->width + reduce - 1) / reduce;
	uint32_t height = (frame->height + reduce - 1) / reduce;
	bool grey = to->format == PST_PIXELS_GREY8;
	uint32_t stride = width * (grey ? 1 : 4);
	int status;

	if ((int)width == to->width && (int)height == to->height) {
		return pst_jpeg_decode(decoder->jpeg, frame->plane[0].data, frame->plane[0].size,
			frame->width, frame->height, reduce, jpeg_pixels(to->format), fine,
			to->pixels, (uint32_t)to->stride);
	}
	status = pst_scratch_fit(&decoder->full, (size_t)stride * height);
	if (status < 0) {
		return status;
	}
	status = pst_jpeg_decode(decoder->jpeg, frame->plane[0].data, frame->plane[0].size,
		frame->width, frame->height, reduce,
		grey ? PST_JPEG_PIXELS_GREY8 : PST_JPEG_PIXELS_BGRX32, fine, decoder->full.data,
		stride);
	if (status < 0) {
		return status;
	}
	if (!grey) {
		return from_argb(
			decoder, decoder->full.data, (int)stride, (int)width, (int)height, to);
	}
	scale_plane(decoder->full.data, (int)stride, (int)width, (int)height, to->pixels,
		to->stride, to->width, to->height);
	return 0;
}

static int decode_grey(
	struct pst_decoder *decoder, const struct pst_frame *frame, const struct target *to)
{
	int width = (int)frame->width, height = (int)frame->height;
	const struct pst_frame_plane *plane = &frame->plane[0];
	int status;

	if (to->format == PST_PIXELS_GREY8) {
		scale_plane(plane->data, (int)plane->stride, width, height, to->pixels, to->stride,
			to->width, to->height);
		return 0;
	}
	status = pst_scratch_fit(&decoder->scaled, (size_t)to->width * (size_t)to->height);
	if (status < 0) {
		return status;
	}
	scale_plane(plane->data, (int)plane->stride, width, height, decoder->scaled.data, to->width,
		to->width, to->height);
	grey_to_colour(decoder->scaled.data, to->width, to);
	return 0;
}

/* How far samples of 16 bits are shifted to be 8; see pst_decoder. */
static uint32_t y16_shift(const struct pst_frame *frame)
{
	const struct pst_frame_plane *plane = &frame->plane[0];
	uint32_t high = 0;
	uint32_t shift = 0;

	if (frame->format != PST_FRAME_FORMAT_Y16) {
		return 0;
	}
	for (uint32_t y = 0; y < frame->height; y++) {
		const uint8_t *row = plane->data + (size_t)y * plane->stride;

		for (uint32_t x = 0; x < frame->width; x++) {
			high |= row[2 * x + 1];
		}
	}
	while (shift < 8 && high >> shift) {
		shift += 2;
	}
	return shift;
}

static int decode_y16(struct pst_decoder *decoder, const struct pst_frame *frame, uint32_t shift,
	const struct target *to)
{
	const struct pst_frame_plane *plane = &frame->plane[0];
	struct pst_frame grey = {
		.format = PST_FRAME_FORMAT_GREY, .width = frame->width, .height = frame->height};
	int status = pst_scratch_fit(&decoder->full, (size_t)frame->width * frame->height);

	if (status < 0) {
		return status;
	}
	for (uint32_t y = 0; y < frame->height; y++) {
		const uint8_t *row = plane->data + (size_t)y * plane->stride;
		uint8_t *luma = decoder->full.data + (size_t)y * frame->width;

		for (uint32_t x = 0; x < frame->width; x++) {
			luma[x] = (uint8_t)((row[2 * x] | row[2 * x + 1] << 8) >> shift);
		}
	}
	grey.plane[0] = (struct pst_frame_plane){
		decoder->full.data, frame->width, frame->width * frame->height};
	return decode_grey(decoder, &grey, to);
}

static int decode_bgr(
	struct pst_decoder *decoder, const struct pst_frame *frame, const struct target *to)
{
	int width = (int)frame->width, height = (int)frame->height;
	int status = pst_scratch_fit(&decoder->full, (size_t)width * (size_t)height * 4);

	if (status < 0) {
		return status;
	}
	RGB24ToARGB(frame->plane[0].data, (int)frame->plane[0].stride, decoder->full.data,
		width * 4, width, height);
	return from_argb(decoder, decoder->full.data, width * 4, width, height, to);
}

/* Three planes at the target's size, chroma halved both ways. */
struct planar {
	uint8_t *y;
	uint8_t *u;
	uint8_t *v;
	int stride;
	int chroma; /* stride of u and v */
};

static int fit_planar(struct pst_scratch *scratch, int width, int height, struct planar *ret)
{
	size_t luma = (size_t)width * (size_t)height;
	int chroma = (width + 1) / 2;
	size_t rows = ((size_t)height + 1) / 2;
	int status = pst_scratch_fit(scratch, luma + 2 * (size_t)chroma * rows);

	if (status < 0) {
		return status;
	}
	*ret = (struct planar){
		.y = scratch->data,
		.u = scratch->data + luma,
		.v = scratch->data + luma + (size_t)chroma * rows,
		.stride = width,
		.chroma = chroma,
	};
	return 0;
}

static void planar_to_colour(const struct planar *from, const struct target *to)
{
	if (to->format == PST_PIXELS_RGB24) {
		I420ToRAW(from->y, from->stride, from->u, from->chroma, from->v, from->chroma,
			to->pixels, to->stride, to->width, to->height);
	} else {
		I420ToRGB24(from->y, from->stride, from->u, from->chroma, from->v, from->chroma,
			to->pixels, to->stride, to->width, to->height);
	}
}

/* Unpacks YUYV, UYVY and NV12 to three planes at full size. */
static int unpack(struct pst_decoder *decoder, const struct pst_frame *frame, struct planar *ret)
{
	int width = (int)frame->width, height = (int)frame->height;
	const struct pst_frame_plane *plane = frame->plane;
	int status;

	if (frame->format == PST_FRAME_FORMAT_I420) {
		*ret = (struct planar){
			.y = (uint8_t *)(uintptr_t)plane[0].data,
			.u = (uint8_t *)(uintptr_t)plane[1].data,
			.v = (uint8_t *)(uintptr_t)plane[2].data,
			.stride = (int)plane[0].stride,
			.chroma = (int)plane[1].stride,
		};
		return plane[1].stride == plane[2].stride ? 0 : PST_E_FORMAT;
	}
	status = fit_planar(&decoder->full, width, height, ret);
	if (status < 0) {
		return status;
	}
	if (frame->format == PST_FRAME_FORMAT_YUYV) {
		YUY2ToI420(plane[0].data, (int)plane[0].stride, ret->y, ret->stride, ret->u,
			ret->chroma, ret->v, ret->chroma, width, height);
	} else if (frame->format == PST_FRAME_FORMAT_UYVY) {
		UYVYToI420(plane[0].data, (int)plane[0].stride, ret->y, ret->stride, ret->u,
			ret->chroma, ret->v, ret->chroma, width, height);
	} else {
		NV12ToI420(plane[0].data, (int)plane[0].stride, plane[1].data, (int)plane[1].stride,
			ret->y, ret->stride, ret->u, ret->chroma, ret->v, ret->chroma, width,
			height);
	}
	return 0;
}

static int decode_yuv_luma(
	struct pst_decoder *decoder, const struct pst_frame *frame, const struct target *to)
{
	int width = (int)frame->width, height = (int)frame->height;
	const uint8_t *luma = frame->plane[0].data;
	int stride = (int)frame->plane[0].stride;

	if (frame->format == PST_FRAME_FORMAT_YUYV || frame->format == PST_FRAME_FORMAT_UYVY) {
		bool luma_first = frame->format == PST_FRAME_FORMAT_YUYV;
		int status = pst_scratch_fit(&decoder->full, (size_t)width * (size_t)height);

		if (status < 0) {
			return status;
		}
		(luma_first ? YUY2ToY : UYVYToY)(
			luma, stride, decoder->full.data, width, width, height);
		luma = decoder->full.data;
		stride = width;
	}
	scale_plane(luma, stride, width, height, to->pixels, to->stride, to->width, to->height);
	expand_luma(to);
	return 0;
}

static int decode_yuv(
	struct pst_decoder *decoder, const struct pst_frame *frame, const struct target *to)
{
	struct planar full, scaled;
	int status;

	if (to->format == PST_PIXELS_GREY8) {
		return decode_yuv_luma(decoder, frame, to);
	}
	status = unpack(decoder, frame, &full);
	if (status < 0) {
		return status;
	}
	if ((int)frame->width == to->width && (int)frame->height == to->height) {
		planar_to_colour(&full, to);
		return 0;
	}
	status = fit_planar(&decoder->scaled, to->width, to->height, &scaled);
	if (status < 0) {
		return status;
	}
	I420Scale(full.y, full.stride, full.u, full.chroma, full.v, full.chroma, (int)frame->width,
		(int)frame->height, scaled.y, scaled.stride, scaled.u, scaled.chroma, scaled.v,
		scaled.chroma, to->width, to->height, kFilterBox);
	planar_to_colour(&scaled, to);
	return 0;
}

/* @param shift  of the whole frame's samples, when this is a part of it */
static int decode(struct pst_decoder *decoder, const struct pst_frame *frame, uint32_t shift,
	uint32_t width, uint32_t height, bool fine, struct pst_picture *picture)
{
	struct target to = {
		.pixels = picture->scratch.data,
		.stride = (int)picture->image.stride,
		.width = (int)width,
		.height = (int)height,
		.format = picture->image.format,
	};

	if (width < 1 || height < 1 || width > picture->image.width ||
		height > picture->image.height || width > frame->width || height > frame->height) {
		return PST_E_FORMAT;
	}
	switch (frame->format) {
	case PST_FRAME_FORMAT_MJPEG:
		return decode_jpeg(decoder, frame, fine, &to);
	case PST_FRAME_FORMAT_GREY:
		return decode_grey(decoder, frame, &to);
	case PST_FRAME_FORMAT_BGR24:
		return decode_bgr(decoder, frame, &to);
	case PST_FRAME_FORMAT_Y16:
		return decode_y16(decoder, frame, shift, &to);
	case PST_FRAME_FORMAT_YUYV:
	case PST_FRAME_FORMAT_UYVY:
	case PST_FRAME_FORMAT_NV12:
	case PST_FRAME_FORMAT_I420:
		return decode_yuv(decoder, frame, &to);
	case PST_FRAME_FORMAT_UNSET:
		break;
	}
	return PST_E_FORMAT;
}

int pst_decode(struct pst_decoder *decoder, const struct pst_frame *frame, uint32_t width,
	uint32_t height, bool fine, struct pst_picture *picture)
{
	return decode(decoder, frame, y16_shift(frame), width, height, fine, picture);
}

/* A view of part of an uncompressed frame; the part begins at even px. */
static struct pst_frame crop(const struct pst_frame *frame, const struct pst_rect *part)
{
	struct pst_frame view = *frame;
	uint32_t planes = pst_frame_format_planes(frame->format);

	view.width = part->width;
	view.height = part->height;
	for (uint32_t i = 0; i < planes; i++) {
		uint32_t row = i == 0 ? part->y : part->y / 2;
		uint32_t left =
			part->x == 0 ? 0 : pst_frame_plane_row_bytes(frame->format, i, part->x);

		view.plane[i].data += (size_t)row * frame->plane[i].stride + left;
		view.plane[i].size -= row * frame->plane[i].stride + left;
	}
	return view;
}

int pst_decode_part(struct pst_decoder *decoder, const struct pst_frame *frame,
	const struct pst_rect *part, float coarsest, enum pst_pixels format,
	struct pst_picture *picture, struct pst_geometry *ret_geometry)
{
	struct pst_frame view = *frame;
	struct pst_geometry geometry = {.scale_x = 1, .scale_y = 1};
	uint32_t width, height;
	int status;

	if (frame->format == PST_FRAME_FORMAT_MJPEG) {
		uint32_t reduce = coarsest >= 8 ? 8 : coarsest >= 4 ? 4 : coarsest >= 2 ? 2 : 1;

		width = (frame->width + reduce - 1) / reduce;
		height = (frame->height + reduce - 1) / reduce;
		geometry.scale_x = (float)reduce;
		geometry.scale_y = (float)reduce;
	} else {
		struct pst_rect even = *part;

		even.x &= ~1U;
		even.y &= ~1U;
		even.width += part->x - even.x;
		even.height += part->y - even.y;
		view = crop(frame, &even);
		width = view.width;
		height = view.height;
		geometry.offset_x = (float)even.x;
		geometry.offset_y = (float)even.y;
	}
	status = pst_picture_shape(picture, format, width, height);
	if (status == 0) {
		status = decode(decoder, &view, y16_shift(frame), width, height, true, picture);
	}
	if (status == 0) {
		*ret_geometry = geometry;
	}
	return status;
}

/* @param ret_at  where the square begins in the picture, px */
static int decode_jpeg_square(struct pst_decoder *decoder, const struct pst_frame *frame,
	const struct pst_square *square, enum pst_pixels format, struct pst_picture *picture,
	struct pst_rect *ret_at)
{
	uint32_t reduce = square->side / square->px;
	uint32_t top = square->y / reduce;
	int status = pst_picture_shape(picture, format, (frame->width + reduce - 1) / reduce,
		(frame->height + reduce - 1) / reduce);

	*ret_at = (struct pst_rect){.x = square->x / reduce, .y = top};
	return status < 0 ? status
			  : pst_jpeg_decode_top(decoder->jpeg, frame->plane[0].data,
				    frame->plane[0].size, frame->width, frame->height, reduce,
				    top + square->px, jpeg_pixels(format), /* fine= */ false,
				    picture->scratch.data, picture->image.stride);
}

int pst_decode_square(struct pst_decoder *decoder, const struct pst_frame *frame,
	const struct pst_square *square, enum pst_pixels format, struct pst_picture *picture,
	struct pst_image *ret_image, struct pst_geometry *ret_geometry)
{
	const struct pst_rect part = {square->x, square->y, square->side, square->side};
	float scale = (float)square->side / (float)square->px;
	struct pst_rect at = {0};
	int status;

	if (frame->format == PST_FRAME_FORMAT_MJPEG) {
		status = decode_jpeg_square(decoder, frame, square, format, picture, &at);
	} else {
		const struct pst_frame view = crop(frame, &part);

		status = pst_picture_shape(picture, format, square->px, square->px);
		if (status == 0) {
			status = decode(decoder, &view, y16_shift(frame), square->px, square->px,
				/* fine= */ false, picture);
		}
	}
	if (status < 0) {
		return status;
	}
	*ret_image = picture->image;
	ret_image->width = square->px;
	ret_image->height = square->px;
	ret_image->pixels +=
		(size_t)at.y * picture->image.stride + (size_t)at.x * pst_pixels_bytes(format);
	*ret_geometry = (struct pst_geometry){.scale_x = scale,
		.scale_y = scale,
		.offset_x = (float)square->x,
		.offset_y = (float)square->y};
	return 0;
}

/* Colour to grey at the same size needs no way round by 32 bits. */
static bool colour_to_grey(const struct pst_image *from, const struct target *to)
{
	if (to->format != PST_PIXELS_GREY8 || to->width != (int)from->width ||
		to->height != (int)from->height) {
		return false;
	}
	return (from->format == PST_PIXELS_BGR24 ? RGB24ToJ400 : RAWToJ400)(from->pixels,
		       (int)from->stride, to->pixels, to->stride, to->width, to->height) == 0;
}

int pst_decode_image(struct pst_decoder *decoder, const struct pst_image *image, uint32_t width,
	uint32_t height, struct pst_picture *picture)
{
	int from_width = (int)image->width, from_height = (int)image->height, status;
	struct target to = {
		.pixels = picture->scratch.data,
		.stride = (int)picture->image.stride,
		.width = (int)width,
		.height = (int)height,
		.format = picture->image.format,
	};
	struct pst_frame grey = {.format = PST_FRAME_FORMAT_GREY,
		.width = image->width,
		.height = image->height,
		.plane[0] = {image->pixels, image->stride, image->stride * image->height}};

	if (width < 1 || height < 1 || width > image->width || height > image->height ||
		width > picture->image.width || height > picture->image.height) {
		return PST_E_FORMAT;
	}
	if (image->format == PST_PIXELS_GREY8) {
		return decode_grey(decoder, &grey, &to);
	}
	if (colour_to_grey(image, &to)) {
		return 0;
	}
	status = pst_scratch_fit(&decoder->full, (size_t)image->width * image->height * 4);
	if (status < 0) {
		return status;
	}
	(image->format == PST_PIXELS_BGR24 ? RGB24ToARGB : RAWToARGB)(image->pixels,
		(int)image->stride, decoder->full.data, from_width * 4, from_width, from_height);
	return from_argb(decoder, decoder->full.data, from_width * 4, from_width, from_height, &to);
}
