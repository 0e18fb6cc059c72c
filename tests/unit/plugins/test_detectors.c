/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "portrait.h"
#include "support/reader.h"

#define WIDTH 640u
#define HEIGHT 480u
#define PEOPLE 12u

static struct reader reader;
static struct portrait portrait;

/* With lbph beside it: it needs no model. Skips, saying so, when the detector's model is missing.
 */
static void start(const char *detector, const char *model)
{
	int status = reader_open(&reader, NULL, detector, "lbph");

	if (status == -ENOENT) {
		cr_skip_test("%s: %s is in no model folder (POSTERN_MODELS)", detector, model);
	}
	cr_assert_eq(status, 0, "%s: status %d: %s", detector, status, reader.detector.log[0]);
}

static float distance(struct pst_point a, struct pst_synth_point b)
{
	return hypotf(a.x - b.x, a.y - b.y);
}

/* The detector's order of landmarks is the scene's. */
static void check_landmarks(const struct pst_face *face, float tolerance)
{
	const struct pst_synth_point *truth = portrait.truth.landmarks;
	float eyes = hypotf(truth[1].x - truth[0].x, truth[1].y - truth[0].y);

	cr_assert_eq(face->has_landmarks, 1);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		cr_assert_lt(distance(face->landmarks[i], truth[i]), tolerance * eyes,
			"landmark %d at %g,%g instead of %g,%g", i, (double)face->landmarks[i].x,
			(double)face->landmarks[i].y, (double)truth[i].x, (double)truth[i].y);
	}
}

static void find_drawn_people(float tolerance)
{
	uint32_t found = 0;

	for (uint32_t identity = 0; identity < PEOPLE; identity++) {
		struct pst_face faces[PST_FACES_MAX], again[PST_FACES_MAX];
		int count;

		portrait_draw(&portrait, identity, 1, WIDTH, HEIGHT);
		memset(faces, 0, sizeof(faces));
		memset(again, 0, sizeof(again));
		count = reader_detect(&reader, &portrait.frame, faces, PST_FACES_MAX);
		cr_assert_geq(count, 0);
		cr_assert_eq(reader_detect(&reader, &portrait.frame, again, PST_FACES_MAX), count);
		cr_assert_arr_eq(faces, again, sizeof(faces), "same picture, same faces");
		for (int i = 1; i < count; i++) {
			cr_assert_leq(faces[i].score, faces[i - 1].score, "best first");
		}
		if (count > 0) {
			found++;
			cr_assert(faces[0].score > 0 && faces[0].score <= 1);
			check_landmarks(&faces[0], tolerance);
		}
		portrait_free(&portrait);
	}
	cr_assert_geq(found, PEOPLE - 1, "only %u of %u found", found, PEOPLE);
}

static void write_no_further_than_cap(void)
{
	struct pst_face faces[3];

	portrait_draw(&portrait, 1, 0, WIDTH, HEIGHT);
	memset(faces, 0xa5, sizeof(faces));
	cr_assert_eq(reader_detect(&reader, &portrait.frame, faces, 1), 1);
	for (size_t i = sizeof(faces[0]); i < sizeof(faces); i++) {
		cr_assert_eq(((const uint8_t *)faces)[i], 0xa5);
	}
	portrait_free(&portrait);
}

static void refuse_other_formats(const struct pst_image *good)
{
	const struct pst_detector *calls = guest_detector(&reader.detector);
	struct pst_face face;
	struct pst_image image = *good;

	image.format = PST_PIXELS_RGB24;
	cr_assert_eq(calls->detect(reader.detector.instance, &image, &face, 1), PST_E_FORMAT);
	image = *good;
	image.width = 0;
	cr_assert_eq(calls->detect(reader.detector.instance, &image, &face, 1), PST_E_FORMAT);
}

/* Every size, stride and content: no crash, and what is found lies near the picture. */
static void take_any_size(uint32_t format, uint32_t channels, uint32_t multiple)
{
	static const uint32_t sides[] = {1, 2, 3, 9, 21};
	static uint8_t pixels[21 * 32 * (21 * 32 * 3 + 7)];
	uint32_t noise = 1;

	for (size_t i = 0; i < sizeof(pixels); i++) {
		noise = noise * 1664525u + 1013904223u;
		pixels[i] = (uint8_t)(noise >> 24);
	}
	for (size_t w = 0; w < sizeof(sides) / sizeof(sides[0]); w++) {
		for (size_t h = 0; h < sizeof(sides) / sizeof(sides[0]); h++) {
			struct pst_face faces[PST_FACES_MAX];
			struct pst_image image = {
				.size = sizeof(image),
				.format = format,
				.width = sides[w] * multiple,
				.height = sides[h] * multiple,
				.stride = sides[w] * multiple * channels + 7,
				.pixels = pixels,
			};
			int count = guest_detector(&reader.detector)
					    ->detect(reader.detector.instance, &image, faces,
						    PST_FACES_MAX);

			cr_assert(count >= 0 && count <= PST_FACES_MAX, "%ux%u: %d", image.width,
				image.height, count);
		}
	}
}

static void declare(const char *kind)
{
	const struct pst_plugin_entry *entry = reader.detector.entry;

	cr_assert_eq(entry->kind, PST_PLUGIN_DETECTOR);
	cr_assert_str_eq(guest_field(&reader.detector, "kind"), kind);
	cr_assert_str_eq(guest_field(&reader.detector, "id"), entry->id);
	cr_assert_str_eq(guest_field(&reader.detector, "version"), entry->version);
}

Test(cascade, finds_drawn_people_and_refuses_other_formats)
{
	start("cascade", "haarcascade_frontalface_alt2.xml of opencv-data");
	declare("detector");
	find_drawn_people(0.5f);
	write_no_further_than_cap();
	refuse_other_formats(&reader.input.image);
	take_any_size(PST_PIXELS_GREY8, 1, 1);
	take_any_size(PST_PIXELS_GREY8, 1, 30);
	reader_close(&reader);
}

Test(cascade, refuses_a_model_that_is_none)
{
	struct guest guest = {0};

	cr_assert_eq(guest_open(&guest, NULL, "cascade", NULL, "/proc/self/cmdline"), PST_E_CONFIG);
	cr_assert_not_null(strstr(guest.log[0], "not a cascade"));
	guest_close(&guest);
	cr_assert_eq(guest_open(&guest, NULL, "cascade", NULL, NULL), PST_E_CONFIG);
	guest_close(&guest);
}

Test(yunet, finds_drawn_people_and_refuses_other_formats)
{
	struct pst_image odd;
	struct pst_face face;

	start("yunet", "face_detection_yunet_2023mar.onnx");
	declare("detector");
	find_drawn_people(0.4f);
	write_no_further_than_cap();
	refuse_other_formats(&reader.input.image);
	odd = reader.input.image;
	odd.width -= 1;
	cr_assert_eq(
		guest_detector(&reader.detector)->detect(reader.detector.instance, &odd, &face, 1),
		PST_E_FORMAT, "sides are multiples of 32");
	take_any_size(PST_PIXELS_BGR24, 3, 32);
	reader_close(&reader);
}

Test(yunet, refuses_a_model_that_is_none)
{
	struct guest guest = {0};

	cr_assert_eq(guest_open(&guest, NULL, "yunet", NULL, "/proc/self/cmdline"), PST_E_CONFIG);
	cr_assert_not_null(strstr(guest.log[0], "not a YuNet net"));
	guest_close(&guest);
	cr_assert_eq(guest_open(&guest, NULL, "yunet", NULL, NULL), PST_E_CONFIG);
	guest_close(&guest);
}
