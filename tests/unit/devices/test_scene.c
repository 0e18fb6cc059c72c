/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "devices/synthetic/scene.h"

#define WIDTH 320u
#define HEIGHT 240u
#define SIZE ((size_t)WIDTH * HEIGHT * 3)

static struct pst_synth_scene_options small(uint64_t seed)
{
	return (struct pst_synth_scene_options){.seed = seed,
		.people = 3,
		.width = WIDTH,
		.height = HEIGHT,
		.fps = 10,
		.seconds = 9,
		.bystanders = 2};
}

static struct pst_synth_scene *make(const struct pst_synth_scene_options *options)
{
	struct pst_synth_scene *scene = NULL;
	struct pst_error error = {0};

	cr_assert_eq(pst_synth_scene_create(options, &scene, &error), 0, "%s", error.text);
	return scene;
}

static uint8_t *draw(struct pst_synth_scene *scene, uint64_t index)
{
	uint8_t *rgb = malloc(SIZE);

	pst_synth_scene_draw(scene, index, rgb, (size_t)WIDTH * 3);
	return rgb;
}

static uint8_t *draw_once(const struct pst_synth_scene_options *options, uint64_t index)
{
	struct pst_synth_scene *scene = make(options);
	uint8_t *rgb = draw(scene, index);

	pst_synth_scene_destroy(&scene);
	cr_assert_null(scene);
	return rgb;
}

/* Mean difference per byte within a rectangle. */
static double difference(const uint8_t *a, const uint8_t *b, const struct pst_synth_face *in)
{
	double sum = 0;
	size_t count = 0;

	for (uint32_t y = (uint32_t)in->y; y < (uint32_t)(in->y + in->height); y++) {
		for (uint32_t x = (uint32_t)in->x * 3; x < (uint32_t)(in->x + in->width) * 3; x++) {
			size_t at = (size_t)y * WIDTH * 3 + x;

			sum += abs(a[at] - b[at]);
			count++;
		}
	}
	return sum / (double)count;
}

Test(scene, same_options_give_the_same_bytes_in_any_order)
{
	struct pst_synth_scene_options options = small(7);
	struct pst_synth_scene *scene = make(&options);
	uint8_t *late = draw(scene, 44), *early = draw(scene, 3);
	uint8_t *early_again = draw_once(&options, 3), *late_again = draw_once(&options, 44);

	cr_assert_eq(memcmp(early, early_again, SIZE), 0);
	cr_assert_eq(memcmp(late, late_again, SIZE), 0);
	cr_assert_neq(memcmp(early, late, SIZE), 0);
	free(late);
	free(early);
	free(early_again);
	free(late_again);
	pst_synth_scene_destroy(&scene);
}

Test(scene, seed_and_take_change_the_picture)
{
	struct pst_synth_scene_options options = small(7), other = small(8), take = small(7);
	take.take = 1;
	uint8_t *a = draw_once(&options, 15), *b = draw_once(&other, 15), *c = draw_once(&take, 15);

	cr_assert_neq(memcmp(a, b, SIZE), 0);
	cr_assert_neq(memcmp(a, c, SIZE), 0);
	free(a);
	free(b);
	free(c);
}

Test(scene, stride_is_respected)
{
	struct pst_synth_scene_options options = small(7);
	struct pst_synth_scene *scene = make(&options);
	size_t stride = (size_t)WIDTH * 3 + 17;
	uint8_t *wide = malloc(stride * HEIGHT), *tight = draw(scene, 15);

	memset(wide, 0xA5, stride * HEIGHT);
	pst_synth_scene_draw(scene, 15, wide, stride);
	for (size_t y = 0; y < HEIGHT; y++) {
		cr_assert_eq(memcmp(wide + y * stride, tight + y * WIDTH * 3, WIDTH * 3), 0);
		for (size_t i = WIDTH * 3; i < stride; i++) {
			cr_assert_eq(wide[y * stride + i], 0xA5);
		}
	}
	free(wide);
	free(tight);
	pst_synth_scene_destroy(&scene);
}

static void check_face(const struct pst_synth_face *face)
{
	cr_assert(face->x >= 0 && face->y >= 0 && face->width > 0 && face->height > 0);
	cr_assert(face->x + face->width <= (float)WIDTH);
	cr_assert(face->y + face->height <= (float)HEIGHT);
	for (int i = 0; i < PST_SYNTH_LANDMARK_COUNT; i++) {
		struct pst_synth_point at = face->landmarks[i];

		cr_assert(at.x >= 0 && at.x < (float)WIDTH && at.y >= 0 && at.y < (float)HEIGHT);
	}
	const struct pst_synth_point *at = face->landmarks;

	cr_assert_lt(at[PST_SYNTH_LANDMARK_RIGHT_EYE].x, at[PST_SYNTH_LANDMARK_LEFT_EYE].x);
	cr_assert_lt(at[PST_SYNTH_LANDMARK_RIGHT_MOUTH].x, at[PST_SYNTH_LANDMARK_LEFT_MOUTH].x);
	cr_assert_lt(at[PST_SYNTH_LANDMARK_LEFT_EYE].y, at[PST_SYNTH_LANDMARK_NOSE].y);
	cr_assert_lt(at[PST_SYNTH_LANDMARK_NOSE].y, at[PST_SYNTH_LANDMARK_LEFT_MOUTH].y);
}

Test(scene, truth_lies_inside_the_picture_and_follows_the_script)
{
	struct pst_synth_scene_options options = small(3);
	struct pst_synth_scene *scene = make(&options);
	struct pst_synth_face faces[PST_SYNTH_FACES_MAX];
	int in_zone[3] = {0}, bystanders = 0;

	cr_assert_eq(pst_synth_scene_frame_count(scene), 90);
	for (uint64_t i = 0; i < 90; i++) {
		size_t count = pst_synth_scene_truth(scene, i, faces);

		cr_assert_leq(count, 3);
		for (size_t k = 0; k < count; k++) {
			check_face(&faces[k]);
			if (faces[k].is_main) {
				cr_assert_eq(k, 0);
				cr_assert_eq(faces[k].identity, i / 30);
				in_zone[i / 30] += faces[k].in_zone;
			} else {
				cr_assert_geq(faces[k].identity, options.people);
				cr_assert_not(faces[k].in_zone);
				bystanders++;
			}
		}
	}
	for (int i = 0; i < 3; i++) {
		cr_assert_gt(
			in_zone[i], 12, "person %d is in front for %d of 30 frames", i, in_zone[i]);
	}
	cr_assert_gt(bystanders, 90);
	pst_synth_scene_destroy(&scene);
}

Test(scene, own_script_is_followed_with_its_pauses)
{
	const struct pst_synth_turn turns[] = {{2, 1, 4, 0}, {0, 5, 8, 1}, {2, 8, 10, 0}};
	struct pst_synth_scene_options options = small(5);
	options.turns = turns;
	options.turn_count = 3;
	struct pst_synth_scene *scene = make(&options);
	struct pst_synth_face faces[PST_SYNTH_FACES_MAX];
	size_t count;

	cr_assert_eq(pst_synth_scene_frame_count(scene), 100);
	cr_assert_eq(pst_synth_scene_turns(scene, &count)[1].identity, 0);
	cr_assert_eq(count, 3);
	cr_assert_eq(pst_synth_scene_truth(scene, 5, faces), 0);
	cr_assert_eq(pst_synth_scene_truth(scene, 45, faces), 0);
	cr_assert_eq(pst_synth_scene_truth(scene, 25, faces), 1);
	cr_assert_eq(faces[0].identity, 2);
	cr_assert_eq(pst_synth_scene_truth(scene, 65, faces), 2);
	cr_assert_eq(faces[0].identity, 0);
	cr_assert_eq(pst_synth_scene_truth(scene, 125, faces), 1, "the script begins again");
	cr_assert_eq(faces[0].identity, 2);
	pst_synth_scene_destroy(&scene);
}

Test(scene, more_people_than_are_kept_ready_stay_who_they_are)
{
	struct pst_synth_scene_options options = small(9);
	options.people = 20;
	options.seconds = 40;
	options.bystanders = 0;
	struct pst_synth_scene *scene = make(&options);
	uint8_t *first = draw(scene, 10);

	for (uint64_t i = 1; i < 20; i++) {
		free(draw(scene, i * 20 + 10));
	}
	uint8_t *again = draw(scene, 10);

	cr_assert_eq(memcmp(first, again, SIZE), 0);
	free(first);
	free(again);
	pst_synth_scene_destroy(&scene);
}

static uint8_t *portrait(uint64_t seed, uint32_t who, uint32_t variation, struct pst_synth_face *at)
{
	uint8_t *rgb = malloc(SIZE);
	struct pst_error error = {0};

	cr_assert_eq(pst_synth_draw_portrait(seed, who, variation, WIDTH, HEIGHT, rgb,
			     (size_t)WIDTH * 3, at, &error),
		0, "%s", error.text);
	return rgb;
}

Test(scene, portraits_of_two_people_differ_more_than_two_of_one)
{
	for (uint32_t who = 0; who < 5; who++) {
		struct pst_synth_face face;
		uint8_t *a = portrait(7, who, 0, &face);
		uint8_t *same = portrait(7, who, 0, NULL), *take = portrait(7, who, 1, NULL);
		uint8_t *other = portrait(7, who + 1, 0, NULL);

		check_face(&face);
		cr_assert_eq(memcmp(a, same, SIZE), 0);
		cr_assert_neq(memcmp(a, take, SIZE), 0);
		cr_assert_gt(difference(a, other, &face), 10);
		free(a);
		free(same);
		free(take);
		free(other);
	}
}

static void expect_refusal(struct pst_synth_scene_options options, const char *says)
{
	struct pst_synth_scene *scene = NULL;
	struct pst_error error = {0};

	cr_assert_eq(pst_synth_scene_create(&options, &scene, &error), PST_E_CONFIG);
	cr_assert_null(scene);
	cr_assert_not_null(strstr(error.text, says), "'%s' lacks '%s'", error.text, says);
}

Test(scene, options_beyond_their_limits_are_refused_by_name)
{
	struct pst_synth_scene_options o = small(1);

	o.people = 0;
	expect_refusal(o, "people 0");
	o = small(1);
	o.people = PST_SYNTH_PEOPLE_MAX + 1;
	expect_refusal(o, "people 100001");
	o = small(1);
	o.width = 321;
	expect_refusal(o, "width 321");
	o.width = PST_SYNTH_WIDTH_MAX + 2;
	expect_refusal(o, "width 3842");
	o = small(1);
	o.height = 118;
	expect_refusal(o, "height 118");
	o = small(1);
	o.fps = 0;
	expect_refusal(o, "fps 0");
	o = small(1);
	o.seconds = 1.4;
	expect_refusal(o, "seconds 1.4");
	o.seconds = (double)NAN;
	expect_refusal(o, "seconds nan");
	o.seconds = PST_SYNTH_SECONDS_MAX * 2;
	expect_refusal(o, "seconds 172800");
	o = small(1);
	o.bystanders = PST_SYNTH_BYSTANDERS_MAX + 1;
	expect_refusal(o, "bystanders 5");
}

Test(scene, scripts_that_cannot_be_played_are_refused)
{
	struct pst_synth_turn turns[2] = {{0, 0, 2, 0}, {1, 2, 4, 0}};
	struct pst_synth_scene_options o = small(1);
	o.turns = turns;
	expect_refusal(o, "0 turns");
	o.turn_count = 2;
	turns[1].identity = 3;
	expect_refusal(o, "turn 2: identity 3");
	turns[1] = (struct pst_synth_turn){1, 1.5, 4, 0};
	expect_refusal(o, "turn 2: from 1.5");
	turns[1] = (struct pst_synth_turn){1, 2, 2.2, 0};
	expect_refusal(o, "at least 0.5 s");
	turns[1] = (struct pst_synth_turn){1, 2, (double)NAN, 0};
	expect_refusal(o, "turn 2");
	turns[1] = (struct pst_synth_turn){1, 2, 4, 9};
	expect_refusal(o, "9 bystanders");
}

Test(scene, portrait_of_nobody_is_refused)
{
	uint8_t rgb[3] = {0};
	struct pst_error error = {0};

	cr_assert_eq(pst_synth_draw_portrait(1, UINT32_MAX, 0, WIDTH, HEIGHT, rgb, 0, NULL, &error),
		PST_E_CONFIG);
	cr_assert_not_null(strstr(error.text, "identity 4294967295"));
}

Test(scene, smallest_and_odd_shapes_are_drawn_within_bounds)
{
	const uint32_t sizes[][2] = {{160, 120}, {160, 2160}, {3840, 120}, {1920, 1080}};

	for (size_t i = 0; i < 4; i++) {
		struct pst_synth_scene_options o = small(2);
		o.width = sizes[i][0];
		o.height = sizes[i][1];
		o.bystanders = 4;
		struct pst_synth_scene *scene = make(&o);
		size_t bytes = (size_t)o.width * o.height * 3;
		uint8_t *rgb = malloc(bytes + 1);

		rgb[bytes] = 0xA5;
		pst_synth_scene_draw(scene, 2, rgb, (size_t)o.width * 3);
		pst_synth_scene_draw(scene, 15, rgb, (size_t)o.width * 3);
		cr_assert_eq(rgb[bytes], 0xA5);
		free(rgb);
		pst_synth_scene_destroy(&scene);
	}
}
