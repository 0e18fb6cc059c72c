/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "worker/quality.h"

#define SIDE 200

static uint8_t grey[SIDE * SIDE];
static const struct pst_geometry whole = {.scale_x = 1, .scale_y = 1};

static struct pst_image image(void)
{
	return (struct pst_image){.size = sizeof(struct pst_image),
		.format = PST_PIXELS_GREY8,
		.width = SIDE,
		.height = SIDE,
		.stride = SIDE,
		.pixels = grey};
}

/* Fine and coarse structure around a mean, as skin, brows and lashes have. */
static void draw(float mean, float depth, int blur)
{
	static float value[SIDE][SIDE], next[SIDE][SIDE];

	for (int y = 0; y < SIDE; y++) {
		for (int x = 0; x < SIDE; x++) {
			value[y][x] =
				mean + depth * (sinf((float)x * 0.15F) + sinf((float)y * 0.11F) +
						       ((x / 4 + y / 3) % 2 ? 0.7F : -0.7F));
		}
	}
	for (int pass = 0; pass < blur; pass++) {
		for (int y = 1; y + 1 < SIDE; y++) {
			for (int x = 1; x + 1 < SIDE; x++) {
				next[y][x] = (value[y][x] + value[y - 1][x] + value[y + 1][x] +
						     value[y][x - 1] + value[y][x + 1]) /
					     5;
			}
		}
		memcpy(value, next, sizeof(value));
	}
	for (int i = 0; i < SIDE * SIDE; i++) {
		float v = value[i / SIDE][i % SIDE];

		grey[i] = (uint8_t)fminf(fmaxf(v, 0), 255);
	}
}

/* A face with its eyes so far apart, looking aside by a part of that distance. */
static struct pst_face face_of(float eyes, float aside, float roll)
{
	struct pst_face face = {.x = 100 - eyes,
		.y = 100 - eyes,
		.width = 2 * eyes,
		.height = 2.2F * eyes,
		.score = 0.9F,
		.has_landmarks = 1};
	const float at[PST_LANDMARK_COUNT][2] = {
		{-0.5F, 0}, {0.5F, 0}, {aside, 0.6F}, {-0.4F, 1.1F}, {0.4F, 1.1F}};
	float c = cosf(roll), s = sinf(roll);

	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face.landmarks[i].x = 100 + eyes * (c * at[i][0] - s * at[i][1]);
		face.landmarks[i].y = 90 + eyes * (s * at[i][0] + c * at[i][1]);
	}
	return face;
}

static struct pst_quality measure(const struct pst_face *face)
{
	struct pst_image picture = image();
	struct pst_quality quality;

	pst_quality_measure(&picture, &whole, face, &quality);
	return quality;
}

Test(quality, a_good_face_scores_high)
{
	struct pst_face face = face_of(60, 0, 0);
	struct pst_quality quality;

	draw(120, 20, 0);
	quality = measure(&face);
	cr_assert_eq(quality.flags, 0, "flags %x", quality.flags);
	cr_assert_gt(quality.overall, 85, "overall %u", quality.overall);
}

Test(quality, each_fault_has_its_flag_and_costs)
{
	struct pst_face good = face_of(60, 0, 0), small = face_of(12, 0, 0);
	struct pst_face turned = face_of(60, 0.45F, 0), tilted = face_of(60, 0, 0.8F);
	uint8_t best;

	draw(120, 20, 0);
	best = measure(&good).overall;
	cr_assert_eq(measure(&small).flags & PST_QUALITY_TOO_SMALL, PST_QUALITY_TOO_SMALL);
	cr_assert_lt(measure(&small).overall, best);
	cr_assert_eq(measure(&turned).flags, PST_QUALITY_TURNED);
	cr_assert_lt(measure(&turned).overall, best);
	cr_assert_eq(measure(&tilted).flags, PST_QUALITY_TURNED);
	draw(25, 6, 0);
	cr_assert(measure(&good).flags & PST_QUALITY_TOO_DARK);
	cr_assert_lt(measure(&good).overall, best);
	draw(240, 6, 0);
	cr_assert(measure(&good).flags & PST_QUALITY_TOO_BRIGHT);
	cr_assert_lt(measure(&good).overall, best);
	draw(120, 20, 40);
	cr_assert_eq(measure(&good).flags, PST_QUALITY_BLURRED, "flags %x, sharpness %u",
		measure(&good).flags, measure(&good).sharpness);
}

Test(quality, sharpness_falls_with_blur_and_not_with_light)
{
	struct pst_face face = face_of(60, 0, 0);
	uint8_t last = 101, bright, dim;

	for (int blur = 3; blur <= 12; blur += 3) {
		struct pst_quality quality;

		draw(120, 20, blur);
		quality = measure(&face);
		cr_assert_lt(quality.sharpness, last, "blur %d: %u", blur, quality.sharpness);
		last = quality.sharpness;
	}
	draw(150, 30, 4);
	bright = measure(&face).sharpness;
	draw(75, 15, 4);
	dim = measure(&face).sharpness;
	cr_assert_lt(abs(bright - dim), 8, "%u and %u", bright, dim);
}

Test(quality, a_skin_tone_is_no_fault)
{
	struct pst_face face = face_of(60, 0, 0);

	for (float mean = 60; mean <= 200; mean += 20) {
		draw(mean, 14, 0);
		cr_assert_eq(measure(&face).flags, 0, "mean %f: flags %x", (double)mean,
			measure(&face).flags);
	}
}

Test(quality, faces_at_and_beyond_the_edge_are_measured_safely)
{
	draw(120, 20, 0);
	for (int i = -400; i <= 400; i += 50) {
		struct pst_face face = face_of(60, 0, 0);
		struct pst_quality quality;

		face.x += (float)i;
		face.y -= (float)i;
		for (int k = 0; k < PST_LANDMARK_COUNT; k++) {
			face.landmarks[k].x += (float)i;
		}
		quality = measure(&face);
		cr_assert_leq(quality.overall, 100);
	}
	struct pst_face none = {.width = 10, .height = 10, .has_landmarks = 1};

	cr_assert_eq(measure(&none).overall, 0);
	cr_assert(measure(&none).flags & PST_QUALITY_TOO_SMALL);
}
