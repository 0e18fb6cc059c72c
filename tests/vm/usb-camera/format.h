/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_FORMAT_H
#define USB_CAMERA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SIZES_MAX 8
#define INTERVALS_MAX 8
#define SIZE_STEP_X 16 /* px: sizes are whole blocks of a 4:2:2 JPEG */
#define SIZE_STEP_Y 8

enum format {
	FORMAT_UNSET = 0,
	FORMAT_MJPEG,
	FORMAT_YUYV,
	FORMAT_UYVY,
	FORMAT_NV12,
	FORMAT_GREY,
	FORMAT_Y16,
	FORMAT_COUNT,
};

struct size {
	uint16_t width, height; /* px */
};

/** What the camera offers. Every format comes in every size; see modes_intervals() for rates. */
struct modes {
	enum format formats[FORMAT_COUNT];
	unsigned format_count;
	struct size sizes[SIZES_MAX];
	unsigned size_count;
	uint32_t intervals[INTERVALS_MAX]; /* 100 ns, shortest first */
	unsigned interval_count;
	uint32_t bus_bytes; /* per second: a raw mode above it isn't offered */
};

/** @return "MJPEG", "YUYV", ...; "unset" */
const char *format_name(enum format format);

/** @return FORMAT_UNSET if there is none of this name, upper or lower case */
enum format format_by_name(const char *name);

/** The 16 bytes by which a UVC descriptor names a raw format. */
void format_guid(enum format format, uint8_t guid[16]);

/** @return bits of a pixel, 0 for MJPEG */
unsigned format_bits(enum format format);

/** @return bytes of a raw frame; of MJPEG the most that a frame may have */
uint32_t format_bytes(enum format format, struct size size);

/**
 * The frame intervals of one mode: those of the camera that the bus has room for, or else the
 * shortest of some slow ones that it has room for.
 *
 * @param intervals  room for INTERVALS_MAX entries, 100 ns, shortest first
 * @return count, at least 1
 */
unsigned modes_intervals(
	const struct modes *modes, enum format format, struct size size, uint32_t *intervals);

/** Reads "640x480". @return 0, or PST_E_CONFIG with the error filled */
int size_parse(const char *text, struct size *ret, struct pst_error *error) PST_MUST_CHECK;

#endif
