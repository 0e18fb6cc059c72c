/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "worker/align.h"
#include "worker/decode.h"

static const struct pst_point reference[PST_LANDMARK_COUNT] = {{38.2946F, 51.6963F},
	{73.5318F, 51.5014F}, {56.0252F, 71.7366F}, {41.5493F, 92.3655F}, {70.7299F, 92.2041F}};

static const struct pst_geometry whole = {.scale_x = 1, .scale_y = 1};

/* Where the reference landmarks come to lie under a turn, a scale and a shift. */
static void place(float degrees, float scale, float x, float y, struct pst_point *points)
{
	float c = scale * cosf(degrees * (float)M_PI / 180);
	float s = scale * sinf(degrees * (float)M_PI / 180);

	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		points[i].x = c * reference[i].x - s * reference[i].y + x;
		points[i].y = s * reference[i].x + c * reference[i].y + y;
	}
}

/* A smooth round spot of the colour, its centre at the point. */
static void draw_spot(
	uint8_t *rgb, int width, int height, struct pst_point at, float radius, int channel)
{
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			float d = hypotf((float)x - at.x, (float)y - at.y) / radius;
			float value = 250 * expf(-d * d);
			uint8_t *pixel = &rgb[(y * width + x) * 3 + channel];

			*pixel = (uint8_t)fmaxf(*pixel, value);
		}
	}
}

/* Centre of mass of one channel near a point of the chip. */
static struct pst_point spot_of(const struct pst_image *chip, struct pst_point near, int channel)
{
	double sum = 0, sx = 0, sy = 0;

	for (int y = (int)near.y - 7; y <= (int)near.y + 8; y++) {
		for (int x = (int)near.x - 7; x <= (int)near.x + 8; x++) {
			double value;

			if (x < 0 || y < 0 || x >= (int)chip->width || y >= (int)chip->height) {
				continue;
			}
			value = chip->pixels[(size_t)y * chip->stride + (size_t)x * 3 + channel];
			sum += value;
			sx += value * x;
			sy += value * y;
		}
	}
	cr_assert_gt(sum, 0);
	return (struct pst_point){(float)(sx / sum), (float)(sy / sum)};
}

static void check_warp(float degrees, float scale)
{
	enum { WIDTH = 480, HEIGHT = 420 };
	static uint8_t rgb[WIDTH * HEIGHT * 3];
	struct pst_image picture = {.size = sizeof(picture),
		.format = PST_PIXELS_RGB24,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = WIDTH * 3,
		.pixels = rgb};
	struct pst_point points[PST_LANDMARK_COUNT];
	struct pst_similarity to_chip;
	struct pst_picture chip = {0};

	memset(rgb, 0, sizeof(rgb));
	place(degrees, scale, 200 - 56 * scale, 190 - 72 * scale, points);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		draw_spot(rgb, WIDTH, HEIGHT, points[i], 3 * scale, i % 3);
	}
	cr_assert_eq(pst_similarity_fit(points, reference, PST_LANDMARK_COUNT, &to_chip), 0);
	cr_assert_eq(pst_picture_shape(&chip, PST_PIXELS_RGB24, 112, 112), 0);
	pst_align_warp(&picture, &whole, &to_chip, &chip);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		struct pst_point at = spot_of(&chip.image, reference[i], i % 3);

		cr_assert_lt(hypotf(at.x - reference[i].x, at.y - reference[i].y), 0.5F,
			"landmark %d lies at %f,%f (turn %f, scale %f)", i, (double)at.x,
			(double)at.y, (double)degrees, (double)scale);
	}
	pst_picture_finish(&chip);
}

Test(align, landmarks_come_to_lie_on_the_reference)
{
	for (float degrees = -40; degrees <= 40; degrees += 20) {
		check_warp(degrees, 0.8F);
		check_warp(degrees, 1);
		check_warp(degrees, 1.9F);
	}
}

Test(align, fit_recovers_turn_scale_and_shift)
{
	struct pst_point points[PST_LANDMARK_COUNT];
	struct pst_similarity s, back;

	place(30, 2, 17, -5, points);
	cr_assert_eq(pst_similarity_fit(reference, points, PST_LANDMARK_COUNT, &s), 0);
	cr_assert_float_eq(s.a, 2 * cosf((float)M_PI / 6), 1e-3);
	cr_assert_float_eq(s.b, 1, 1e-3);
	cr_assert_float_eq(s.tx, 17, 1e-2);
	cr_assert_float_eq(s.ty, -5, 1e-2);
	back = pst_similarity_invert(&s);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		struct pst_point p = pst_similarity_apply(&back, points[i]);

		cr_assert_float_eq(p.x, reference[i].x, 1e-2);
		cr_assert_float_eq(p.y, reference[i].y, 1e-2);
	}
}

Test(align, mirrored_points_are_never_mirrored_back)
{
	struct pst_point points[PST_LANDMARK_COUNT];
	struct pst_similarity s;

	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		points[i] = (struct pst_point){112 - reference[i].x, reference[i].y};
	}
	cr_assert_eq(pst_similarity_fit(points, reference, PST_LANDMARK_COUNT, &s), 0);
	struct pst_point right = pst_similarity_apply(&s, points[0]);
	struct pst_point left = pst_similarity_apply(&s, points[1]);

	/* The order of the eyes stays as it is in the picture, no similarity turns it round. */
	cr_assert_gt(right.x, left.x);
}

Test(align, points_in_one_place_are_no_face)
{
	struct pst_point points[PST_LANDMARK_COUNT] = {{0}};
	struct pst_similarity s;

	cr_assert_eq(pst_similarity_fit(points, reference, PST_LANDMARK_COUNT, &s), PST_E_NO_FACE);
	points[1].x = NAN;
	cr_assert_eq(pst_similarity_fit(points, reference, PST_LANDMARK_COUNT, &s), PST_E_NO_FACE);
}

Test(align, part_covers_the_chip_and_stays_inside)
{
	const struct pst_similarity s = {.a = 0.5F, .b = 0, .tx = -50, .ty = -25};
	struct pst_rect part;

	/* The chip's 0..111 are the image's 100..322 by 50..272. */
	cr_assert_eq(pst_align_part(&s, 112, 112, 640, 480, &part), 0);
	cr_assert_leq(part.x, 100);
	cr_assert_leq(part.y, 50);
	cr_assert_geq(part.x + part.width, 323);
	cr_assert_geq(part.y + part.height, 273);
	cr_assert_lt(part.width, 240);
	cr_assert_eq(pst_align_part(&s, 112, 112, 200, 100, &part), 0);
	cr_assert_eq(part.x + part.width, 200);
	cr_assert_eq(part.y + part.height, 100);
	cr_assert_eq(pst_align_part(&s, 112, 112, 90, 480, &part), PST_E_NO_FACE);
}

Test(align, outside_is_black)
{
	uint8_t grey[16];
	struct pst_image picture = {.size = sizeof(picture),
		.format = PST_PIXELS_GREY8,
		.width = 4,
		.height = 4,
		.stride = 4,
		.pixels = grey};
	const struct pst_similarity s = {.a = 1, .tx = 8, .ty = 8};
	struct pst_picture chip = {0};

	memset(grey, 255, sizeof(grey));
	cr_assert_eq(pst_picture_shape(&chip, PST_PIXELS_GREY8, 20, 20), 0);
	pst_align_warp(&picture, &whole, &s, &chip);
	cr_assert_eq(chip.image.pixels[0], 0);
	cr_assert_eq(chip.image.pixels[7 * 20 + 7], 0);
	cr_assert_eq(chip.image.pixels[8 * 20 + 8], 255);
	cr_assert_eq(chip.image.pixels[11 * 20 + 11], 255);
	cr_assert_eq(chip.image.pixels[12 * 20 + 12], 0);
	pst_picture_finish(&chip);
}

Test(align, guessed_landmarks_lie_in_the_box)
{
	struct pst_face face = {.x = 10, .y = 20, .width = 100, .height = 100};

	pst_align_guess_landmarks(&face);
	cr_assert_eq(face.has_landmarks, 1);
	cr_assert_float_eq(face.landmarks[PST_LANDMARK_EYE_LEFT].y, 60, 1e-3);
	cr_assert_lt(
		face.landmarks[PST_LANDMARK_EYE_LEFT].x, face.landmarks[PST_LANDMARK_EYE_RIGHT].x);
	cr_assert_float_eq(face.landmarks[PST_LANDMARK_NOSE].x, 60, 1e-3);
}
