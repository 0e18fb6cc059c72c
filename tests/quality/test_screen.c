/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plugin screen on drawn attacks, by species, as ISO/IEC 30107-3 reports them: how many of each
 * pass (APCER), how many people do not (BPCER), how many get no answer, each with its exact
 * interval. What it does not find is pinned as much as what it finds.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attacks.h"
#include "chip.h"
#include "devices/synthetic/jpeg.h"
#include "postern/pad.h"
#include "support/drawn.h"
#include "support/guest.h"
#include "worker/view.h"

#define WIDTH 640u
#define HEIGHT 480u
#define PEOPLE 30u
#define SEED 31u

struct tally {
	uint32_t n, pass, silent;
};

static struct guest guest;
static struct pst_wire_plugin manifest;
static struct pst_decoder decoder;
static struct pst_picture part;
static struct pst_view view;
static struct pst_synth_jpeg jpeg;
static uint8_t person[WIDTH * HEIGHT * 3], rgb[WIDTH * HEIGHT * 3], scratch[WIDTH * HEIGHT * 3];
static uint8_t *bytes;

static void setup(void)
{
	cr_assert_eq(guest_open(&guest, NULL, "screen", NULL, NULL), 0);
	manifest = chip_of(&guest);
	cr_assert_eq(pst_decoder_init(&decoder), 0);
	cr_assert_eq(pst_synth_jpeg_init(&jpeg, WIDTH, HEIGHT, NULL), 0);
	bytes = malloc(jpeg.room);
	cr_assert_not_null(bytes);
}

static void teardown(void)
{
	free(bytes);
	pst_synth_jpeg_finish(&jpeg);
	pst_view_finish(&view);
	pst_picture_finish(&part);
	pst_decoder_finish(&decoder);
	guest_close(&guest);
}

TestSuite(screen, .init = setup, .fini = teardown, .timeout = 300);

/* As a camera sends it, and as the worker cuts it. */
static int judge(const struct pst_face *face, struct pst_pad_result *ret_result)
{
	const struct pst_pad_calls *calls = guest.entry->calls;
	struct pst_frame frame = {
		.format = PST_FRAME_FORMAT_MJPEG, .width = WIDTH, .height = HEIGHT};
	int size = pst_synth_jpeg_encode(&jpeg, rgb, bytes, NULL);

	cr_assert_gt(size, 0);
	frame.plane[0] = (struct pst_frame_plane){bytes, 0, (uint32_t)size};
	cr_assert_eq(pst_view_fill(&view, &manifest, &decoder, &part, &frame, face), 0);
	*ret_result = (struct pst_pad_result){0};
	int status = calls->judge(guest.instance, &view.picture.image, &view.face, ret_result);

	cr_assert(status == 0 || status == PST_E_POOR_QUALITY, "status %d", status);
	cr_assert_eq(pst_pad_check(ret_result, NULL), 0);
	cr_assert_eq(ret_result->evasion.answer, PST_PAD_UNSET, "it does not look for that");
	return status;
}

static void count(struct tally *tally, const struct pst_face *face)
{
	struct pst_pad_result result;
	int status = judge(face, &result);

	tally->n++;
	tally->silent += status != 0;
	tally->pass += status == 0 && result.impersonation.answer == PST_PAD_PASS;
}

/* The chance of at most k of n. */
static double binomial(uint32_t k, uint32_t n, double p)
{
	double sum = 0;

	for (uint32_t i = 0; i <= k; i++) {
		sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(p) +
			   (n - i) * log1p(-p));
	}
	return sum;
}

/* Where the chance of as many or fewer falls to a part; C. J. Clopper and E. S. Pearson, 1934. */
static double limit(uint32_t k, uint32_t n, double chance)
{
	double low = 0, high = 1;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (binomial(k, n, middle) > chance) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return low;
}

static void tell(const char *name, const char *what, uint32_t wrong, const struct tally *tally)
{
	double low = wrong == 0 ? 0 : limit(wrong - 1, tally->n, 0.975);
	double high = wrong == tally->n ? 1 : limit(wrong, tally->n, 0.025);

	(void)fprintf(stderr, "%-26s %s %2u of %u, 95 %% interval %.3f to %.3f; no answer %u\n",
		name, what, wrong, tally->n, low, high, tally->silent);
}

Test(screen, finds_grids_and_nothing_else)
{
	struct tally tallies[ATTACK_COUNT] = {0};

	for (uint32_t i = 0; i < PEOPLE; i++) {
		const struct drawn_look look = {.smaller = 0.5f * drawn_number(i)};
		struct pst_face face;

		cr_assert_eq(drawn_portrait(SEED, i, 1, &look, WIDTH, HEIGHT, person, &face), 0);
		for (int attack = 0; attack < ATTACK_COUNT; attack++) {
			memcpy(rgb, person, sizeof(rgb));
			attack_draw((enum attack)attack, ((uint64_t)i << 32) + (uint64_t)attack * 5,
				WIDTH, HEIGHT, rgb, scratch);
			count(&tallies[attack], &face);
		}
	}
	tell(attack_names[ATTACK_NONE], "BPCER", tallies[ATTACK_NONE].n - tallies[ATTACK_NONE].pass,
		&tallies[ATTACK_NONE]);
	for (int attack = 1; attack < ATTACK_COUNT; attack++) {
		tell(attack_names[attack], "APCER", tallies[attack].pass, &tallies[attack]);
	}
	cr_expect_geq(tallies[ATTACK_NONE].pass, PEOPLE - 3, "people are referred in vain");
	cr_expect_leq(tallies[ATTACK_SCREEN].pass, 1);
	cr_expect_leq(tallies[ATTACK_MOIRE].pass, 3);
	cr_expect_leq(tallies[ATTACK_HALFTONE].pass, 1);
	/* The pages say that it takes these for people. */
	cr_expect_geq(tallies[ATTACK_FINE_SCREEN].pass, PEOPLE / 2);
	cr_expect_leq(tallies[ATTACK_PAPER].n - tallies[ATTACK_PAPER].pass,
		tallies[ATTACK_PAPER].silent, "paper is never found, at most it is too coarse");
}

Test(screen, an_enlarged_face_is_too_coarse_to_tell)
{
	for (uint32_t i = 0; i < 3; i++) {
		const struct drawn_look look = {.smaller = 0.8f};
		struct pst_pad_result result;
		struct pst_face face;

		cr_assert_eq(drawn_portrait(SEED, i, 1, &look, WIDTH, HEIGHT, person, &face), 0);
		memcpy(rgb, person, sizeof(rgb));
		attack_draw(ATTACK_NONE, i, WIDTH, HEIGHT, rgb, scratch);
		cr_expect_eq(judge(&face, &result), PST_E_POOR_QUALITY);
	}
}

Test(screen, black_and_white_and_odd_pictures_are_no_people)
{
	const struct pst_pad_calls *calls = guest.entry->calls;
	static uint8_t pixels[200 * 200];
	struct pst_image image = {.size = sizeof(image),
		.format = PST_PIXELS_GREY8,
		.width = 160,
		.height = 160,
		.stride = 200,
		.pixels = pixels};
	struct pst_face face = {.width = 100, .height = 100, .has_landmarks = 1};

	for (int level = 0; level < 256; level += 51) {
		struct pst_pad_result result = {0};

		memset(pixels, level, sizeof(pixels));
		cr_expect_eq(
			calls->judge(guest.instance, &image, &face, &result), PST_E_POOR_QUALITY);
	}
	struct pst_pad_result result = {0};

	image.width = 127;
	cr_expect_eq(calls->judge(guest.instance, &image, &face, &result), PST_E_FORMAT);
	image.width = 160;
	image.format = PST_PIXELS_BGR24;
	cr_expect_eq(calls->judge(guest.instance, &image, &face, &result), PST_E_FORMAT);
}
