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
