/* SPDX-License-Identifier: Apache-2.0 */
/* yunet and arcface on recordings of people; skipped where models or recordings are missing. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device.h"
#include "devices/replay/replay.h"
#include "support/reader.h"

#define FLOATS 128
#define TEMPLATES_MAX 256

static struct reader reader;

struct templates {
	uint32_t count;
	float values[TEMPLATES_MAX][FLOATS];
};

static struct templates one, three;

/* Reads every face of a recording in POSTERN_MEDIA. @return frames */
static uint32_t read_recording(const char *name, struct templates *templates)
{
	static uint8_t bytes[PST_TEMPLATE_MAX];
	const char *folder = getenv("POSTERN_MEDIA");
	struct pst_device *device = NULL;
	struct pst_error error = {0};
	struct pst_frame frame;
	uint32_t frames = 0;
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", folder ? folder : "", name);
	if (!folder || pst_replay_open(&device, path, PST_PACE_MAX, &error) < 0) {
		cr_skip_test("%s is not in POSTERN_MEDIA", name);
	}
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
	while (pst_device_next(device, &frame, &error) == 1) {
		struct pst_face faces[PST_FACES_MAX];
		int count;

		cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
		count = reader_detect(&reader, &frame, faces, PST_FACES_MAX);
		frames++;
		for (int i = 0; i < count && templates->count < TEMPLATES_MAX; i++) {
			cr_assert_eq(reader_extract(&reader, &frame, &faces[i], bytes),
				FLOATS * (int)sizeof(float));
			memcpy(templates->values[templates->count++], bytes,
				sizeof(templates->values[0]));
		}
		pst_device_release(device, &frame);
	}
	pst_device_close(&device);
	return frames;
}

static float cosine(const float *a, const float *b)
{
	float sum = 0;

	for (int i = 0; i < FLOATS; i++) {
		sum += a[i] * b[i];
	}
	return sum;
}

Test(people, the_same_man_is_alike_and_others_are_not)
{
	float least = 1, most = -1;
	uint32_t frames;

	if (reader_open(&reader, NULL, "yunet", "arcface") == -ENOENT) {
		cr_skip_test("the models of yunet or arcface are not in POSTERN_MODELS");
	}
	frames = read_recording("one-frontal.avi", &one);
	cr_assert_eq(frames, 62);
	cr_assert_eq(one.count, 62, "%u faces in 62 frames of one man", one.count);
	frames = read_recording("three-approach.avi", &three);
	cr_assert_eq(frames, 41);
	cr_assert_eq(three.count, 123, "%u faces in 41 frames of three people", three.count);
	for (uint32_t i = 0; i < 12; i++) {
		for (uint32_t k = 12; k < one.count; k++) {
			float score = cosine(one.values[i], one.values[k]);

			least = score < least ? score : least;
		}
	}
	for (uint32_t i = 0; i < one.count; i++) {
		for (uint32_t k = 0; k < three.count; k++) {
			float score = cosine(one.values[i], three.values[k]);

			most = score > most ? score : most;
		}
	}
	(void)fprintf(stderr, "one man: at least %.3f; him and three others: at most %.3f\n",
		(double)least, (double)most);
	cr_assert_gt(least, 0.6f);
	cr_assert_lt(most, 0.4f);
	reader_close(&reader);
}
