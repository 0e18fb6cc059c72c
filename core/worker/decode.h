/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_DECODE_H
#define PST_WORKER_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "frame/frame.h"
#include "worker/jpeg.h"
#include "worker/near.h"
#include "worker/picture.h"

/**
 * Turns frames into pictures. YUV is taken as BT.601 of limited range, as USB cameras send it;
 * JPEG, GREY and Y16 as full range. Of Y16 the largest sample of a frame tells how many bits the
 * camera uses, 8, 10, 12, 14 or 16, for the format doesn't; a dark frame may so come out brighter.
 * Memory is kept between frames.
 */
struct pst_decoder {
	struct pst_jpeg *jpeg;
	struct pst_scratch full;   /* a picture on its way to another size */
	struct pst_scratch scaled; /* the same at its new size */
};

/** @return 0 or -ENOMEM */
int pst_decoder_init(struct pst_decoder *decoder) PST_MUST_CHECK;

/** Overwrites all that was decoded. */
void pst_decoder_wipe(struct pst_decoder *decoder);

/** Wipes and frees. Accepts a zeroed struct. */
void pst_decoder_finish(struct pst_decoder *decoder);

/**
 * Decodes a whole frame to a size at most its own, into the upper left of the picture; what the
 * picture has beyond stays as it is.
 *
 * @param frame    checked with pst_frame_check
 * @param picture  shaped by the caller, at least width x height px; its format is the target
 * @param fine     for chips: exact colour; else for detection: faster
 * @return 0; PST_E_CORRUPT the JPEG is damaged; PST_E_FORMAT; -ENOMEM
 */
int pst_decode(struct pst_decoder *decoder, const struct pst_frame *frame, uint32_t width,
	uint32_t height, bool fine, struct pst_picture *picture) PST_MUST_CHECK;

/**
 * Decodes the part of a frame that a chip is taken from, at full scale or, of a JPEG, at half,
 * quarter or eighth scale as long as that is not coarser than wanted. The result may hold more than
 * the part.
 *
 * @param part     full image px, within the frame
 * @param coarsest the coarsest scale still wanted, full px per picture px, >= 1
 * @param picture  shaped here, in the format given
 * @return as pst_decode
 */
int pst_decode_part(struct pst_decoder *decoder, const struct pst_frame *frame,
	const struct pst_rect *part, float coarsest, enum pst_pixels format,
	struct pst_picture *picture, struct pst_geometry *ret_geometry) PST_MUST_CHECK;

/**
 * Decodes a square of a frame. Of a JPEG all that is above its lower edge is decoded at its scale,
 * and the square lies in it; whether a JPEG is whole, who took it from the source has found out.
 *
 * @param picture    shaped here, in the format given; holds the pixels
 * @param ret_image  the square alone, px wide and high
 * @return as pst_decode
 */
int pst_decode_square(struct pst_decoder *decoder, const struct pst_frame *frame,
	const struct pst_square *square, enum pst_pixels format, struct pst_picture *picture,
	struct pst_image *ret_image, struct pst_geometry *ret_geometry) PST_MUST_CHECK;

/**
 * Converts a decoded picture to another format and a size at most its own, into the upper left of
 * another, as pst_decode does.
 *
 * @param picture  shaped by the caller, at least width x height px; its format is the target
 * @return 0; PST_E_FORMAT; -ENOMEM
 */
int pst_decode_image(struct pst_decoder *decoder, const struct pst_image *image, uint32_t width,
	uint32_t height, struct pst_picture *picture) PST_MUST_CHECK;

#endif
