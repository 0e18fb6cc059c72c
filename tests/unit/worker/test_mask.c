/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "worker/mask.h"

#define WIDTH 160
#define HEIGHT 90
#define SCALE 8 /* the full image is 1280 x 720 */

static struct pst_picture picture;
static const struct pst_geometry geometry = {SCALE, SCALE, 0, 0};
static struct pst_wire_face faces[3];

static void set_up(void)
{
	cr_assert_eq(pst_picture_shape(&picture, PST_PIXELS_BGR24, WIDTH, HEIGHT), 0);
	for (size_t i = 0; i < (size_t)picture.image.stride * HEIGHT; i++) {
		picture.scratch.data[i] = (uint8_t)(i % 50); /* never the mask's grey */
	}
	faces[0].face = (struct pst_face){.x = 600, .y = 200, .width = 80, .height = 100};
	faces[1].face = (struct pst_face){.x = 1000, .y = 200, .width = 80, .height = 100};
	faces[2].face = (struct pst_face){.x = 690, .y = 220, .width = 60, .height = 80};
}

static void tear_down(void)
{
	pst_picture_finish(&picture);
}

TestSuite(mask, .init = set_up, .fini = tear_down);

static bool is_masked(uint32_t x, uint32_t y)
{
	const uint8_t *at = picture.scratch.data + (size_t)y * picture.image.stride + 3 * (size_t)x;

	return at[0] == PST_MASK_GREY && at[1] == PST_MASK_GREY && at[2] == PST_MASK_GREY;
}

static bool is_in(const struct pst_wire_box *box, uint32_t x, uint32_t y)
{
	float left = (float)x * SCALE, top = (float)y * SCALE;

	return left + SCALE > box->x && left < box->x + box->width && top + SCALE > box->y &&
	       top < box->y + box->height;
}

static bool is_well_in(const struct pst_wire_box *box, uint32_t x, uint32_t y)
{
	float left = (float)x * SCALE, top = (float)y * SCALE;

	return left >= box->x && left + SCALE <= box->x + box->width && top >= box->y &&
	       top + SCALE <= box->y + box->height;
}

static unsigned seen_pixels(void)
{
	unsigned count = 0;

	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			count += !is_masked(x, y);
		}
	}
	return count;
}

Test(mask, only_the_subject_stays_and_no_pixel_beyond)
{
	const struct pst_wire_box seen = pst_mask_seen(&faces[0].face);

	pst_mask(&picture, &geometry, faces, 2, 0);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			if (!is_masked(x, y)) {
				cr_assert(is_well_in(&seen, x, y), "%u %u", x, y);
			} else {
				cr_assert_not(is_well_in(&seen, x, y), "%u %u", x, y);
			}
		}
	}
	cr_expect_gt(seen_pixels(), 100);
}

Test(mask, another_face_is_masked_within_the_part_that_is_seen)
{
	const struct pst_wire_box hidden = pst_mask_hidden(&faces[2].face);

	pst_mask(&picture, &geometry, faces, 3, 0);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			cr_assert(!is_in(&hidden, x, y) || is_masked(x, y), "%u %u", x, y);
		}
	}
	cr_expect_gt(seen_pixels(), 20, "the rest of the subject is seen");
	cr_expect_gt(pst_mask_seen(&faces[0].face).x + pst_mask_seen(&faces[0].face).width,
		hidden.x, "they overlap");
}

Test(mask, of_nobody_nothing_is_seen)
{
	pst_mask(&picture, &geometry, faces, 3, PST_MASK_NOBODY);
	cr_expect_eq(seen_pixels(), 0);
}

Test(mask, without_faces_nothing_is_seen)
{
	pst_mask(&picture, &geometry, faces, 0, 0);
	cr_expect_eq(seen_pixels(), 0);
}

/* Boxes of a detector may reach beyond the picture, or be no numbers at all. */
Test(mask, faces_beyond_the_picture)
{
	static const struct pst_face odd[] = {
		{.x = -200, .y = -100, .width = 300, .height = 300},
		{.x = 1200, .y = 600, .width = 400, .height = 400},
		{.x = -5000, .y = -5000, .width = 100, .height = 100},
		{.x = 1e30F, .y = 1e30F, .width = 1e30F, .height = 1e30F},
		{.x = NAN, .y = NAN, .width = NAN, .height = NAN},
	};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		set_up();
		faces[0].face = odd[i];
		pst_mask(&picture, &geometry, faces, 2, 0);
		cr_expect(i >= 2 ? seen_pixels() == 0 : seen_pixels() > 0, "%zu: %u", i,
			seen_pixels());
		set_up();
		faces[1].face = odd[i];
		pst_mask(&picture, &geometry, faces, 2, 0);
		cr_expect_leq(seen_pixels(), WIDTH * HEIGHT / 10, "%zu", i);
		tear_down();
	}
	set_up();
}
