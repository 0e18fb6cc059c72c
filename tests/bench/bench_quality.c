/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to measure a face with facequal, by its size in the picture, beside one look at
 * each of the face's pixels, in turns; and the one conversion per frame. Medians of 21 rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "postern/quality.h"
#include "support/guest.h"
#include "worker/align.h"
#include "worker/decode.h"

#define WIDTH 640u
#define HEIGHT 360u
#define ROUNDS 21
#define CALLS 200

static uint8_t grey[WIDTH * HEIGHT], bgr[WIDTH * HEIGHT * 3];
static volatile uint64_t sink;

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double median_us(int64_t *ns)
{
	qsort(ns, ROUNDS, sizeof(*ns), by_value);
	return (double)ns[ROUNDS / 2] / 1000 / CALLS;
}

static uint64_t look(const struct pst_face *face)
{
	uint64_t sum = 0;

	for (uint32_t y = (uint32_t)face->y; y < (uint32_t)(face->y + face->height); y++) {
		for (uint32_t x = (uint32_t)face->x; x < (uint32_t)(face->x + face->width); x++) {
			sum += *(volatile uint8_t *)&grey[y * WIDTH + x];
		}
	}
	return sum;
}

static void measure(const struct guest *guest, float side)
{
	const struct pst_quality_calls *calls = guest->entry->calls;
	struct pst_quality_component components[PST_MEASURES_MAX];
	const struct pst_image image = {.size = sizeof(image),
		.format = PST_PIXELS_GREY8,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = WIDTH,
		.pixels = grey};
	struct pst_face face = {.x = (WIDTH - side) / 2,
		.y = (HEIGHT - side) / 2,
		.width = side,
		.height = side,
		.score = 1};
	int64_t assess_ns[ROUNDS], look_ns[ROUNDS];
	double assess_us, look_us;

	pst_align_guess_landmarks(&face);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t begin = pst_clock_mono_ns();

		for (int i = 0; i < CALLS; i++) {
			sink += (uint64_t)calls->assess(
				guest->instance, &image, &face, 2, components, PST_MEASURES_MAX);
		}
		assess_ns[round] = pst_clock_mono_ns() - begin;
		begin = pst_clock_mono_ns();
		for (int i = 0; i < CALLS; i++) {
			sink += look(&face);
		}
		look_ns[round] = pst_clock_mono_ns() - begin;
	}
	assess_us = median_us(assess_ns);
	look_us = median_us(look_ns);
	(void)printf("%6.0f px %12.1f %14.1f %8.2f\n", (double)side, assess_us, look_us,
		assess_us / look_us);
}

static void convert(void)
{
	const struct pst_image image = {.size = sizeof(image),
		.format = PST_PIXELS_BGR24,
		.width = WIDTH,
		.height = HEIGHT,
		.stride = WIDTH * 3,
		.pixels = bgr};
	struct pst_decoder decoder;
	struct pst_picture picture = {0};
	int64_t convert_ns[ROUNDS], copy_ns[ROUNDS];

	if (pst_decoder_init(&decoder) < 0 ||
		pst_picture_shape(&picture, PST_PIXELS_GREY8, WIDTH, HEIGHT) < 0) {
		exit(1);
	}
	for (int round = 0; round < ROUNDS; round++) {
		int64_t begin = pst_clock_mono_ns();

		for (int i = 0; i < CALLS; i++) {
			if (pst_decode_image(&decoder, &image, WIDTH, HEIGHT, &picture) < 0) {
				exit(1);
			}
		}
		convert_ns[round] = pst_clock_mono_ns() - begin;
		begin = pst_clock_mono_ns();
		for (int i = 0; i < CALLS; i++) {
			memcpy(grey, picture.scratch.data, sizeof(grey));
			sink += grey[i];
		}
		copy_ns[round] = pst_clock_mono_ns() - begin;
	}
	(void)printf(
		"\n%ux%u, once per frame: BGR24 to GREY8 %.1f us; copy of the result %.1f us\n",
		WIDTH, HEIGHT, median_us(convert_ns), median_us(copy_ns));
	pst_picture_finish(&picture);
	pst_decoder_finish(&decoder);
}

int main(void)
{
	static const float sides[] = {40, 80, 160, 320};
	struct guest guest = {0};

	if (guest_open(&guest, NULL, "facequal", NULL, NULL) < 0) {
		(void)fputs("facequal is not built (POSTERN_PLUGINS)\n", stderr);
		return 1;
	}
	for (uint32_t i = 0; i < sizeof(bgr); i++) {
		bgr[i] = (uint8_t)(i * 2654435761u >> 24);
		grey[i / 3] = bgr[i];
	}
	(void)printf("%9s %12s %14s %8s\n", "face", "facequal, us", "one look, us", "ratio");
	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		measure(&guest, sides[i]);
	}
	convert();
	guest_close(&guest);
	return 0;
}
