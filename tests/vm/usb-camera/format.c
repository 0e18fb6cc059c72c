/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	const char *code; /* first four bytes of the GUID */
	unsigned bits;
} infos[FORMAT_COUNT] = {
	[FORMAT_UNSET] = {"unset", "", 0},
	[FORMAT_MJPEG] = {"MJPEG", "", 0},
	[FORMAT_YUYV] = {"YUYV", "YUY2", 16},
	[FORMAT_UYVY] = {"UYVY", "UYVY", 16},
	[FORMAT_NV12] = {"NV12", "NV12", 12},
	[FORMAT_GREY] = {"GREY", "Y800", 8},
	[FORMAT_Y16] = {"Y16", "Y16 ", 16},
};

const char *format_name(enum format format)
{
	return infos[format].name;
}

enum format format_by_name(const char *name)
{
	for (int i = FORMAT_MJPEG; i < FORMAT_COUNT; i++) {
		if (strcasecmp(infos[i].name, name) == 0) {
			return (enum format)i;
		}
	}
	return FORMAT_UNSET;
}

void format_guid(enum format format, uint8_t guid[16])
{
	static const uint8_t tail[12] = {0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};

	memcpy(guid, infos[format].code, 4);
	memcpy(guid + 4, tail, sizeof(tail));
}

unsigned format_bits(enum format format)
{
	return infos[format].bits;
}

uint32_t format_bytes(enum format format, struct size size)
{
	uint32_t bits = format == FORMAT_MJPEG ? 16 : infos[format].bits;

	return (uint32_t)size.width * size.height / 8 * bits;
}

static bool fits(const struct modes *modes, enum format format, struct size size, uint32_t interval)
{
	uint64_t rate = (uint64_t)format_bytes(format, size) * 10000000 / interval;

	return format == FORMAT_MJPEG || rate <= modes->bus_bytes;
}

unsigned modes_intervals(
	const struct modes *modes, enum format format, struct size size, uint32_t *intervals)
{
	static const uint32_t slow[] = {666666, 1000000, 2000000, 5000000, 10000000};
	unsigned count = 0;

	for (unsigned i = 0; i < modes->interval_count; i++) {
		if (fits(modes, format, size, modes->intervals[i])) {
			intervals[count++] = modes->intervals[i];
		}
	}
	for (unsigned i = 0; count == 0; i++) {
		if (i + 1 == sizeof(slow) / sizeof(slow[0]) || fits(modes, format, size, slow[i])) {
			intervals[count++] = slow[i];
		}
	}
	return count;
}

int size_parse(const char *text, struct size *ret, struct pst_error *error)
{
	unsigned width, height;
	char more;

	if (sscanf(text, "%5ux%5u%c", &width, &height, &more) != 2) {
		return pst_error_set(error, PST_E_CONFIG, "'%s' is no size such as 640x480", text);
	}
	if (width < 160 || width > 3840 || height < 120 || height > 2160) {
		return pst_error_set(
			error, PST_E_CONFIG, "sizes go from 160x120 to 3840x2160, not %s", text);
	}
	if (width % SIZE_STEP_X || height % SIZE_STEP_Y) {
		return pst_error_set(error, PST_E_CONFIG,
			"sizes are multiples of %dx%d, which %s is not", SIZE_STEP_X, SIZE_STEP_Y,
			text);
	}
	*ret = (struct size){(uint16_t)width, (uint16_t)height};
	return 0;
}
