/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/synthetic/jpeg.h"
#include "devices/synthetic/scene.h"
#include "support/reader.h"

#define WIDTH 640u
#define HEIGHT 480u
#define PEOPLE 60u
#define LOOKS 3u /* of each: two in a scene, one portrait */
#define TURN_S 4.0
#define FPS 10u
#define FOUND_LEAST 0.98
#define AUC_LEAST 0.98

struct look {
	uint32_t identity;
	uint8_t *template; /* owned; NULL: not found */
};

struct study {
	struct reader reader;
	struct pst_synth_jpeg jpeg;
	uint8_t rgb[WIDTH * HEIGHT * 3];
	uint8_t *bytes;
	struct look looks[PEOPLE * LOOKS];
	uint32_t count, found;
};

static struct study study;

/* A box that holds the middle of the true face and is about as wide. */
static bool is_face(const struct pst_face *face, const struct pst_synth_face *truth)
{
	float x = truth->x + truth->width / 2, y = truth->y + truth->height / 2;

	return x > face->x && y > face->y && x < face->x + face->width &&
	       y < face->y + face->height && face->width > 0.6f * truth->width &&
	       face->width < 2 * truth->width;
}

static void look_at(const struct pst_synth_face *truth)
{
	struct pst_error error = {0};
	struct look *look = &study.looks[study.count++];
	struct pst_face faces[PST_FACES_MAX];
	struct pst_frame frame = {
		.format = PST_FRAME_FORMAT_MJPEG, .width = WIDTH, .height = HEIGHT};
	int size = pst_synth_jpeg_encode(&study.jpeg, study.rgb, study.bytes, &error);

	cr_assert_gt(size, 0, "%s", error.text);
	frame.plane[0] = (struct pst_frame_plane){study.bytes, 0, (uint32_t)size};
	*look = (struct look){.identity = truth->identity};
	int count = reader_detect(&study.reader, &frame, faces, PST_FACES_MAX);

	for (int i = 0; i < count; i++) {
		if (is_face(&faces[i], truth)) {
			study.found++;
			look->template = malloc(PST_TEMPLATE_MAX);
			size = reader_extract(&study.reader, &frame, &faces[i], look->template);
			cr_assert_eq(size, (int)study.reader.template_size);
			return;
		}
	}
}

static void look_at_scene(uint64_t seed)
{
	const struct pst_synth_scene_options options = {.seed = seed,
		.people = PEOPLE,
		.width = WIDTH,
		.height = HEIGHT,
		.fps = FPS,
		.seconds = TURN_S * PEOPLE,
		.bystanders = 2};
	struct pst_synth_face truth[PST_SYNTH_FACES_MAX];
	struct pst_synth_scene *scene = NULL;
	struct pst_error error = {0};

	cr_assert_eq(pst_synth_scene_create(&options, &scene, &error), 0, "%s", error.text);
	for (uint64_t turn = 0; turn < PEOPLE; turn++) {
		for (uint64_t at = 13; at <= 24; at += 11) {
			uint64_t index = turn * (uint64_t)(TURN_S * FPS) + at;

			pst_synth_scene_draw(scene, index, study.rgb, WIDTH * 3);
			cr_assert_gt(pst_synth_scene_truth(scene, index, truth), 0);
			cr_assert(truth[0].in_zone);
			look_at(&truth[0]);
		}
	}
	pst_synth_scene_destroy(&scene);
}

static void look_at_portraits(uint64_t seed)
{
	struct pst_synth_face truth;
	struct pst_error error = {0};

	for (uint32_t i = 0; i < PEOPLE; i++) {
		cr_assert_eq(pst_synth_draw_portrait(seed, i, 0, WIDTH, HEIGHT, study.rgb,
				     WIDTH * 3, &truth, &error),
			0, "%s", error.text);
		look_at(&truth);
	}
}

static double cosine(const struct look *a, const struct look *b)
{
	double ab = 0, aa = 0, bb = 0;

	for (uint32_t i = 0; i < study.reader.template_size; i += (uint32_t)sizeof(float)) {
		float x, y;

		memcpy(&x, a->template + i, sizeof(x));
		memcpy(&y, b->template + i, sizeof(y));
		ab += (double)x * (double)y;
		aa += (double)x * (double)x;
		bb += (double)y * (double)y;
	}
	return ab / sqrt(aa * bb);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The chance that a genuine score lies above an impostor one: area under the ROC curve. */
static double area(void)
{
	size_t most = (size_t)study.count * study.count / 2, genuine = 0, impostor = 0;
	double *same = malloc(most * sizeof(double)), *other = malloc(most * sizeof(double));
	double above = 0;

	for (uint32_t i = 0; i < study.count; i++) {
		for (uint32_t k = 0; k < i; k++) {
			const struct look *a = &study.looks[i], *b = &study.looks[k];

			if (a->template && b->template) {
				double score = cosine(a, b);

				if (a->identity == b->identity) {
					same[genuine++] = score;
				} else {
					other[impostor++] = score;
				}
			}
		}
	}
	qsort(same, genuine, sizeof(double), by_value);
	qsort(other, impostor, sizeof(double), by_value);
	for (size_t i = 0, below = 0; i < genuine; i++) {
		while (below < impostor && other[below] < same[i]) {
			below++;
		}
		above += (double)below;
	}
	free(same);
	free(other);
	return genuine && impostor ? above / ((double)genuine * (double)impostor) : 0;
}

static void try(const char *detector, const char *extractor)
{
	struct pst_error error = {0};
	int status = reader_open(&study.reader, NULL, detector, extractor);

	if (status == -ENOENT) {
		cr_skip_test("the models of %s or %s are in no model folder (POSTERN_MODELS)",
			detector, extractor);
	}
	cr_assert_eq(status, 0, "%s, %s: status %d", detector, extractor, status);
	cr_assert_eq(pst_synth_jpeg_init(&study.jpeg, WIDTH, HEIGHT, &error), 0);
	study.bytes = malloc(study.jpeg.room);
	look_at_scene(7);
	look_at_portraits(7);
	double found = (double)study.found / study.count, auc = area();

	(void)fprintf(stderr, "%s finds %.4f of %u faces, AUC of %s is %.5f\n", detector, found,
		study.count, extractor, auc);
	cr_assert_geq(found, FOUND_LEAST, "%s finds only %.4f", detector, found);
	cr_assert_geq(auc, AUC_LEAST, "AUC of %s is only %.5f", extractor, auc);
	for (uint32_t i = 0; i < study.count; i++) {
		free(study.looks[i].template);
	}
	free(study.bytes);
	pst_synth_jpeg_finish(&study.jpeg);
	reader_close(&study.reader);
}

Test(drawn, serve_yunet_and_arcface)
{
	try("yunet", "arcface");
}

Test(drawn, serve_cascade_and_lbph)
{
	try("cascade", "lbph");
}
