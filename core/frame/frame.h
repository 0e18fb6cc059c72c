/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_FRAME_FRAME_H
#define PST_FRAME_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PST_FRAME_PLANES_MAX 3
#define PST_FRAME_SIDE_MAX 16384 /* px */

/**
 * What a device may hand over. X(name, text, fourcc, planes)
 * MJPEG: one plane, plane[0].size bytes of one JPEG. YUYV: 4:2:2 packed. NV12: Y, then UV
 * interleaved. GREY: 8-bit luma. I420: Y, U, V, 4:2:0. BGR24: B first. UYVY: 4:2:2 packed, U first.
 * Y16: luma in 16 bits, low byte first, of which a camera may use fewer, the low ones.
 */
#define PST_FRAME_FORMAT_MAP(X)                                                                    \
	X(MJPEG, "mjpeg", "MJPG", 1)                                                               \
	X(YUYV, "yuyv", "YUYV", 1)                                                                 \
	X(NV12, "nv12", "NV12", 2)                                                                 \
	X(GREY, "grey", "GREY", 1)                                                                 \
	X(I420, "i420", "YU12", 3)                                                                 \
	X(BGR24, "bgr24", "BGR3", 1)                                                               \
	X(UYVY, "uyvy", "UYVY", 1)                                                                 \
	X(Y16, "y16", "Y16 ", 1)

#define PST_FRAME_FORMAT_LAST PST_FRAME_FORMAT_Y16

enum pst_frame_format {
	PST_FRAME_FORMAT_UNSET = 0,
#define PST_FRAME_FORMAT_ENUM(name, text, fourcc, planes) PST_FRAME_FORMAT_##name,
	PST_FRAME_FORMAT_MAP(PST_FRAME_FORMAT_ENUM)
#undef PST_FRAME_FORMAT_ENUM
};

struct pst_frame_plane {
	const uint8_t *data; /* borrowed from the device until the frame is released */
	uint32_t stride;     /* bytes from row to row; 0 for MJPEG */
	uint32_t size;	     /* bytes at data */
};

/**
 * A picture as a device hands it over; nobody has read its bytes yet.
 *
 * The bytes are in the driver's own buffer; the holder gives it back with pst_device_release.
 */
struct pst_frame {
	uint64_t sequence; /* the source's own number: strictly rising, a gap is a loss */
	/* Begin of exposure, as far as the source tells. CLOCK_MONOTONIC if live or paced real,
	 * else position from 0. Strictly rising, and no later than when it was handed over. */
	int64_t captured_ns;
	enum pst_frame_format format;
	uint32_t width;	 /* px, 1..PST_FRAME_SIDE_MAX */
	uint32_t height; /* px */
	uint32_t lost;	 /* frames the driver lost since the one before */
	bool settling;	 /* whole, but the exposure has not settled yet */
	struct pst_frame_plane plane[PST_FRAME_PLANES_MAX];
	uint64_t token; /* the device's own */
};

/** @return "mjpeg", ...; "unset" for anything else */
const char *pst_frame_format_name(enum pst_frame_format format);

/** @return planes of the format, 0 for unset */
uint32_t pst_frame_format_planes(enum pst_frame_format format);

/** @return rows of one plane: height, or half of it rounded up for subsampled chroma */
uint32_t pst_frame_plane_rows(enum pst_frame_format format, uint32_t plane, uint32_t height);

/** @return bytes that one row of the plane holds without padding; 0 for MJPEG */
uint32_t pst_frame_plane_row_bytes(enum pst_frame_format format, uint32_t plane, uint32_t width);

/**
 * Checks that sizes, strides and plane sizes fit the format, so that a reader of width x height
 * pixels stays within the planes. MJPEG: only that plane 0 holds bytes; it isn't looked into.
 *
 * @return 0, or PST_E_CORRUPT with the error filled
 */
int pst_frame_check(const struct pst_frame *frame, struct pst_error *error) PST_MUST_CHECK;

#endif
