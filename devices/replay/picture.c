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
	JPEG_APP1 = 0xe1,
	JPEG_TEM = 0x01,
};

#define TIFF_ENTRIES_AT 8 /* the first directory usually follows the header at once */
#define TIFF_ORIENTATION 0x0112
#define TIFF_SHORT 3

static uint32_t be16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t be32(const uint8_t *from)
{
	return be16(from) << 16 | be16(from + 2);
}

static uint32_t le16(const uint8_t *from)
{
	return (uint32_t)from[1] << 8 | from[0];
}

static uint32_t le32(const uint8_t *from)
{
	return le16(from + 2) << 16 | le16(from);
}

static bool is_frame_header(uint8_t marker)
{
	return marker >= JPEG_SOF0 && marker <= JPEG_SOF15 && marker != JPEG_DHT &&
	       marker != JPEG_JPG && marker != JPEG_DAC;
}

/*
 * Finds the next segment that carries a length, from *at on, and moves *at behind it.
 *
 * @return its marker, with its content in *ret_data; 0: there is none before the scan
 */
static uint8_t next_segment(
	const uint8_t *data, size_t size, size_t *at, const uint8_t **ret_data, size_t *ret_size)
{
	while (*at + 4 <= size && data[*at] == 0xff) {
		uint8_t marker = data[*at + 1];

		if (marker == 0xff) {
			(*at)++;
			continue;
		}
		if (marker == JPEG_TEM || (marker >= JPEG_RST0 && marker <= JPEG_SOI)) {
			*at += 2;
			continue;
		}
		if (marker == JPEG_SOS || marker == JPEG_EOI) {
			break;
		}
		size_t length = be16(data + *at + 2);
		size_t left = size - *at - 4;

		*ret_data = data + *at + 4;
		*ret_size = length < 2 ? 0 : length - 2 < left ? length - 2 : left;
		*at += 2 + length;
		return marker;
	}
	return 0;
}

static int jpeg_size(const uint8_t *data, size_t size, uint32_t *ret_width, uint32_t *ret_height)
{
	const uint8_t *segment;
	size_t length;
	size_t at = 2;

	for (uint8_t marker; (marker = next_segment(data, size, &at, &segment, &length));) {
		if (is_frame_header(marker)) {
			if (length < 5) {
				break;
			}
			*ret_height = be16(segment + 1);
			*ret_width = be16(segment + 3);
			return 0;
		}
	}
	return PST_E_CORRUPT;
}

/* A TIFF header and a directory of 12-byte entries, in the byte order that the header names. */
static uint32_t exif_orientation(const uint8_t *tiff, size_t size)
{
	if (size < 14 || (memcmp(tiff, "II*", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0)) {
		return 0;
	}
	bool little = tiff[0] == 'I';
	size_t at = little ? le32(tiff + 4) : be32(tiff + 4);

	if (at < TIFF_ENTRIES_AT || at > size - 2) {
		return 0;
	}
	uint32_t entries = little ? le16(tiff + at) : be16(tiff + at);

	at += 2;
	for (uint32_t i = 0; i < entries && size - at >= 12; i++, at += 12) {
		uint32_t tag = little ? le16(tiff + at) : be16(tiff + at);
		uint32_t type = little ? le16(tiff + at + 2) : be16(tiff + at + 2);

		if (tag == TIFF_ORIENTATION && type == TIFF_SHORT) {
			return little ? le16(tiff + at + 8) : be16(tiff + at + 8);
		}
	}
	return 0;
}

int pst_replay_picture_turn(const uint8_t *data, size_t size)
{
	/* What has to be done to orientation 1 to 8; 0 and what lies beyond: nothing is said. */
	static const int turns[] = {0, 0, -1, 180, -1, -1, 90, -1, 270};
	const uint8_t *segment;
	size_t length;
	size_t at = 2;

	if (size < 4 || data[0] != 0xff || data[1] != JPEG_SOI) {
		return 0;
	}
	for (uint8_t marker; (marker = next_segment(data, size, &at, &segment, &length));) {
		if (marker == JPEG_APP1 && length > 6 && memcmp(segment, "Exif\0", 6) == 0) {
			uint32_t orientation = exif_orientation(segment + 6, length - 6);

			return orientation < sizeof(turns) / sizeof(turns[0]) ? turns[orientation]
									      : 0;
		}
	}
	return 0;
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
