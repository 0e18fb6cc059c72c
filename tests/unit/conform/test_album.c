/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "conform/album.h"
#include "wire/message.h"

static const struct pst_wire_plugin detector = {.kind = PST_PLUGIN_DETECTOR,
	.input_format = PST_PIXELS_GREY8,
	.input_size = 640,
	.input_multiple = 32};
static const struct pst_wire_plugin extractor = {.kind = PST_PLUGIN_EXTRACTOR,
	.chip_format = PST_PIXELS_RGB24,
	.chip_width = 112,
	.chip_height = 112,
	.chip_landmark = {{38, 52}, {74, 52}, {56, 72}, {42, 92}, {71, 92}},
	.template_size = 512};
static struct pst_album album;
static struct pst_view view, other;
static struct pst_error error;

static void close_all(void)
{
	pst_view_close(&view);
	pst_view_close(&other);
	pst_album_close(&album);
}

TestSuite(album, .fini = close_all);

Test(album, whole_pictures_keep_to_the_manifest)
{
	struct pst_shape shape;

	cr_assert_eq(pst_album_open(&album, &detector, &error), 0, "%s", error.text);
	shape = pst_album_shape(&album, PST_CONTENT_FACE);
	cr_assert_eq(shape.width % 32, 0);
	cr_assert_eq(shape.height % 32, 0);
	cr_assert_eq(album.full_width, 640);
	cr_assert_eq(pst_view_open(&view, &album, &shape), 0);
	cr_assert_eq(view.image.stride, shape.width);
	cr_assert_eq(view.face.has_landmarks, 1);
	cr_assert(view.face.x > 0 && view.face.x + view.face.width < (float)shape.width);
	cr_assert_lt(view.face.landmarks[0].x, view.face.landmarks[1].x);
	cr_assert_lt(view.face.landmarks[0].y, view.face.landmarks[3].y);
}

Test(album, a_chip_has_its_landmarks_near_the_reference)
{
	struct pst_shape shape;

	cr_assert_eq(pst_album_open(&album, &extractor, &error), 0, "%s", error.text);
	shape = pst_album_shape(&album, PST_CONTENT_FACE);
	cr_assert_eq(shape.width, 112);
	cr_assert_eq(pst_view_open(&view, &album, &shape), 0);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		cr_assert_lt(fabsf(view.face.landmarks[i].x - extractor.chip_landmark[i].x), 8);
		cr_assert_lt(fabsf(view.face.landmarks[i].y - extractor.chip_landmark[i].y), 8);
	}
}

Test(album, the_gap_between_rows_changes_no_pixel)
{
	struct pst_shape shape;

	cr_assert_eq(pst_album_open(&album, &detector, &error), 0);
	shape = pst_album_shape(&album, PST_CONTENT_FACE);
	cr_assert_eq(pst_view_open(&view, &album, &shape), 0);
	shape.gap = 13;
	shape.gap_fill = 0xee;
	shape.shift = 1;
	cr_assert_eq(pst_view_open(&other, &album, &shape), 0);
	for (uint32_t y = 0; y < shape.height; y++) {
		const uint8_t *row = other.image.pixels + (size_t)y * other.image.stride;

		cr_assert_arr_eq(
			row, view.image.pixels + (size_t)y * view.image.stride, shape.width);
		cr_assert_eq(row[shape.width], 0xee);
	}
}

Test(album, turned_faces_take_their_landmarks_along)
{
	struct pst_shape shape;

	cr_assert_eq(pst_album_open(&album, &detector, &error), 0);
	shape = pst_album_shape(&album, PST_CONTENT_ROTATED_180);
	cr_assert_eq(pst_view_open(&view, &album, &shape), 0);
	cr_assert_gt(view.face.landmarks[0].x, view.face.landmarks[1].x);
	cr_assert_gt(view.face.landmarks[0].y, view.face.landmarks[3].y);
}
