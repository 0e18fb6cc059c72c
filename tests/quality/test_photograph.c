/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On recordings of people: whether a face that facequal thinks little of is less like the same
 * person's best one, and what the plugin screen makes of people. Skipped where models or
 * recordings are missing.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "devices/replay/replay.h"
#include "postern/pad.h"
#include "postern/quality.h"
#include "support/reader.h"
#include "worker/view.h"

#define FLOATS 128
#define LOOKS_MAX 600
#define TRACKS_MAX 8
#define APART 0.5f /* of a face's width: further from the last place is somebody else */

struct look {
	uint32_t track;
	double quality;
	float template[FLOATS];
};

struct study {
	struct reader reader;
	struct guest meter;
	struct guest screen;
	struct pst_wire_plugin chip; /* screen's */
	struct pst_view view;
	uint32_t answers[PST_PAD_UNCERTAIN + 1], silent; /* screen's */
	struct pst_picture grey;
	struct look looks[LOOKS_MAX];
	uint32_t count;
	struct pst_face last[TRACKS_MAX];
	uint32_t tracks;
};

static struct study study;

static uint32_t track_of(const struct pst_face *face)
{
	for (uint32_t i = 0; i < study.tracks; i++) {
		const struct pst_face *last = &study.last[i];

		if (fabsf(face->x + face->width / 2 - last->x - last->width / 2) <
				APART * last->width &&
			fabsf(face->y - last->y) < APART * last->height) {
			study.last[i] = *face;
			return i;
		}
	}
	if (study.tracks == TRACKS_MAX) {
		return TRACKS_MAX;
	}
	study.last[study.tracks] = *face;
	return study.tracks++;
}

static double assess(const struct pst_frame *frame, const struct pst_face *face)
{
	const struct pst_quality_calls *calls = study.meter.entry->calls;
	struct pst_quality_component components[PST_MEASURES_MAX];

	cr_assert_eq(
		pst_picture_shape(&study.grey, PST_PIXELS_GREY8, frame->width, frame->height), 0);
	cr_assert_eq(pst_decode(&study.reader.decoder, frame, frame->width, frame->height, false,
			     &study.grey),
		0);
	cr_assert_gt(calls->assess(study.meter.instance, &study.grey.image, face, 1, components,
			     PST_MEASURES_MAX),
		0);
	return (double)components[0].score;
}

static void judge_face(const struct pst_frame *frame, const struct pst_face *face)
{
	const struct pst_pad_calls *calls = study.screen.entry->calls;
	struct pst_pad_result result = {0};

	cr_assert_eq(pst_view_fill(&study.view, &study.chip, &study.reader.decoder,
			     &study.reader.whole, frame, face),
		0);
	if (calls->judge(study.screen.instance, &study.view.picture.image, &study.view.face,
		    &result) < 0) {
		study.silent++;
	} else {
		study.answers[result.impersonation.answer]++;
	}
}

static void look_at(const struct pst_frame *frame)
{
	struct pst_face faces[PST_FACES_MAX];
	uint8_t bytes[PST_TEMPLATE_MAX];
	int count = reader_detect(&study.reader, frame, faces, PST_FACES_MAX);

	for (int i = 0; i < count && study.count < LOOKS_MAX; i++) {
		struct look *look = &study.looks[study.count];

		look->track = track_of(&faces[i]);
		if (look->track < TRACKS_MAX && reader_extract(&study.reader, frame, &faces[i],
							bytes) == (int)sizeof(look->template)) {
			memcpy(look->template, bytes, sizeof(look->template));
			look->quality = assess(frame, &faces[i]);
			judge_face(frame, &faces[i]);
			study.count++;
		}
	}
}

static void watch(const char *name)
{
	const char *folder = getenv("POSTERN_MEDIA");
	struct pst_device *device = NULL;
	struct pst_error error = {0};
	struct pst_frame frame;
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", folder ? folder : "", name);
	if (!folder || pst_replay_open(&device, path, PST_PACE_MAX, &error) < 0) {
		cr_skip_test("%s is not in POSTERN_MEDIA", name);
	}
	study.count = study.tracks = 0;
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
	while (pst_device_next(device, &frame, &error) == 1) {
		cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
		look_at(&frame);
		pst_device_release(device, &frame);
	}
	pst_device_close(&device);
}

static double cosine(const float *a, const float *b)
{
	double ab = 0, aa = 0, bb = 0;

	for (int i = 0; i < FLOATS; i++) {
		ab += (double)a[i] * (double)b[i];
		aa += (double)a[i] * (double)a[i];
		bb += (double)b[i] * (double)b[i];
	}
	return ab / sqrt(aa * bb);
}

static void rank(const double *values, uint32_t count, double *ranks)
{
	for (uint32_t i = 0; i < count; i++) {
		ranks[i] = 0;
		for (uint32_t k = 0; k < count; k++) {
			ranks[i] += values[k] < values[i] ? 1 : values[k] == values[i] ? 0.5 : 0;
		}
	}
}

/* C. Spearman, "The proof and measurement of association between two things", 1904. */
static double correlation(const double *x, const double *y, uint32_t count)
{
	static double a[LOOKS_MAX], b[LOOKS_MAX];
	double ab = 0, aa = 0, bb = 0, mean = count / 2.0;

	rank(x, count, a);
	rank(y, count, b);
	for (uint32_t i = 0; i < count; i++) {
		ab += (a[i] - mean) * (b[i] - mean);
		aa += (a[i] - mean) * (a[i] - mean);
		bb += (b[i] - mean) * (b[i] - mean);
	}
	return ab / sqrt(aa * bb);
}

/* @return the correlation over a track; NAN: too few looks */
static double judge(uint32_t track, uint32_t *ret_count)
{
	static double quality[LOOKS_MAX], score[LOOKS_MAX];
	const struct look *best = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < study.count; i++) {
		const struct look *look = &study.looks[i];

		if (look->track == track && (!best || look->quality > best->quality)) {
			best = look;
		}
	}
	for (uint32_t i = 0; best && i < study.count; i++) {
		if (study.looks[i].track == track && &study.looks[i] != best) {
			quality[count] = study.looks[i].quality;
			score[count] = cosine(study.looks[i].template, best->template);
			count++;
		}
	}
	*ret_count = count;
	return count < 30 ? (double)NAN : correlation(quality, score, count);
}

Test(photograph, a_better_face_is_more_like_the_best)
{
	static const char *const names[] = {
		"one-frontal.avi", "two-approach.avi", "three-approach.avi"};
	double sum = 0;
	uint32_t judged = 0;
	int status = reader_open(&study.reader, NULL, "yunet", "arcface");

	if (status == -ENOENT) {
		cr_skip_test(
			"the models of yunet or arcface are in no model folder (POSTERN_MODELS)");
	}
	cr_assert_eq(status, 0);
	cr_assert_eq(guest_open(&study.meter, NULL, "facequal", NULL, NULL), 0);
	cr_assert_eq(guest_open(&study.screen, NULL, "screen", NULL, NULL), 0);
	study.chip = chip_of(&study.screen);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		watch(names[i]);
		for (uint32_t track = 0; track < study.tracks; track++) {
			uint32_t count;
			double r = judge(track, &count);

			if (isfinite(r)) {
				(void)fprintf(stderr,
					"%s, face %u: %u looks, rank correlation %.2f\n", names[i],
					track, count, r);
				sum += r * count;
				judged += count;
			}
		}
	}
	cr_assert_gt(judged, 100);
	(void)fprintf(stderr, "weighted mean %.2f over %u looks\n", sum / judged, judged);
	cr_assert_gt(sum / judged, 0.4, "%.2f", sum / judged);
	(void)fprintf(stderr, "screen: %u pass, %u fail, %u uncertain, %u get no answer\n",
		study.answers[PST_PAD_PASS], study.answers[PST_PAD_FAIL],
		study.answers[PST_PAD_UNCERTAIN], study.silent);
	cr_assert_leq(study.answers[PST_PAD_FAIL], judged / 20, "people are taken for attacks");
	pst_view_finish(&study.view);
	pst_picture_finish(&study.grey);
	guest_close(&study.screen);
	guest_close(&study.meter);
	reader_close(&study.reader);
}
