/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/replay/picture.h"

#include <stdbool.h>
#include <string.h>

/* Marker codes: ITU-T T.81, table B.1. */
enum {
	JPEG_SOF0 = 0xc0,
	JPEG_SOF15 = 0xcf,
	JPEG_DHT = 0xc4,
	JPEG_JPG = 0xc8,
	JPEG_DAC = 0xcc,
	JPEG_RST0 = 0xd0,
	JPEG_SOI = 0xd8,
	JPEG_EOI = 0xd9,
	JPEG_SOS = 0xda,
	JPEG_TEM = 0x01,
};

static uint32_t be16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t be32(const uint8_t *from)
{
	return be16(from) << 16 | be16(from + 2);
}

static bool is_frame_header(uint8_t marker)
{
	return marker >= JPEG_SOF0 && marker <= JPEG_SOF15 && marker != JPEG_DHT &&
	       marker != JPEG_JPG && marker != JPEG_DAC;
}

static int jpeg_size(const uint8_t *data, size_t size, uint32_t *ret_width, uint32_t *ret_height)
{
	size_t at = 2;

	while (at + 4 <= size && data[at] == 0xff) {
		uint8_t marker = data[at + 1];

		if (marker == 0xff) {
			at++;
			continue;
		}
		if (marker == JPEG_TEM || (marker >= JPEG_RST0 && marker <= JPEG_SOI)) {
			at += 2;
			continue;
		}
		if (marker == JPEG_SOS || marker == JPEG_EOI) {
			break;
		}
		if (is_frame_header(marker)) {
			if (at + 9 > size) {
				break;
			}
			*ret_height = be16(data + at + 5);
			*ret_width = be16(data + at + 7);
			return 0;
		}
		at += 2 + be16(data + at + 2);
	}
	return PST_E_CORRUPT;
}

int pst_replay_picture_size(
	const uint8_t *data, size_t size, uint32_t *ret_width, uint32_t *ret_height)
{
	static const uint8_t png[16] = {
		0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R'};

	if (size >= 4 && data[0] == 0xff && data[1] == JPEG_SOI) {
		return jpeg_size(data, size, ret_width, ret_height);
	}
	if (size >= 24 && memcmp(data, png, sizeof(png)) == 0) {
		*ret_width = be32(data + 16);
		*ret_height = be32(data + 20);
		return 0;
	}
	return PST_E_CORRUPT;
}
