/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "postern/pad.h"
#include "postern/quality.h"
#include "support/guest.h"

static struct guest guest;
static uint8_t pixels[64 * 64];
static const struct pst_image image = {
	.size = sizeof(image),
	.format = PST_PIXELS_GREY8,
	.width = 64,
	.height = 64,
	.stride = 64,
	.pixels = pixels,
};

Test(examples, bright_finds_one_face_in_the_light)
{
	struct pst_face face;

	cr_assert_eq(guest_open(&guest, NULL, "bright", NULL, NULL), 0);
	memset(pixels, 127, sizeof(pixels));
	cr_assert_eq(guest_detector(&guest)->detect(guest.instance, &image, &face, 1), 0);
	memset(pixels, 128, sizeof(pixels));
	cr_assert_eq(guest_detector(&guest)->detect(guest.instance, &image, &face, 1), 1);
	cr_assert_eq(face.width, 64);
	guest_close(&guest);
}

Test(examples, pixels_sees_where_it_is_bright)
{
	uint8_t bytes[64];

	cr_assert_eq(guest_open(&guest, NULL, "pixels", NULL, NULL), 0);
	memset(pixels, 0, sizeof(pixels));
	memset(pixels, 255, 64 * 32);
	cr_assert_eq(guest_extractor(&guest)->extract(guest.instance, &image, &(struct pst_face){0},
			     PST_ROLE_PROBE, bytes, sizeof(bytes)),
		64);
	cr_assert_eq(bytes[0], 191);
	cr_assert_eq(bytes[63], 63);
	cr_assert_eq(guest_extractor(&guest)->extract(guest.instance, &image, &(struct pst_face){0},
			     PST_ROLE_PROBE, bytes, 63),
		PST_E_FORMAT);
	guest_close(&guest);
}

Test(examples, nearest_ranks_each_person_once)
{
	const struct pst_matcher *calls;
	struct pst_candidate candidates[2];
	uint8_t bytes[64];
	float score;

	cr_assert_eq(guest_open(&guest, NULL, "nearest", NULL, NULL), 0);
	calls = guest_matcher(&guest);
	for (uint8_t i = 1; i <= 6; i++) {
		memset(bytes, i * 10, sizeof(bytes));
		cr_assert_eq(calls->add(guest.instance, i % 3, bytes, sizeof(bytes)), 0);
	}
	cr_assert_eq(calls->seal(guest.instance), 0);
	memset(bytes, 42, sizeof(bytes));
	cr_assert_eq(calls->search(guest.instance, bytes, sizeof(bytes), candidates, 2), 2);
	cr_assert_eq(candidates[0].key, 1, "40 is nearest to 42");
	cr_assert_eq(candidates[1].key, 2, "then 50");
	cr_assert_eq(calls->verify(guest.instance, bytes, sizeof(bytes), 1, &score), 0);
	cr_assert_eq(score, candidates[0].score);
	cr_assert_eq(calls->remove(guest.instance, 1), 2);
	cr_assert_eq(calls->verify(guest.instance, bytes, sizeof(bytes), 2, &score), PST_E_PLUGIN,
		"not sealed since");
	cr_assert_eq(calls->seal(guest.instance), 0);
	cr_assert_eq(
		calls->verify(guest.instance, bytes, sizeof(bytes), 1, &score), PST_E_NOT_FOUND);
	cr_assert_eq(calls->verify(guest.instance, bytes, 63, 2, &score), PST_E_FORMAT);
	guest_close(&guest);
}

Test(examples, sharp_prefers_edges_and_size)
{
	struct pst_face face = {.x = -5, .y = -5, .width = 100, .height = 100, .has_landmarks = 1};
	struct pst_quality_component found[PST_MEASURES_MAX];
	const struct pst_quality_calls *calls;

	cr_assert_eq(guest_open(&guest, NULL, "sharp", NULL, NULL), 0);
	calls = guest.entry->calls;
	face.landmarks[PST_LANDMARK_EYE_RIGHT].x = 30;
	memset(pixels, 90, sizeof(pixels));
	cr_assert_eq(calls->assess(guest.instance, &image, &face, 4, found, PST_MEASURES_MAX), 3);
	cr_assert_eq(found[0].measure, PST_MEASURE_UNIFIED_QUALITY_SCORE);
	cr_assert_eq(found[0].score, 0, "nothing to see");
	cr_assert_eq(found[1].raw, 120, "px of the full picture");
	for (size_t i = 0; i < sizeof(pixels); i += 2) {
		pixels[i] = 130;
	}
	cr_assert_eq(calls->assess(guest.instance, &image, &face, 1, found, PST_MEASURES_MAX), 3);
	cr_assert_eq(found[2].score, 100);
	cr_assert_lt(found[0].score, 34, "as good as the worst");
	cr_assert_eq(calls->assess(guest.instance, &image, &face, 1, found, 2), 2);
	face.x = 1000;
	cr_assert_eq(calls->assess(guest.instance, &image, &face, 1, found, 3), 3);
	cr_assert_eq(found[2].score, 0, "a box outside the picture");
	guest_close(&guest);
}

Test(examples, flat_is_unsure_without_contrast)
{
	struct pst_pad_result result = {0};
	const struct pst_pad_calls *calls;

	cr_assert_eq(guest_open(&guest, NULL, "flat", NULL, NULL), 0);
	calls = guest.entry->calls;
	memset(pixels, 90, sizeof(pixels));
	cr_assert_eq(calls->judge(guest.instance, &image, &(struct pst_face){0}, &result), 0);
	cr_assert_eq(result.impersonation.answer, PST_PAD_UNCERTAIN);
	cr_assert_eq(result.impersonation.score, 1);
	pixels[0] = 90 + 48;
	cr_assert_eq(calls->judge(guest.instance, &image, &(struct pst_face){0}, &result), 0);
	cr_assert_eq(result.impersonation.answer, PST_PAD_PASS);
	cr_assert_str_eq(result.impersonation.reason, "contrast 48");
	cr_assert_eq(result.evasion.answer, PST_PAD_UNSET);
	guest_close(&guest);
}
