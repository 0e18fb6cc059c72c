/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the unified quality score tell which pictures will fail? Drawn people are enrolled from a
 * good portrait and looked at small, blurred, in the dark and turned away; then the pictures of the
 * lowest score are left out, step by step, and the false non-match rate at one threshold is told.
 *
 *     discard [PEOPLE [LOOKS]]
 *
 * Exit status 1: the rate rises beyond its 95 % interval, or half of the pictures left out do not
 * bring it down.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/quality.h"
#include "support/drawn.h"
#include "support/reader.h"

#define WIDTH 400u
#define HEIGHT 300u
#define SEED 11u
#define FMR 0.01
#define STEPS 6u /* 0 %, 10 %, ... 50 % */

struct probe {
	double quality;
	double genuine;
};

struct study {
	uint32_t people, looks;
	struct reader reader;
	struct guest meter;
	uint8_t rgb[WIDTH * HEIGHT * 3], bgr[WIDTH * HEIGHT * 3], grey[WIDTH * HEIGHT];
	float *enrolled; /* people x floats */
	float *probe;	 /* floats, the one under way */
	uint32_t floats;
	struct probe *probes;
	uint32_t probe_count;
	double *impostors;
	size_t impostor_count;
};

static struct study study;

static void give_up(const char *what)
{
	(void)fprintf(stderr, "discard: %s\n", what);
	exit(2);
}

/* As a detector finds them: a little beside the truth. */
static void shake(struct pst_face *face, uint64_t key)
{
	float eyes = face->landmarks[1].x - face->landmarks[0].x;

	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face->landmarks[i].x += 0.04f * eyes * (drawn_number(key + 2 * (uint64_t)i) - 0.5f);
		face->landmarks[i].y +=
			0.04f * eyes * (drawn_number(key + 2 * (uint64_t)i + 1) - 0.5f);
	}
}

/* Of the four things that can be bad each is so in a third of the pictures, mildly or strongly. */
static struct drawn_look look_of(uint64_t key)
{
	struct drawn_look look = {0};

	if (drawn_number(key) < 0.33f) {
		look.blur = 5 * drawn_number(key + 1);
	}
	if (drawn_number(key + 2) < 0.33f) {
		look.darker = 0.5f + 0.48f * drawn_number(key + 3);
	}
	if (drawn_number(key + 4) < 0.33f) {
		look.smaller = 0.85f * drawn_number(key + 5);
	}
	if (drawn_number(key + 6) < 0.33f) {
		look.yaw = drawn_number(key + 7) - 0.5f;
	}
	return look;
}

static bool extract(const struct pst_face *face, float *to)
{
	struct pst_frame frame = {.format = PST_FRAME_FORMAT_BGR24,
		.width = WIDTH,
		.height = HEIGHT,
		.plane[0] = {study.bgr, WIDTH * 3, WIDTH * HEIGHT * 3}};

	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
		study.bgr[3 * i] = study.rgb[3 * i + 2];
		study.bgr[3 * i + 1] = study.rgb[3 * i + 1];
		study.bgr[3 * i + 2] = study.rgb[3 * i];
	}
	return reader_extract(&study.reader, &frame, face, (uint8_t *)to) > 0;
}

static double assess(const struct pst_face *face)
{
	const struct pst_quality_calls *calls = study.meter.entry->calls;
	struct pst_quality_component components[PST_MEASURES_MAX];
	struct pst_image image = {.size = sizeof(image),
		.format = PST_PIXELS_GREY8,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = WIDTH,
		.pixels = study.grey};

	drawn_grey(study.rgb, WIDTH, HEIGHT, study.grey);
	if (calls->assess(study.meter.instance, &image, face, 1, components, PST_MEASURES_MAX) <
		1) {
		give_up("facequal fails");
	}
	return (double)components[0].score;
}

static double cosine(const float *a, const float *b)
{
	double ab = 0, aa = 0, bb = 0;

	for (uint32_t i = 0; i < study.floats; i++) {
		ab += (double)a[i] * (double)b[i];
		aa += (double)a[i] * (double)a[i];
		bb += (double)b[i] * (double)b[i];
	}
	return ab / sqrt(aa * bb);
}

static void enrol(void)
{
	const struct drawn_look plain = {0};
	struct pst_face face;

	for (uint32_t i = 0; i < study.people; i++) {
		if (drawn_portrait(SEED, i, 0, &plain, WIDTH, HEIGHT, study.rgb, &face) < 0 ||
			!extract(&face, study.enrolled + (size_t)i * study.floats)) {
			give_up("a portrait gives no template");
		}
	}
}

static void look_at(uint32_t person, uint32_t variation)
{
	uint64_t key = ((uint64_t)person << 20) + ((uint64_t)variation << 8);
	const struct drawn_look look = look_of(key);
	struct probe *probe = &study.probes[study.probe_count];
	struct pst_face face;

	if (drawn_portrait(SEED, person, variation, &look, WIDTH, HEIGHT, study.rgb, &face) < 0) {
		give_up("cannot draw");
	}
	shake(&face, key + 100);
	probe->quality = assess(&face);
	probe->genuine = -1; /* no template is no match */
	study.probe_count++;
	if (!extract(&face, study.probe)) {
		return;
	}
	for (uint32_t i = 0; i < study.people; i++) {
		double score = cosine(study.probe, study.enrolled + (size_t)i * study.floats);

		if (i == person) {
			probe->genuine = score;
		} else {
			study.impostors[study.impostor_count++] = score;
		}
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_quality(const void *a, const void *b)
{
	const struct probe *x = a, *y = b;

	return (x->quality > y->quality) - (x->quality < y->quality);
}

/* E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927. */
static void interval(uint32_t misses, uint32_t n, double *ret_low, double *ret_high)
{
	const double z = 1.96;
	double p = (double)misses / n, side = z * z / n;
	double half = z * sqrt(p * (1 - p) / n + side / (4 * n));

	*ret_low = (p + side / 2 - half) / (1 + side);
	*ret_high = (p + side / 2 + half) / (1 + side);
}

static int tell(double threshold)
{
	double low[STEPS], high[STEPS], rate[STEPS];
	bool rises = false;

	(void)printf(
		"%-9s %8s %8s %8s   95 %% interval\n", "left out", "score", "pictures", "FNMR");
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t from = study.probe_count * step / 10, misses = 0;

		for (uint32_t i = from; i < study.probe_count; i++) {
			misses += study.probes[i].genuine < threshold;
		}
		rate[step] = (double)misses / (study.probe_count - from);
		interval(misses, study.probe_count - from, &low[step], &high[step]);
		(void)printf("%6u %%  %8.1f %8u %8.4f   %.4f to %.4f\n", step * 10,
			study.probes[from].quality, study.probe_count - from, rate[step], low[step],
			high[step]);
		rises |= step > 0 && rate[step] > high[step - 1];
	}
	if (rises || rate[STEPS - 1] >= low[0]) {
		(void)printf("the rate does not fall with the score\n");
		return 1;
	}
	return 0;
}

static void open_plugins(void)
{
	if (reader_open(&study.reader, NULL, NULL, "lbph") < 0 ||
		guest_open(&study.meter, NULL, "facequal", NULL, NULL) < 0) {
		give_up("lbph or facequal is missing (POSTERN_PLUGINS)");
	}
	study.floats = study.reader.template_size / (uint32_t)sizeof(float);
	study.enrolled = calloc((size_t)study.people * study.floats, sizeof(float));
	study.probe = calloc(study.floats, sizeof(float));
	study.probes = calloc((size_t)study.people * study.looks, sizeof(struct probe));
	study.impostors = calloc((size_t)study.people * study.people * study.looks, sizeof(double));
	if (!study.enrolled || !study.probe || !study.probes || !study.impostors) {
		give_up("no memory");
	}
}

int main(int argc, char **argv)
{
	double threshold;
	int status;

	study.people = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 30;
	study.looks = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 6;
	if (study.people < 2 || study.looks < 1) {
		give_up("at least 2 people and 1 look");
	}
	open_plugins();
	enrol();
	for (uint32_t i = 0; i < study.people; i++) {
		for (uint32_t k = 1; k <= study.looks; k++) {
			look_at(i, k);
		}
	}
	qsort(study.impostors, study.impostor_count, sizeof(double), by_value);
	qsort(study.probes, study.probe_count, sizeof(struct probe), by_quality);
	threshold = study.impostors[(size_t)((1 - FMR) * (double)(study.impostor_count - 1))];
	(void)printf("lbph, %u people, %zu impostor comparisons, threshold %.4f at FMR %g\n",
		study.people, study.impostor_count, threshold, FMR);
	status = tell(threshold);
	free(study.enrolled);
	free(study.probe);
	free(study.probes);
	free(study.impostors);
	guest_close(&study.meter);
	reader_close(&study.reader);
	return status;
}
