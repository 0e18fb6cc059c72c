/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <math.h>

#include "worker/decode.h"
#include "worker/near.h"

static const struct pst_wire_plugin net = {.input_size = 640, .input_multiple = 32};

/* The square holds the face with room around it, or reaches the frame's edge, and lies in it. */
static void check(const struct pst_square *square, const struct pst_wire_box *box, uint32_t width,
	uint32_t height)
{
	float left = box->x - (float)square->x;
	float right = (float)(square->x + square->side) - box->x - box->width;
	float room = (float)square->side - box->width - 10;

	cr_assert_leq(square->x + square->side, width);
	cr_assert_leq(square->y + square->side, height);
	cr_assert_geq(square->side, square->px);
	cr_assert_eq(square->x % 2, 0);
	cr_assert_eq(square->y % 2, 0);
	if (square->x > 0 && square->x + square->side < width) {
		cr_assert_lt(fabsf(left - right), 20);
		cr_assert_geq(fminf(left, right), room / 2 - 10);
	}
}

Test(near, a_jpeg_has_scales_of_eighths)
{
	int planned = 0;

	for (float face = 10; face < 400; face += 7) {
		for (float x = -20; x < 1290; x += 37) {
			const struct pst_wire_box box = {x, x / 2, face * 0.8F, face};
			struct pst_square square;

			if (!pst_near_plan(&net, &box, 1280, 720, true, &square)) {
				cr_assert_gt(face, 219); /* 96 * 4 / 1.75: at 1/8 it does not fit */
				continue;
			}
			cr_assert_eq(square.px, 96);
			cr_assert(square.side == 96 || square.side == 192 || square.side == 384);
			cr_assert_geq((float)square.side, PST_NEAR_ROOM * face);
			cr_assert_eq(square.x % (square.side / square.px), 0);
			check(&square, &box, 1280, 720);
			planned++;
		}
	}
	cr_assert_gt(planned, 900);
}

Test(near, what_is_no_jpeg_has_any_scale)
{
	const struct pst_wire_box box = {300, 200, 100, 120};
	struct pst_square square;

	cr_assert(pst_near_plan(&net, &box, 1280, 720, false, &square));
	cr_assert_eq(square.side, 210); /* 1.75 times the face */
	cr_assert_eq(square.px, 96);
	check(&square, &box, 1280, 720);
}

Test(near, nothing_is_enlarged)
{
	const struct pst_wire_box box = {300, 200, 10, 12};
	struct pst_square square;

	cr_assert(pst_near_plan(&net, &box, 640, 480, false, &square));
	cr_assert_eq(square.side, 96);
}

Test(near, no_square_where_the_face_fills_the_frame_or_the_detector_takes_less)
{
	const struct pst_wire_plugin small = {.input_size = 64, .input_multiple = 32};
	const struct pst_wire_box large = {100, 100, 250, 300}, box = {10, 10, 20, 20};
	struct pst_square square;

	cr_assert_not(pst_near_plan(&net, &large, 640, 480, false, &square));
	cr_assert_not(pst_near_plan(&net, &large, 640, 480, true, &square));
	cr_assert_not(pst_near_plan(&net, &box, 80, 480, true, &square));
	cr_assert_not(pst_near_plan(&small, &box, 640, 480, true, &square));
}

Test(near, the_same_face_is_the_one_that_overlaps_most)
{
	const struct pst_wire_box box = {100, 100, 50, 50};
	const struct pst_face faces[] = {{.x = 60, .y = 100, .width = 50, .height = 50},
		{.x = 115, .y = 105, .width = 50, .height = 50},
		{.x = 105, .y = 95, .width = 50, .height = 50}};

	cr_assert_eq(pst_near_same(faces, 3, &box), &faces[2]);
	cr_assert_eq(pst_near_same(faces, 2, &box), &faces[1]);
	cr_assert_null(pst_near_same(faces, 1, &box)); /* a neighbour */
	cr_assert_null(pst_near_same(faces, 0, &box));
}

/* A bright spot is where the geometry says, in every format and wherever the square lies. */
static void find_spot(enum pst_frame_format format, uint32_t spot_x, uint32_t spot_y)
{
	enum { WIDTH = 400, HEIGHT = 300, SPOT = 12 };
	static uint8_t pixels[WIDTH * HEIGHT * 3];
	uint32_t bytes = format == PST_FRAME_FORMAT_BGR24 ? 3 : 1;
	const struct pst_frame frame = {.format = format,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {pixels, WIDTH * bytes, WIDTH * HEIGHT * bytes}};
	const struct pst_wire_box box = {(float)spot_x - 50, (float)spot_y - 50, 100, 100};
	struct pst_picture picture = {0};
	struct pst_geometry geometry;
	struct pst_decoder decoder;
	struct pst_square square;
	struct pst_image image;
	double x = 0, y = 0, sum = 0;

	memset(pixels, 0, sizeof(pixels));
	for (uint32_t i = 0; i < SPOT * SPOT; i++) {
		uint32_t at = (spot_y + i / SPOT) * WIDTH + spot_x + i % SPOT;

		memset(pixels + (size_t)at * bytes, 255, bytes);
	}
	cr_assert_eq(pst_decoder_init(&decoder), 0);
	cr_assert(pst_near_plan(&net, &box, WIDTH, HEIGHT, false, &square));
	cr_assert_eq(pst_decode_square(&decoder, &frame, &square, PST_PIXELS_GREY8, &picture,
			     &image, &geometry),
		0);
	cr_assert_eq(image.width, 96);
	for (uint32_t i = 0; i < 96 * 96; i++) {
		double weight = image.pixels[i / 96 * image.stride + i % 96];

		x += weight * (i % 96);
		y += weight * (i / 96);
		sum += weight;
	}
	struct pst_point middle = pst_geometry_to_full(
		&geometry, (struct pst_point){(float)(x / sum), (float)(y / sum)});

	cr_assert_float_eq(middle.x, (double)spot_x + (SPOT - 1) / 2.0, 0.75);
	cr_assert_float_eq(middle.y, (double)spot_y + (SPOT - 1) / 2.0, 0.75);
	pst_picture_finish(&picture);
	pst_decoder_finish(&decoder);
}

Test(near, what_is_found_in_the_square_is_found_in_the_frame)
{
	static const enum pst_frame_format formats[] = {
		PST_FRAME_FORMAT_GREY, PST_FRAME_FORMAT_BGR24};

	for (int i = 0; i < 2; i++) {
		find_spot(formats[i], 60, 60);
		find_spot(formats[i], 201, 151);
		find_spot(formats[i], 5, 280);
		find_spot(formats[i], 380, 3);
	}
}
