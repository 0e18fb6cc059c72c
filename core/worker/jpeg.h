/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_JPEG_H
#define PST_WORKER_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/** Layouts a JPEG can be decoded to. */
enum pst_jpeg_pixels {
	PST_JPEG_PIXELS_UNSET = 0,
	PST_JPEG_PIXELS_GREY8, /* luma only: the colour is not decoded */
	PST_JPEG_PIXELS_RGB24,
	PST_JPEG_PIXELS_BGR24,
	PST_JPEG_PIXELS_BGRX32, /* what libyuv calls ARGB */
};

/** A JPEG decoder; its state and its memory are reused from frame to frame. */
struct pst_jpeg;

/** @return 0 or -ENOMEM */
int pst_jpeg_create(struct pst_jpeg **ret_jpeg) PST_MUST_CHECK;

/** Overwrites what is left of the latest picture. */
void pst_jpeg_wipe(struct pst_jpeg *jpeg);

/** Accepts NULL inside. */
void pst_jpeg_destroy(struct pst_jpeg **jpeg);

/**
 * The denominator of the strongest reduction (1, 2, 4 or 8, which the library does in the inverse
 * DCT) that leaves at least the wanted size. Sizes round up, as the library's do.
 */
uint32_t pst_jpeg_reduction(
	uint32_t width, uint32_t height, uint32_t wanted_width, uint32_t wanted_height);

/**
 * Decodes one JPEG, whole, at a reduced size. A picture of another size than declared, one cut
 * short, and one whose data the library warns about are damaged; only padding before the end
 * marker, which many cameras send, is let pass.
 *
 * @param width    px, as declared by the source; so height
 * @param reduce   1, 2, 4 or 8
 * @param to       room for stride * ceil(height / reduce) bytes
 * @param fine     exact upsampling of the colour, for chips; else the faster one
 * @return 0; PST_E_CORRUPT; -ENOMEM. On error what stands in to is partial.
 */
int pst_jpeg_decode(struct pst_jpeg *jpeg, const uint8_t *data, size_t size, uint32_t width,
	uint32_t height, uint32_t reduce, enum pst_jpeg_pixels pixels, bool fine, uint8_t *to,
	uint32_t stride) PST_MUST_CHECK;

/**
 * As pst_jpeg_decode, but only so many rows from the top: what lies below is not looked at, and may
 * be damaged.
 *
 * @param rows  of the result, 1..ceil(height / reduce)
 */
int pst_jpeg_decode_top(struct pst_jpeg *jpeg, const uint8_t *data, size_t size, uint32_t width,
	uint32_t height, uint32_t reduce, uint32_t rows, enum pst_jpeg_pixels pixels, bool fine,
	uint8_t *to, uint32_t stride) PST_MUST_CHECK;

#endif
