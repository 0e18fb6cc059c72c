/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "devices/replay/picture.h"

static uint32_t width;
static uint32_t height;

static const uint8_t jpeg[] = {
	0xff,
	0xd8, /* SOI */
	0xff,
	0xe0,
	0,
	6,
	'J',
	'F',
	'I',
	'F', /* APP0 */
	0xff,
	0xff,
	0xff,
	0xdb,
	0,
	3,
	9, /* fill bytes, DQT */
	0xff,
	0xc4,
	0,
	3,
	9, /* DHT: among the SOFs, yet none */
	0xff,
	0xc2,
	0,
	11,
	8,
	0x01,
	0x02,
	0x03,
	0x04,
	1,
	1,
	0x11,
	0, /* SOF2: 772 x 258 */
	0xff,
	0xda,
	0,
	2,
};

static const uint8_t png[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R',
	0, 0, 1, 0, 0, 0, 0, 7, 8, 2, 0, 0, 0};

Test(picture, size_of_a_jpeg)
{
	cr_assert_eq(pst_replay_picture_size(jpeg, sizeof(jpeg), &width, &height), 0);
	cr_assert_eq(width, 772);
	cr_assert_eq(height, 258);
}

Test(picture, size_of_a_png)
{
	cr_assert_eq(pst_replay_picture_size(png, sizeof(png), &width, &height), 0);
	cr_assert_eq(width, 256);
	cr_assert_eq(height, 7);
}

Test(picture, each_shorter_prefix_is_refused)
{
	for (size_t size = 0; size < 2 + 8 + 7 + 5 + 9; size++) {
		cr_assert_eq(pst_replay_picture_size(jpeg, size, &width, &height), PST_E_CORRUPT,
			"%zu", size);
	}
	for (size_t size = 0; size < 24; size++) {
		cr_assert_eq(pst_replay_picture_size(png, size, &width, &height), PST_E_CORRUPT,
			"%zu", size);
	}
}

Test(picture, a_scan_before_the_frame_header_is_refused)
{
	uint8_t bad[sizeof(jpeg)];

	memcpy(bad, jpeg, sizeof(jpeg));
	bad[3] = 0xda;
	cr_assert_eq(pst_replay_picture_size(bad, sizeof(bad), &width, &height), PST_E_CORRUPT);
}

Test(picture, no_picture_is_refused)
{
	cr_assert_eq(pst_replay_picture_size((const uint8_t *)"RIFF....AVI ", 12, &width, &height),
		PST_E_CORRUPT);
}

/* One Exif segment with one entry, its orientation, in either byte order. */
static const uint8_t exif_little[] = {0xff, 0xd8, 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'I',
	'I', '*', 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xda};
static const uint8_t exif_big[] = {0xff, 0xd8, 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M',
	'M', 0, '*', 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0xff,
	0xda};

Test(picture, turn_of_a_jpeg_by_its_exif_orientation)
{
	static const int turns[] = {0, 0, -1, 180, -1, -1, 90, -1, 270, 0};
	uint8_t data[sizeof(exif_little)];

	cr_assert_eq(pst_replay_picture_turn(exif_little, sizeof(exif_little)), 90);
	cr_assert_eq(pst_replay_picture_turn(exif_big, sizeof(exif_big)), 270);
	memcpy(data, exif_little, sizeof(data));
	for (uint8_t i = 0; i < 10; i++) {
		data[30] = i;
		cr_assert_eq(pst_replay_picture_turn(data, sizeof(data)), turns[i], "%d", i);
	}
}

Test(picture, no_turn_where_none_is_said)
{
	uint8_t data[sizeof(exif_little)];

	cr_assert_eq(pst_replay_picture_turn(jpeg, sizeof(jpeg)), 0);
	cr_assert_eq(pst_replay_picture_turn(png, sizeof(png)), 0);
	for (size_t size = 0; size < 33; size++) {
		cr_assert_eq(pst_replay_picture_turn(exif_little, size), 0, "%zu", size);
	}
	memcpy(data, exif_little, sizeof(data));
	data[16] = 0xff; /* a directory beyond the segment */
	cr_assert_eq(pst_replay_picture_turn(data, sizeof(data)), 0);
}
