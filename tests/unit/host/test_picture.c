/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A masked picture as somebody outside gets it: of a drawn scene with bystanders, made by a real
 * worker, and then looked at as an attacker would, with the detector that found them all.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices/synthetic/scene.h"
#include "host/worker.h"
#include "support/sandbox.h"
#include "worker/jpeg.h"
#include "worker/mask.h"

#define WIDTH 960
#define HEIGHT 540
#define PERMIT 7
#define TIMEOUT_MS 20000
#define PICTURES 4

/* A worker and its slots. */
struct bench {
	struct pst_slots *slots;
	struct pst_worker *worker;
};

static struct pst_catalog *catalog;
static struct bench lane;   /* makes pictures */
static struct bench beyond; /* looks at them */
static struct pst_synth_scene *scene;
static struct pst_error error;
static uint8_t drawn[3 * WIDTH * HEIGHT];
static uint8_t shown[3 * PST_WIRE_PICTURE_SIDE * PST_WIRE_PICTURE_SIDE];
static struct pst_wire_masked masked;

static void set_up(void)
{
	const struct pst_synth_scene_options options = {.seed = 8,
		.people = 4,
		.bystanders = 3,
		.width = WIDTH,
		.height = HEIGHT,
		.fps = 10,
		.seconds = 16};

	memset(&error, 0, sizeof(error));
	cr_assert_eq(pst_catalog_load(&catalog, &error), 0, "%s", error.text);
	cr_assert_eq(pst_synth_scene_create(&options, &scene, &error), 0, "%s", error.text);
}

static void close_bench(struct bench *bench)
{
	pst_worker_destroy(&bench->worker);
	pst_slots_destroy(&bench->slots);
}

static void tear_down(void)
{
	close_bench(&lane);
	close_bench(&beyond);
	pst_synth_scene_destroy(&scene);
	pst_catalog_destroy(&catalog);
}

TestSuite(picture, .init = set_up, .fini = tear_down, .timeout = 120);

static void start(struct bench *bench, const struct pst_plugin *detector,
	enum pst_frame_format format, uint32_t width, uint32_t height, bool pictures)
{
	const struct pst_slots_config config = {.format = format, .width = width, .height = height};
	struct pst_worker_config wanted = {.kind = PST_WORKER_VISION,
		.sandbox = TEST_WORKER_SANDBOX,
		.detector = detector,
		.format = format,
		.width = width,
		.height = height,
		.pictures = pictures};

	cr_assert_eq(pst_slots_create(&config, &bench->slots, &error), 0, "%s", error.text);
	wanted.slots = bench->slots;
	cr_assert_eq(pst_worker_create(&wanted, &bench->worker, &error), 0, "%s", error.text);
	cr_assert_eq(pst_worker_wait_ready(bench->worker, TIMEOUT_MS, &error), 0, "%s", error.text);
}

/* Skips, saying so, where the detector's model is missing. */
static const struct pst_plugin *detector(const char *id)
{
	const struct pst_plugin *found = NULL;

	if (pst_catalog_find(catalog, PST_PLUGIN_DETECTOR, id, &found, &error) < 0) {
		cr_skip_test("%s", error.text);
	}
	return found;
}

static void start_lane(const char *id, bool pictures)
{
	start(&lane, detector(id), PST_FRAME_FORMAT_BGR24, WIDTH, HEIGHT, pictures);
}

static const struct pst_wire_faces *detect(
	struct bench *bench, const struct pst_frame *frame, struct pst_slot_frame *ret_slot)
{
	const struct pst_wire_faces *faces = NULL;

	pst_slots_wipe_all(bench->slots);
	cr_assert_eq(pst_slots_put(bench->slots, 0, frame, PERMIT, ret_slot, &error), 0, "%s",
		error.text);
	cr_assert_geq(pst_worker_detect(bench->worker, ret_slot, TIMEOUT_MS, &faces, &error), 0,
		"%s", error.text);
	return faces;
}

/* @return the next thing that the worker tells of what it was asked */
static struct pst_worker_event wait_for_event(void)
{
	struct pst_worker_event event = {0};

	for (int i = 0; i < TIMEOUT_MS; i++) {
		while (pst_worker_receive(lane.worker, &event) == 1) {
			if (event.type != PST_WORKER_EVENT_LOG &&
				event.type != PST_WORKER_EVENT_LATE &&
				event.type != PST_WORKER_EVENT_READY) {
				return event;
			}
		}
		(void)usleep(1000);
	}
	cr_assert_fail("the worker says nothing");
	return event;
}

/* Asks for a picture. @return its status */
static int ask(const struct pst_slot_frame *slot, const struct pst_face *face)
{
	cr_assert_eq(pst_worker_send_picture(lane.worker, slot, face), 0);
	const struct pst_worker_event event = wait_for_event();

	cr_assert_eq(event.type, PST_WORKER_EVENT_MASKED, "%s", event.text ? event.text : "");
	cr_assert_eq(event.permit, PERMIT);
	masked = *event.masked;
	return masked.status;
}

/* Decodes what came, as whoever gets it would. */
static void look(void)
{
	struct pst_jpeg *jpeg = NULL;

	cr_assert_eq(pst_jpeg_create(&jpeg), 0);
	cr_assert_eq(pst_jpeg_decode(jpeg, masked.bytes, masked.size, masked.width, masked.height,
			     1, PST_JPEG_PIXELS_BGR24, true, shown, 3 * masked.width),
		0);
	pst_jpeg_destroy(&jpeg);
}

/* @return the variance of all pixels of a box of the full image, in the picture */
static double variance_in(float left, float top, float width, float height)
{
	float scale = (float)WIDTH / (float)masked.width;
	double sum = 0, squares = 0;
	unsigned count = 0;

	for (uint32_t y = 0; y < masked.height; y++) {
		for (uint32_t x = 0; x < masked.width; x++) {
			float full_x = ((float)x + 0.5F) * scale,
			      full_y = ((float)y + 0.5F) * scale;

			if (full_x < left || full_x > left + width || full_y < top ||
				full_y > top + height) {
				continue;
			}
			for (uint32_t c = 0; c < 3; c++) {
				double value = shown[3 * (y * masked.width + x) + c];

				sum += value;
				squares += value * value;
				count++;
			}
		}
	}
	return count ? squares / count - sum / count * (sum / count) : 0;
}

static const struct pst_face *widest(const struct pst_wire_faces *faces)
{
	const struct pst_face *best = NULL;

	for (uint32_t i = 0; i < faces->count; i++) {
		if (!best || faces->face[i].face.width > best->width) {
			best = &faces->face[i].face;
		}
	}
	return best;
}

/* Shows the picture to a detector again. @return how many faces it finds */
static uint32_t find_again(struct pst_face *ret_face)
{
	const struct pst_frame frame = {.sequence = 1,
		.format = PST_FRAME_FORMAT_MJPEG,
		.width = masked.width,
		.height = masked.height,
		.plane[0] = {masked.bytes, 0, masked.size}};
	float scale = (float)WIDTH / (float)masked.width;
	struct pst_slot_frame slot;

	if (!beyond.worker) {
		start(&beyond, detector("cascade"), PST_FRAME_FORMAT_MJPEG, masked.width,
			masked.height, false);
	}
	const struct pst_wire_faces *faces = detect(&beyond, &frame, &slot);

	if (faces->count > 0) {
		*ret_face = *widest(faces);
		ret_face->x *= scale;
		ret_face->y *= scale;
		ret_face->width *= scale;
		ret_face->height *= scale;
	}
	return faces->count;
}

/* Draws a frame and has it searched. */
static const struct pst_wire_faces *search(uint64_t index, struct pst_slot_frame *ret_slot)
{
	const struct pst_frame frame = {.sequence = index + 1,
		.format = PST_FRAME_FORMAT_BGR24,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {drawn, 3 * WIDTH, sizeof(drawn)}};

	pst_synth_scene_draw(scene, index, drawn, 3 * (size_t)WIDTH); /* in false colours */
	return detect(&lane, &frame, ret_slot);
}

/* @return the first frame from one on in which somebody stands in the zone, and whom it shows */
static uint64_t find_crowd(uint64_t from, struct pst_synth_face *truth, size_t *ret_count)
{
	uint64_t index = from;

	for (*ret_count = 0; index < pst_synth_scene_frame_count(scene); index++) {
		*ret_count = pst_synth_scene_truth(scene, index, truth);
		if (*ret_count >= 3 && truth[0].is_main && truth[0].in_zone) {
			break;
		}
	}
	return index;
}

static const struct pst_face *near_to(
	const struct pst_wire_faces *faces, const struct pst_synth_face *truth)
{
	for (uint32_t i = 0; i < faces->count; i++) {
		const struct pst_face *face = &faces->face[i].face;

		if (fabsf(face->x + face->width / 2 - truth->x - truth->width / 2) <
			truth->width / 2) {
			return face;
		}
	}
	return NULL;
}

static void mask_and_look(const char *id)
{
	struct pst_synth_face truth[PST_SYNTH_FACES_MAX];
	struct pst_slot_frame slot;
	struct pst_face again = {0};
	unsigned made = 0, bystanders = 0, others = 0;
	size_t count;

	start_lane(id, true);
	for (uint64_t at = find_crowd(0, truth, &count); made < PICTURES && count >= 3;
		at = find_crowd(at + 7, truth, &count)) {
		const struct pst_wire_faces *faces = search(at, &slot);
		const struct pst_face *found = near_to(faces, &truth[0]);

		if (!found) {
			continue;
		}
		const struct pst_face subject = *found;

		others += faces->count - 1;
		cr_assert_eq(ask(&slot, &subject), 0);
		look();
		made++;
		cr_expect_gt(variance_in(subject.x, subject.y, subject.width, subject.height), 100,
			"frame %llu: the subject is seen", (unsigned long long)at);
		for (size_t i = 1; i < count; i++) {
			double variance = variance_in(
				truth[i].x, truth[i].y, truth[i].width, truth[i].height);

			bystanders++;
			cr_expect_lt(variance, 0.5, "frame %llu, bystander %zu: %.2f",
				(unsigned long long)at, i, variance);
		}
		cr_expect_leq(find_again(&again), 1, "frame %llu", (unsigned long long)at);
		cr_expect_lt(fabsf(again.x + again.width / 2 - subject.x - subject.width / 2),
			subject.width / 3, "whoever is found is the subject");
	}
	cr_expect_eq(made, PICTURES);
	cr_expect_geq(bystanders, 2 * PICTURES);
	cr_expect_geq(others, PICTURES, "the detector finds bystanders in the frames themselves");
}

Test(picture, cascade_finds_only_the_subject_in_it)
{
	mask_and_look("cascade");
}

Test(picture, of_what_yunet_found_only_the_subject_is_left)
{
	mask_and_look("yunet");
}

/* @return faces of the first frame with somebody in the zone and bystanders */
static const struct pst_wire_faces *search_crowd(bool pictures, struct pst_slot_frame *ret_slot)
{
	struct pst_synth_face truth[PST_SYNTH_FACES_MAX];
	size_t count;

	start_lane("cascade", pictures);
	const struct pst_wire_faces *faces = search(find_crowd(0, truth, &count), ret_slot);

	cr_assert_geq(faces->count, 2);
	return faces;
}

Test(picture, of_nobody_there_is_nothing_to_see)
{
	struct pst_slot_frame slot;
	struct pst_face none;

	(void)search_crowd(true, &slot);
	cr_assert_eq(ask(&slot, NULL), 0);
	look();
	cr_expect_lt(variance_in(0, 0, WIDTH, HEIGHT), 0.01);
	cr_expect_eq(find_again(&none), 0);
}

/* A face that the worker did not find itself is not shown, whoever asks. */
Test(picture, a_face_that_was_not_found_is_not_shown)
{
	struct pst_slot_frame slot;
	struct pst_face moved = search_crowd(true, &slot)->face[0].face;

	moved.x += 1;
	cr_expect_eq(ask(&slot, &moved), PST_E_NOT_FOUND);
	cr_expect_eq(masked.size, 0);
	slot.sequence++;
	cr_expect_eq(ask(&slot, NULL), PST_E_NOT_FOUND, "of a frame that it does not hold");
}

Test(picture, of_a_frame_that_was_searched_in_part_there_is_none)
{
	struct pst_slot_frame slot;
	const struct pst_face face = *widest(search_crowd(true, &slot));
	const struct pst_wire_search near = {
		.how = PST_WIRE_HOW_NEAR, .near = {face.x, face.y, face.width, face.height}};

	cr_assert_eq(pst_worker_send_search(lane.worker, &slot, &near), 0);
	const struct pst_worker_event event = wait_for_event();

	cr_assert_eq(event.type, PST_WORKER_EVENT_FACES);
	cr_assert_eq(event.faces->how, PST_WIRE_HOW_NEAR);
	const struct pst_face same = event.faces->face[0].face;

	cr_expect_eq(ask(&slot, &same), PST_E_NOT_FOUND);
}

Test(picture, after_the_permit_there_is_none)
{
	struct pst_slot_frame slot;

	(void)search_crowd(true, &slot);
	cr_assert_eq(pst_worker_send_reset(lane.worker, PERMIT, 5000), 0);
	cr_assert_eq(wait_for_event().type, PST_WORKER_EVENT_RESET);
	cr_expect_eq(ask(&slot, NULL), PST_E_NOT_FOUND);
}

/* To a worker that was not told that pictures are on, the lane is no longer the one it was. */
Test(picture, none_is_made_where_they_are_off)
{
	struct pst_slot_frame slot;

	(void)search_crowd(false, &slot);
	cr_assert_eq(pst_worker_send_picture(lane.worker, &slot, NULL), 0);
	const struct pst_worker_event event = wait_for_event();

	cr_assert_eq(event.type, PST_WORKER_EVENT_DIED);
	cr_expect_not_null(strstr(event.text, "no picture was to be asked for"), "%s", event.text);
}
