/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_CONVERT_H
#define USB_CAMERA_CONVERT_H

#include "format.h"

/** A picture as planes of 4:2:2: luma of its size, chroma of half the width. */
struct planar {
	struct size size;
	uint8_t *planes[3]; /* owned, in one piece at planes[0] */
};

/**
 * Decodes a JPEG and scales it.
 *
 * @param size    of the outcome
 * @param ret     on success the caller's, freed with planar_finish()
 * @return 0; PST_E_CORRUPT it can't be decoded; -ENOMEM; error filled
 */
int planar_decode(const uint8_t *jpeg, size_t bytes, struct size size, struct planar *ret,
	struct pst_error *error) PST_MUST_CHECK;

/** Accepts a zeroed one. */
void planar_finish(struct planar *planar);

/**
 * Writes a raw frame.
 *
 * @param to  room for format_bytes() bytes
 */
void planar_pack(const struct planar *planar, enum format format, uint8_t *to);

/** Reads the size out of a JPEG's header. @return 0 or PST_E_CORRUPT with the error filled */
int planar_size(const uint8_t *jpeg, size_t bytes, struct size *ret,
	struct pst_error *error) PST_MUST_CHECK;

#endif
