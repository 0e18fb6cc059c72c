/* SPDX-License-Identifier: Apache-2.0 */
/* facequal on drawn people: each fault has its measure, and costs. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/drawn.h"
#include "support/guest.h"
#include "wire/quality.h"

#define WIDTH 400u
#define HEIGHT 300u
#define PEOPLE 12u
#define SEED 21u

static struct guest guest;
static uint8_t rgb[WIDTH * HEIGHT * 3], grey[WIDTH * HEIGHT];

static void setup(void)
{
	cr_assert_eq(guest_open(&guest, NULL, "facequal", NULL, NULL), 0);
}

static void teardown(void)
{
	guest_close(&guest);
}

TestSuite(facequal, .init = setup, .fini = teardown, .timeout = 120);

/* Every answer is held against the ABI, as the worker does. */
static struct pst_quality assess(
	const struct pst_image *image, const struct pst_face *face, float scale)
{
	const struct pst_quality_calls *calls = guest.entry->calls;
	struct pst_quality quality = {0};
	const char *problem = NULL;
	int count = calls->assess(
		guest.instance, image, face, scale, quality.component, PST_MEASURES_MAX);

	cr_assert_gt(count, 0, "status %d", count);
	quality.count = (uint32_t)count;
	cr_assert_eq(pst_quality_conclude(&quality, &problem), 0, "%s", problem);
	return quality;
}

static struct pst_image image(void)
{
	return (struct pst_image){.size = sizeof(struct pst_image),
		.format = PST_PIXELS_GREY8,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = WIDTH,
		.pixels = grey};
}

static const struct pst_quality_component *find(
	const struct pst_quality *quality, enum pst_measure measure)
{
	for (uint32_t i = 0; i < quality->count; i++) {
		if (quality->component[i].measure == (uint32_t)measure) {
			cr_assert_eq(quality->component[i].status, 0, "%s is not told",
				pst_measure_name((uint32_t)measure));
			return &quality->component[i];
		}
	}
	cr_assert_fail("no %s", pst_measure_name((uint32_t)measure));
	return NULL;
}

static struct pst_quality look(uint32_t person, const struct drawn_look *look)
{
	const struct pst_image picture = image();
	struct pst_face face;

	cr_assert_eq(drawn_portrait(SEED, person, 1, look, WIDTH, HEIGHT, rgb, &face), 0);
	drawn_grey(rgb, WIDTH, HEIGHT, grey);
	return assess(&picture, &face, 1);
}

Test(facequal, each_fault_has_its_measure_and_costs)
{
	static const struct {
		struct drawn_look look;
		enum pst_measure measure;
		float most; /* score */
		uint32_t flag;
	} faults[] = {
		{{.yaw = 0.6f}, PST_MEASURE_HEAD_POSE_YAW, 50, PST_QUALITY_TURNED},
		{{.roll = 0.7f}, PST_MEASURE_HEAD_POSE_ROLL, 60, PST_QUALITY_TURNED},
		{{.smaller = 0.75f}, PST_MEASURE_INTER_EYE_DISTANCE, 20, PST_QUALITY_TOO_SMALL},
		{{.darker = 0.9f}, PST_MEASURE_LUMINANCE_MEAN, 10, PST_QUALITY_TOO_DARK},
		{{.darker = 0.9f}, PST_MEASURE_UNDER_EXPOSURE_PREVENTION, 50, PST_QUALITY_TOO_DARK},
		{{.darker = 0.9f}, PST_MEASURE_LUMINANCE_VARIANCE, 20, PST_QUALITY_TOO_DARK},
		{{.blur = 7}, PST_MEASURE_SHARPNESS, 20, PST_QUALITY_BLURRED},
		{{.cover = DRAWN_COVER_SUNGLASSES}, PST_MEASURE_EYES_VISIBLE, 10, 0},
		{{.cover = DRAWN_COVER_MASK}, PST_MEASURE_MOUTH_OCCLUSION_PREVENTION, 40, 0},
	};
	const struct drawn_look plain = {0};

	for (uint32_t person = 0; person < 3; person++) {
		struct pst_quality good = look(person, &plain);

		cr_expect_eq(good.flags, 0, "person %u: flags %x", person, good.flags);
		cr_expect_geq(good.overall, 80, "person %u: %u", person, good.overall);
		for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
			struct pst_quality bad = look(person, &faults[i].look);
			float before = find(&good, faults[i].measure)->score;
			float after = find(&bad, faults[i].measure)->score;

			cr_expect_leq(after, faults[i].most, "person %u, fault %zu: %g", person, i,
				(double)after);
			cr_expect_lt(after, before);
			cr_expect_lt(bad.overall, good.overall, "person %u, fault %zu: %u and %u",
				person, i, bad.overall, good.overall);
			cr_expect_eq(bad.flags & faults[i].flag, faults[i].flag,
				"person %u, fault %zu: flags %x", person, i, bad.flags);
		}
	}
}

Test(facequal, sunglasses_and_masks_are_told_from_faces)
{
	const struct drawn_look plain = {0}, glasses = {.cover = DRAWN_COVER_SUNGLASSES},
				mask = {.cover = DRAWN_COVER_MASK};
	float eyes_free = 100, eyes_covered = 0, mouth_free = 100, mouth_covered = 0;

	for (uint32_t person = 0; person < PEOPLE; person++) {
		struct pst_quality q = look(person, &plain);

		eyes_free = fminf(eyes_free, find(&q, PST_MEASURE_EYES_VISIBLE)->score);
		mouth_free =
			fminf(mouth_free, find(&q, PST_MEASURE_MOUTH_OCCLUSION_PREVENTION)->score);
		q = look(person, &glasses);
		eyes_covered = fmaxf(eyes_covered, find(&q, PST_MEASURE_EYES_VISIBLE)->score);
		q = look(person, &mask);
		mouth_covered = fmaxf(
			mouth_covered, find(&q, PST_MEASURE_MOUTH_OCCLUSION_PREVENTION)->score);
	}
	cr_expect_gt(
		eyes_free, eyes_covered + 40, "%g and %g", (double)eyes_free, (double)eyes_covered);
	cr_expect_gt(mouth_free, mouth_covered + 40, "%g and %g", (double)mouth_free,
		(double)mouth_covered);
}

Test(facequal, angles_follow_the_head)
{
	const float radians[] = {-0.5f, -0.25f, 0, 0.25f, 0.5f};
	float last[3] = {-90, -90, -90};

	for (size_t i = 0; i < sizeof(radians) / sizeof(radians[0]); i++) {
		const struct drawn_look looks[3] = {
			{.yaw = radians[i]}, {.pitch = radians[i] / 2}, {.roll = radians[i]}};

		for (int k = 0; k < 3; k++) {
			struct pst_quality q = look(1, &looks[k]);
			float angle =
				find(&q, (enum pst_measure)(PST_MEASURE_HEAD_POSE_YAW + k))->raw;

			cr_expect_gt(angle, last[k] + 5, "axis %d, %g rad: %g after %g", k,
				(double)radians[i], (double)angle, (double)last[k]);
			last[k] = angle;
		}
		/* A roll is seen as it is. */
		cr_expect_lt(fabsf(last[2] - radians[i] * 57.3f), 6, "%g", (double)last[2]);
	}
}

Test(facequal, the_full_picture_counts_for_size_alone)
{
	const struct drawn_look plain = {.smaller = 0.5f};
	const struct pst_image picture = image();
	struct pst_face face;

	cr_assert_eq(drawn_portrait(SEED, 2, 1, &plain, WIDTH, HEIGHT, rgb, &face), 0);
	drawn_grey(rgb, WIDTH, HEIGHT, grey);
	struct pst_quality near = assess(&picture, &face, 1), far = assess(&picture, &face, 3);

	cr_expect_float_eq(find(&far, PST_MEASURE_INTER_EYE_DISTANCE)->raw,
		3 * find(&near, PST_MEASURE_INTER_EYE_DISTANCE)->raw, 0.1);
	cr_expect_gt(far.overall, near.overall);
	cr_expect_float_eq(find(&far, PST_MEASURE_SHARPNESS)->raw,
		find(&near, PST_MEASURE_SHARPNESS)->raw, 1e-6);
}

Test(facequal, a_skin_tone_is_no_fault)
{
	for (uint32_t person = 0; person < 4 * PEOPLE; person += 4) {
		const struct drawn_look plain = {0};
		struct pst_quality q = look(person, &plain);

		cr_expect_eq(q.flags, 0, "person %u: flags %x", person, q.flags);
	}
}

Test(facequal, a_face_cut_by_the_edge_says_where)
{
	const struct drawn_look plain = {0};
	struct pst_image picture = image();
	struct pst_face face;

	cr_assert_eq(drawn_portrait(SEED, 3, 1, &plain, WIDTH, HEIGHT, rgb, &face), 0);
	drawn_grey(rgb, WIDTH, HEIGHT, grey);
	struct pst_quality whole = assess(&picture, &face, 1);

	picture.width = (uint32_t)(face.x + 0.7f * face.width);
	struct pst_quality right = assess(&picture, &face, 1);

	cr_expect_float_eq(find(&right, PST_MEASURE_RIGHTWARD_CROP)->raw, -0.3, 0.01);
	cr_expect_lt(find(&right, PST_MEASURE_RIGHTWARD_CROP)->score, 60);
	cr_expect_eq(find(&right, PST_MEASURE_LEFTWARD_CROP)->score, 100);
	cr_expect_lt(right.overall, whole.overall);
	picture.width = WIDTH;
	picture.height = (uint32_t)(face.y + 0.7f * face.height);
	struct pst_quality below = assess(&picture, &face, 1);

	cr_expect_float_eq(find(&below, PST_MEASURE_MARGIN_BELOW)->raw, -0.3, 0.01);
	cr_expect_eq(find(&below, PST_MEASURE_MARGIN_ABOVE)->score, 100);
}

/* Anything that a worker lets a detector say: the answer keeps to the ABI, at any size of picture.
 */
Test(facequal, odd_faces_and_pictures_are_measured_safely)
{
	const struct drawn_look plain = {0};

	(void)look(4, &plain);
	for (uint64_t round = 0; round < 20000; round++) {
		uint64_t key = round * 64;
		struct pst_image picture = image();
		struct pst_face face = {.score = 1, .has_landmarks = 1};
		float reach = round % 2 ? 1 : 4;

		picture.width = 1 + (uint32_t)(drawn_number(key) * (WIDTH - 1));
		picture.height = 1 + (uint32_t)(drawn_number(key + 1) * (HEIGHT - 1));
		float w = (float)picture.width, h = (float)picture.height;

		face.x = reach * w * (2 * drawn_number(key + 2) - 1);
		face.y = reach * h * (2 * drawn_number(key + 3) - 1);
		face.width = 0.5f + reach * w * drawn_number(key + 4);
		face.height = 0.5f + reach * h * drawn_number(key + 5);
		for (uint64_t i = 0; i < PST_LANDMARK_COUNT; i++) {
			face.landmarks[i].x = reach * w * (2 * drawn_number(key + 8 + i) - 1);
			face.landmarks[i].y = reach * h * (2 * drawn_number(key + 16 + i) - 1);
		}
		if (round % 5 == 0) {
			face.landmarks[PST_LANDMARK_EYE_RIGHT] =
				face.landmarks[PST_LANDMARK_EYE_LEFT];
		}
		struct pst_quality q = assess(&picture, &face, 0.1f + 30 * drawn_number(key + 30));

		if (round % 5 == 0) {
			cr_assert_eq(q.overall, 0);
			cr_assert(q.flags & PST_QUALITY_TOO_SMALL);
		}
	}
}

Test(facequal, the_same_picture_gets_the_same_answer)
{
	const struct drawn_look plain = {.blur = 1};
	struct pst_quality first = look(5, &plain), other = look(6, &plain),
			   again = look(5, &plain);

	cr_assert_eq(memcmp(&first, &again, sizeof(first)), 0);
	cr_assert_neq(memcmp(&first, &other, sizeof(first)), 0);
}

Test(facequal, other_formats_are_refused)
{
	const struct pst_quality_calls *calls = guest.entry->calls;
	struct pst_quality_component components[PST_MEASURES_MAX];
	struct pst_image picture = image();
	struct pst_face face = {.width = 10, .height = 10, .has_landmarks = 1};

	picture.format = PST_PIXELS_BGR24;
	cr_assert_eq(
		calls->assess(guest.instance, &picture, &face, 1, components, PST_MEASURES_MAX),
		PST_E_FORMAT);
}

Test(facequal, fills_what_there_is_room_for)
{
	const struct pst_quality_calls *calls = guest.entry->calls;
	struct pst_quality_component components[PST_MEASURES_MAX + 1] = {0}, few[3] = {0};
	struct pst_image picture = image();
	struct pst_face face = {.width = 10, .height = 10, .has_landmarks = 1};
	int count = calls->assess(guest.instance, &picture, &face, 1, components, PST_MEASURES_MAX);

	cr_assert_gt(count, 0);
	for (uint32_t cap = 1; cap < 3; cap++) {
		int want = count < (int)cap ? count : (int)cap;

		cr_assert_eq(calls->assess(guest.instance, &picture, &face, 1, few, cap), want);
		cr_assert_eq(memcmp(few, components, (size_t)want * sizeof(few[0])), 0);
		cr_assert_eq(few[cap].measure, 0, "nothing beyond");
	}
}
