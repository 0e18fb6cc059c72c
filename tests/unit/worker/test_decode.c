/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libyuv.h>

#include "picture_jpeg.h"
#include "worker/decode.h"

#define WIDTH 160
#define HEIGHT 120

static uint8_t rgb[WIDTH * HEIGHT * 3];
static uint8_t planes[3][WIDTH * HEIGHT * 3];
static struct pst_decoder decoder;
static struct pst_picture picture;
static uint8_t *jpeg;
static size_t jpeg_size;

/* Smooth in space, different in each colour, so that small shifts and swapped colours show. */
static void setup(void)
{
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			uint8_t *pixel = &rgb[(y * WIDTH + x) * 3];

			pixel[0] = (uint8_t)(20 + x);
			pixel[1] = (uint8_t)(40 + y);
			pixel[2] = (uint8_t)(200 - x / 2 - y / 2);
		}
	}
	memset(&picture, 0, sizeof(picture));
	cr_assert_eq(pst_decoder_init(&decoder), 0);
	jpeg_size = jpeg_of(rgb, WIDTH, HEIGHT, 0, &jpeg);
}

static void teardown(void)
{
	pst_decoder_finish(&decoder);
	pst_picture_finish(&picture);
	free(jpeg);
}

TestSuite(decode, .init = setup, .fini = teardown);

/* Samples of 8 bits to samples of more, in 16. */
static void widen(const uint8_t *from, uint8_t *to, int more)
{
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		int sample = from[i] << more | from[i] >> (8 - more);

		to[2 * i] = (uint8_t)sample;
		to[2 * i + 1] = (uint8_t)(sample >> 8);
	}
}

static bool is_grey(int format)
{
	return format == PST_FRAME_FORMAT_GREY || format == PST_FRAME_FORMAT_Y16;
}

/* The picture in one of the frame formats. */
static struct pst_frame frame_of(enum pst_frame_format format)
{
	static uint8_t argb[WIDTH * HEIGHT * 4];
	struct pst_frame frame = {
		.sequence = 1, .format = format, .width = WIDTH, .height = HEIGHT};
	int half = WIDTH / 2;

	RAWToARGB(rgb, WIDTH * 3, argb, WIDTH * 4, WIDTH, HEIGHT);
	for (int i = 0; i < 3; i++) {
		frame.plane[i].data = planes[i];
		frame.plane[i].stride = pst_frame_plane_row_bytes(format, (uint32_t)i, WIDTH);
		frame.plane[i].size = sizeof(planes[i]);
	}
	switch (format) {
	case PST_FRAME_FORMAT_MJPEG:
		frame.plane[0] = (struct pst_frame_plane){jpeg, 0, (uint32_t)jpeg_size};
		break;
	case PST_FRAME_FORMAT_YUYV:
		ARGBToYUY2(argb, WIDTH * 4, planes[0], WIDTH * 2, WIDTH, HEIGHT);
		break;
	case PST_FRAME_FORMAT_NV12:
		ARGBToNV12(argb, WIDTH * 4, planes[0], WIDTH, planes[1], WIDTH, WIDTH, HEIGHT);
		break;
	case PST_FRAME_FORMAT_GREY:
		ARGBToJ400(argb, WIDTH * 4, planes[0], WIDTH, WIDTH, HEIGHT);
		break;
	case PST_FRAME_FORMAT_I420:
		ARGBToI420(argb, WIDTH * 4, planes[0], WIDTH, planes[1], half, planes[2], half,
			WIDTH, HEIGHT);
		break;
	case PST_FRAME_FORMAT_BGR24:
		ARGBToRGB24(argb, WIDTH * 4, planes[0], WIDTH * 3, WIDTH, HEIGHT);
		break;
	case PST_FRAME_FORMAT_UYVY:
		ARGBToUYVY(argb, WIDTH * 4, planes[0], WIDTH * 2, WIDTH, HEIGHT);
		break;
	case PST_FRAME_FORMAT_Y16:
		ARGBToJ400(argb, WIDTH * 4, planes[1], WIDTH, WIDTH, HEIGHT);
		widen(planes[1], planes[0], 8);
		break;
	case PST_FRAME_FORMAT_UNSET:
		break;
	}
	return frame;
}

static float luma_of(const uint8_t *pixel)
{
	return 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];
}

/* What the drawn picture holds at a place, in one channel of a format. */
static float wanted(float x, float y, enum pst_pixels format, uint32_t channel)
{
	float pixel[3] = {20 + x, 40 + y, 200 - x / 2 - y / 2};

	if (format == PST_PIXELS_GREY8) {
		return 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];
	}
	return format == PST_PIXELS_RGB24 ? pixel[channel] : pixel[2 - channel];
}

static float worst_difference(float scale, uint32_t width, uint32_t height, bool grey_source)
{
	enum pst_pixels format = picture.image.format;
	uint32_t channels = pst_pixels_bytes(format);
	float worst = 0;

	for (uint32_t y = 2; y + 2 < height; y++) {
		for (uint32_t x = 2; x + 2 < width; x++) {
			float fx = ((float)x + 0.5F) * scale - 0.5F;
			float fy = ((float)y + 0.5F) * scale - 0.5F;

			for (uint32_t c = 0; c < channels; c++) {
				float is = picture.image.pixels[y * picture.image.stride +
								x * channels + c];
				float should =
					wanted(fx, fy, grey_source ? PST_PIXELS_GREY8 : format, c);

				worst = fmaxf(worst, fabsf(is - should));
			}
		}
	}
	return worst;
}

Test(decode, every_format_to_every_target_at_full_and_reduced_size)
{
	static const struct {
		uint32_t width, height;
	} sizes[] = {{160, 120}, {80, 60}, {100, 75}, {40, 30}, {33, 25}};

	for (int format = PST_FRAME_FORMAT_MJPEG; format <= PST_FRAME_FORMAT_LAST; format++) {
		struct pst_frame frame = frame_of(format);

		cr_assert_eq(pst_frame_check(&frame, NULL), 0);
		for (int target = PST_PIXELS_GREY8; target <= PST_PIXELS_BGR24; target++) {
			for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
				uint32_t w = sizes[i].width, h = sizes[i].height;
				float off;

				cr_assert_eq(pst_picture_shape(&picture, target, 160, 128), 0);
				cr_assert_eq(
					pst_decode(&decoder, &frame, w, h, i % 2 == 0, &picture),
					0);
				off = worst_difference(
					(float)WIDTH / (float)w, w, h, is_grey(format));
				/* Odd sizes move the halved chroma by part of a pixel. */
				cr_assert_lt(off, w % 2 ? 14 : 7, "%s to %d at %ux%u is off by %f",
					pst_frame_format_name(format), target, w, h, (double)off);
			}
		}
	}
}

Test(decode, the_padding_stays_black)
{
	struct pst_frame frame = frame_of(PST_FRAME_FORMAT_MJPEG);

	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_BGR24, 96, 64), 0);
	cr_assert_eq(pst_decode(&decoder, &frame, 80, 60, false, &picture), 0);
	for (uint32_t y = 0; y < 64; y++) {
		for (uint32_t x = y < 60 ? 80 : 0; x < 96; x++) {
			cr_assert_eq(picture.image.pixels[y * 288 + x * 3], 0);
		}
	}
}

Test(decode, parts_lie_where_the_geometry_says)
{
	const struct pst_rect part = {.x = 31, .y = 21, .width = 70, .height = 50};

	for (int format = PST_FRAME_FORMAT_MJPEG; format <= PST_FRAME_FORMAT_LAST; format++) {
		struct pst_frame frame = frame_of(format);

		for (int scale = 1; scale <= 3; scale++) {
			struct pst_geometry geometry;
			struct pst_point first;

			cr_assert_eq(pst_decode_part(&decoder, &frame, &part, (float)scale,
					     PST_PIXELS_RGB24, &picture, &geometry),
				0, "%s", pst_frame_format_name(format));
			first = pst_geometry_from_full(&geometry, (struct pst_point){31, 21});
			cr_assert_geq(first.x, -0.51F);
			for (int i = 0; i < 20; i++) {
				struct pst_point at = {40 + 2 * (float)i, 30 + (float)i};
				struct pst_point in = pst_geometry_from_full(&geometry, at);
				const uint8_t *pixel =
					picture.image.pixels +
					(uint32_t)lroundf(in.y) * picture.image.stride +
					(uint32_t)lroundf(in.x) * 3;
				float is = is_grey(format) ? pixel[0] : luma_of(pixel);

				cr_assert_float_eq(is, wanted(at.x, at.y, PST_PIXELS_GREY8, 0), 6,
					"%s at 1/%d", pst_frame_format_name(format), scale);
			}
		}
	}
}

Test(decode, sixteen_bits_of_luma_are_as_many_as_the_camera_uses)
{
	struct pst_frame frame = frame_of(PST_FRAME_FORMAT_Y16);
	const struct pst_rect dark = {.x = 0, .y = 0, .width = 16, .height = 16};
	struct pst_geometry geometry;

	for (int more = 0; more <= 8; more += 2) {
		widen(planes[1], planes[0], more);
		cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_GREY8, WIDTH, HEIGHT), 0);
		cr_assert_eq(pst_decode(&decoder, &frame, WIDTH, HEIGHT, true, &picture), 0);
		cr_assert_arr_eq(
			picture.image.pixels, planes[1], WIDTH * HEIGHT, "%d bits", 8 + more);
		/* A part is as bright as the whole. */
		cr_assert_eq(pst_decode_part(&decoder, &frame, &dark, 1, PST_PIXELS_GREY8, &picture,
				     &geometry),
			0);
		cr_assert_arr_eq(picture.image.pixels, planes[1], 16, "%d bits", 8 + more);
	}
	/* 11 bits are a camera of 12. */
	memset(planes[0], 0, sizeof(planes[0]));
	planes[0][1] = 0x07;
	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_GREY8, WIDTH, HEIGHT), 0);
	cr_assert_eq(pst_decode(&decoder, &frame, WIDTH, HEIGHT, true, &picture), 0);
	cr_assert_eq(picture.image.pixels[0], 0x70);
}

Test(decode, a_jpeg_of_another_size_is_damaged)
{
	struct pst_frame frame = frame_of(PST_FRAME_FORMAT_MJPEG);

	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_GREY8, 160, 120), 0);
	frame.width = WIDTH - 8;
	cr_assert_eq(pst_decode(&decoder, &frame, 80, 60, false, &picture), PST_E_CORRUPT);
	frame.width = WIDTH;
	cr_assert_eq(pst_decode(&decoder, &frame, 80, 60, false, &picture), 0);
}

Test(decode, padding_before_the_end_marker_is_let_pass)
{
	struct pst_frame frame = frame_of(PST_FRAME_FORMAT_MJPEG);
	uint8_t *padded = malloc(jpeg_size + 100);

	memcpy(padded, jpeg, jpeg_size - 2);
	memset(padded + jpeg_size - 2, 0, 100);
	memcpy(padded + jpeg_size + 98, "\xff\xd9", 2);
	frame.plane[0].data = padded;
	frame.plane[0].size = (uint32_t)jpeg_size + 100;
	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_BGR24, 160, 120), 0);
	cr_assert_eq(pst_decode(&decoder, &frame, 160, 120, true, &picture), 0);
	/* And behind it. */
	memcpy(padded, jpeg, jpeg_size);
	memset(padded + jpeg_size, 0x55, 100);
	cr_assert_eq(pst_decode(&decoder, &frame, 160, 120, true, &picture), 0);
	free(padded);
}

static int decode_variant(const uint8_t *data, size_t size)
{
	struct pst_frame frame = {.format = PST_FRAME_FORMAT_MJPEG,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {data, 0, (uint32_t)size}};
	int half = pst_decode(&decoder, &frame, 80, 60, false, &picture);
	int full = pst_decode(&decoder, &frame, 160, 120, true, &picture);

	cr_assert(half == 0 || half == PST_E_CORRUPT, "%d", half);
	cr_assert(full == 0 || full == PST_E_CORRUPT, "%d", full);
	return full;
}

Test(decode, every_cut_is_damaged_and_none_crashes)
{
	int variants = 0;

	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_BGR24, 160, 120), 0);
	for (size_t size = 1; size < jpeg_size - 2; size += 3) {
		uint8_t *cut = malloc(size); /* exact, so that a read behind it is seen */

		memcpy(cut, jpeg, size);
		cr_assert_eq(decode_variant(cut, size), PST_E_CORRUPT, "cut at %zu of %zu", size,
			jpeg_size);
		free(cut);
		variants++;
	}
	cr_assert_gt(variants, 300);
	cr_assert_eq(decode_variant(jpeg, jpeg_size), 0, "the decoder goes on after damage");
}

Test(decode, no_flipped_bit_crashes)
{
	uint32_t seed = 1;
	int damaged = 0, variants = 0;

	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_BGR24, 160, 120), 0);
	for (int progressive = 0; progressive <= 1; progressive++) {
		uint8_t *data;
		size_t size = jpeg_of(rgb, WIDTH, HEIGHT, progressive, &data);

		for (int i = 0; i < 600; i++) {
			size_t at;

			/* The first 700 bytes are tables and headers. */
			seed = seed * 1664525u + 1013904223u;
			at = i % 2 ? (seed >> 8) % 700 : (seed >> 8) % size;
			data[at] ^= (uint8_t)(1u << (seed >> 5) % 8);
			damaged += decode_variant(data, size) == PST_E_CORRUPT;
			data[at] ^= (uint8_t)(1u << (seed >> 5) % 8);
			variants++;
		}
		cr_assert_eq(decode_variant(data, size), 0);
		free(data);
	}
	cr_assert_geq(variants, 1000);
	cr_assert_gt(damaged, 100);
}

Test(decode, steady_state_keeps_its_memory)
{
	struct pst_frame frame = frame_of(PST_FRAME_FORMAT_BGR24);
	const uint8_t *full, *scaled;

	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_BGR24, 96, 96), 0);
	cr_assert_eq(pst_decode(&decoder, &frame, 90, 68, false, &picture), 0);
	full = decoder.full.data;
	scaled = decoder.scaled.data;
	for (int i = 0; i < 10; i++) {
		cr_assert_eq(pst_decode(&decoder, &frame, 90, 68, false, &picture), 0);
		cr_assert_eq(decoder.full.data, full);
		cr_assert_eq(decoder.scaled.data, scaled);
	}
	pst_decoder_wipe(&decoder);
	for (size_t i = 0; i < decoder.full.room; i++) {
		cr_assert_eq(decoder.full.data[i], 0);
	}
}

Test(decode, reduction_leaves_at_least_what_is_wanted)
{
	cr_assert_eq(pst_jpeg_reduction(1280, 720, 640, 360), 2);
	cr_assert_eq(pst_jpeg_reduction(1280, 720, 641, 361), 1);
	cr_assert_eq(pst_jpeg_reduction(960, 540, 640, 360), 1);
	cr_assert_eq(pst_jpeg_reduction(2560, 1440, 320, 180), 8);
	cr_assert_eq(pst_jpeg_reduction(2559, 1439, 320, 180), 8);
	cr_assert_eq(pst_jpeg_reduction(64, 64, 64, 64), 1);
}

Test(decode, never_enlarges)
{
	struct pst_frame frame = frame_of(PST_FRAME_FORMAT_GREY);

	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_GREY8, 320, 240), 0);
	cr_assert_eq(pst_decode(&decoder, &frame, 320, 240, false, &picture), PST_E_FORMAT);
	cr_assert_eq(pst_decode(&decoder, &frame, 0, 10, false, &picture), PST_E_FORMAT);
}

/* A picture of one colour, so that whatever is made of it has one value per channel. */
static void fill_picture(struct pst_picture *of, enum pst_pixels format)
{
	static const uint8_t colour[3] = {200, 100, 40};
	uint32_t channels = pst_pixels_bytes(format);

	cr_assert_eq(pst_picture_shape(of, format, 64, 48), 0);
	for (size_t i = 0; i < (size_t)64 * 48 * channels; i++) {
		size_t channel = i % channels;

		of->scratch.data[i] = colour[format == PST_PIXELS_BGR24 ? 2 - channel : channel];
	}
}

Test(decode, a_picture_turns_into_any_format_and_a_smaller_size)
{
	static const enum pst_pixels formats[] = {
		PST_PIXELS_GREY8, PST_PIXELS_RGB24, PST_PIXELS_BGR24};
	/* Luma of full range, as JPEG has it; a grey picture here is all red. */
	static const uint8_t wanted[3][3] = {{200, 200, 200}, {200, 100, 40}, {40, 100, 200}};
	struct pst_decoder one;
	struct pst_picture from = {0}, to = {0};

	cr_assert_eq(pst_decoder_init(&one), 0);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 3; k++) {
			for (uint32_t width = 64; width >= 16; width -= 16) {
				const uint8_t *pixel;
				uint32_t channels = pst_pixels_bytes(formats[k]);

				fill_picture(&from, formats[i]);
				cr_assert_eq(pst_picture_shape(&to, formats[k], width + 8, 48), 0);
				memset(to.scratch.data, 0, (size_t)(width + 8) * 48 * channels);
				cr_assert_eq(
					pst_decode_image(&one, &from.image, width, 24, &to), 0);
				pixel = to.scratch.data + 10 * to.image.stride +
					(width - 1) * channels;
				for (uint32_t c = 0; c < channels; c++) {
					int value = i == 0 ? 200 : k == 0 ? 123 : wanted[k][c];

					cr_assert_leq(abs(pixel[c] - value), 3, "%d to %d: %u", i,
						k, pixel[c]);
				}
				cr_assert_eq(pixel[channels], 0, "what is beyond stays");
			}
		}
	}
	cr_assert_eq(pst_decode_image(&one, &from.image, 65, 24, &to), PST_E_FORMAT);
	cr_assert_eq(pst_decode_image(&one, &from.image, 0, 24, &to), PST_E_FORMAT);
	pst_picture_finish(&from);
	pst_picture_finish(&to);
	pst_decoder_finish(&one);
}
