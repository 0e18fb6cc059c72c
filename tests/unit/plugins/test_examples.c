/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

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
	cr_assert_eq(
		calls->verify(guest.instance, bytes, sizeof(bytes), 1, &score), PST_E_NOT_FOUND);
	cr_assert_eq(calls->verify(guest.instance, bytes, 63, 2, &score), PST_E_FORMAT);
	guest_close(&guest);
}
