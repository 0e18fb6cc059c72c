/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "player.h"

TestSuite(images, .init = open_folder, .fini = remove_folder);

static void make_pictures(const char *name, const char *encoder, const char *pixels)
{
	const struct clip_options options = {.encoder = encoder, .pixels = pixels, .frames = 12};

	cr_assert_eq(clip_write_pictures(in_folder(name), &options), 0);
}

Test(images, a_folder_of_jpegs_is_played_in_natural_order)
{
	struct pst_frame frame;

	make_pictures("img-%03d.jpg", "mjpeg", "yuvj420p");
	cr_assert_eq(rename(in_folder("img-010.jpg"), in_folder("img-9a.JPEG")), 0);
	FILE *other = fopen(in_folder("notes.txt"), "w");

	cr_assert(other);
	(void)fclose(other);
	cr_assert_str_eq(open_at(folder, PST_PACE_MAX)->driver, "jpeg pictures");
	expect_undecoded(12);
	char uri[300];

	(void)snprintf(uri, sizeof(uri), "file:%s?fps=50", in_folder("img-%03d.jpg"));
	cr_assert_float_eq(open_at(uri, PST_PACE_MAX)->fps, 50, 0.01);
	for (int i = 0; i < 10; i++) {
		cr_assert_eq(pst_device_next(device, &frame, &error), 1, "%d: %s", i, error.text);
		cr_assert_eq(frame.captured_ns, i * PERIOD_NS / 2);
		pst_device_release(device, &frame);
	}
	expect_end();
	open_at(in_folder("img-003.jpg"), PST_PACE_MAX);
	expect_undecoded(1);
}

Test(images, a_folder_of_pngs_is_decoded_when_mapped)
{
	struct pst_frame frame;

	make_pictures("%03d.png", "png", "rgb24");
	cr_assert_eq(open_at(folder, PST_PACE_MAX)->format, PST_FRAME_FORMAT_BGR24);
	for (int i = 0; i < 12; i++) {
		next_frame(&frame, i);
		cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
		cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
		uint8_t value = frame.plane[0].data[16 * frame.plane[0].stride + 8 * 3];

		cr_assert_eq(value > 128, i & 1);
		pst_device_release(device, &frame);
	}
	expect_end();
}

static void damage_two(const char *fourth, const char *seventh, off_t size)
{
	struct pst_frame frame;
	struct pst_error why;

	cr_assert_eq(truncate(in_folder(fourth), size), 0);
	cr_assert_eq(truncate(in_folder(seventh), 0), 0);
	open_at(folder, PST_PACE_MAX);
	for (int i = 0; i < 12; i++) {
		if (i == 7) {
			cr_assert_eq(pst_device_next(device, &frame, &error), PST_E_CORRUPT);
			continue;
		}
		cr_assert_eq(pst_device_next(device, &frame, &error), 1, "%d: %s %s", i, error.text,
			pst_status_name(error.status));
		cr_assert_eq(frame.sequence, i);
		why = (struct pst_error){0};
		int status = pst_device_map(device, &frame, &why);

		cr_assert_eq(status, i == 4 ? PST_E_CORRUPT : 0, "%d: %s", i, why.text);
		cr_assert_eq(status == 0, why.text[0] == 0);
		pst_device_release(device, &frame);
	}
	expect_end();
	const struct pst_device_counts counts = pst_device_counts(device);

	cr_assert_eq(counts.good, 10);
	cr_assert_eq(counts.torn, 2, "one found when read, one when decoded");
	cr_assert_eq(counts.lost + counts.flagged + counts.undersized + counts.settling, 0);
}

Test(images, a_damaged_picture_costs_itself_only)
{
	make_pictures("%03d.png", "png", "rgb24");
	damage_two("004.png", "007.png", 60);
}

Test(images, a_jpeg_cut_short_costs_itself_only)
{
	make_pictures("%03d.jpg", "mjpeg", "yuvj420p");
	damage_two("004.jpg", "007.jpg", 250);
}

Test(images, pictures_of_two_kinds_are_refused)
{
	make_pictures("%03d.png", "png", "rgb24");
	make_pictures("%03d.jpg", "mjpeg", "yuvj420p");
	refused(folder, PST_E_DEVICE, "one folder holds one kind");
}

/* Puts an Exif segment with nothing but an orientation behind the start of a JPEG. */
static void orient(const char *name, uint8_t orientation)
{
	const uint8_t exif[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 8, 0,
		0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0};
	uint8_t *data;
	size_t size;

	cr_assert_eq(pst_fd_read_file(in_folder(name), 1 << 20, &data, &size, &error), 0);
	uint8_t *turned = malloc(size + sizeof(exif));

	cr_assert(turned && size > 2);
	memcpy(turned, data, 2);
	memcpy(turned + 2, exif, sizeof(exif));
	memcpy(turned + 2 + sizeof(exif), data + 2, size - 2);
	cr_assert_eq(
		pst_fd_replace_file(in_folder(name), turned, size + sizeof(exif), 0600, &error), 0);
	free(turned);
	free(data);
}

Test(images, a_photograph_of_a_phone_is_turned_upright)
{
	struct pst_frame frame;

	make_pictures("%03d.jpg", "mjpeg", "yuvj420p");
	orient("005.jpg", 6);
	const struct pst_device_info *info = open_at(in_folder("005.jpg"), PST_PACE_MAX);

	cr_assert_eq(info->width, CLIP_HEIGHT);
	cr_assert_eq(info->height, CLIP_WIDTH);
	cr_assert_eq(pst_device_next(device, &frame, &error), 1, "%s", error.text);
	cr_assert_null(frame.plane[0].data);
	cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
	cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
	/* The row of squares along the top runs down the right side now. */
	for (int bit = 0; bit < CLIP_BITS; bit++) {
		uint32_t row = (uint32_t)(bit * CLIP_WIDTH / CLIP_BITS + 8);
		uint8_t value = frame.plane[0].data[row * frame.plane[0].stride + CLIP_HEIGHT - 16];

		cr_assert_eq(value > 128, 5 >> bit & 1, "%d", bit);
	}
	pst_device_release(device, &frame);
	expect_end();
}

Test(images, pictures_turned_differently_or_mirrored_are_refused)
{
	struct pst_frame frame;

	make_pictures("%03d.jpg", "mjpeg", "yuvj420p");
	orient("003.jpg", 8);
	open_at(folder, PST_PACE_MAX);
	for (int i = 0; i < 3; i++) {
		next_frame(&frame, i);
		pst_device_release(device, &frame);
	}
	cr_assert_eq(pst_device_next(device, &frame, &error), PST_E_DEVICE);
	cr_assert(strstr(error.text, "003.jpg: its Exif orientation is another"), "%s", error.text);
	pst_device_close(&device);
	orient("004.jpg", 2);
	refused(in_folder("004.jpg"), PST_E_DEVICE, "to be shown mirrored");
}
