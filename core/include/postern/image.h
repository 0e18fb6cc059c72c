/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_IMAGE_H
#define POSTERN_IMAGE_H

#include <stdint.h>

/**
 * Pixel formats a plugin may be handed: the one its manifest names, and no other; travels as
 * uint32_t. Since abi 1.0
 */
enum pst_pixels {
	PST_PIXELS_UNSET = 0,
	PST_PIXELS_GREY8 = 1, /* 1 byte, luma, full range 0..255 */
	PST_PIXELS_RGB24 = 2, /* 3 bytes, R first */
	PST_PIXELS_BGR24 = 3, /* 3 bytes, B first */
};

/** A picture, borrowed until the call returns; read-only. Since abi 1.0 */
struct pst_image {
	uint32_t size;	 /* sizeof(struct pst_image) of the host */
	uint32_t format; /* enum pst_pixels */
	uint32_t width;	 /* px, 1..16384 */
	uint32_t height; /* px, 1..16384 */
	uint32_t stride; /* bytes from row to row, may exceed width * bytes per pixel */
	uint32_t reserved;
	const uint8_t *pixels; /* top row first; of each row only width * bytes per pixel are to be
				  read: what stands between rows is anything */
};

/**
 * A point in image space, px, x to the right, y down; the centre of the first pixel is 0, 0.
 * Finite. Since abi 1.0
 */
struct pst_point {
	float x;
	float y;
};

#endif
