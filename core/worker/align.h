/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_ALIGN_H
#define PST_WORKER_ALIGN_H

#include <stdint.h>

#include "base/error.h"
#include "postern/detector.h"
#include "postern/image.h"
#include "worker/picture.h"

/** x' = a x - b y + tx, y' = b x + a y + ty: turn, scale and move, never mirror or shear. */
struct pst_similarity {
	float a;
	float b;
	float tx;
	float ty;
};

/**
 * The similarity that brings points nearest to others in the least squares sense (S. Umeyama,
 * "Least-squares estimation of transformation parameters between two point patterns", IEEE PAMI
 * 13(4), 1991; in the plane, without mirroring, it has this closed form).
 *
 * @return 0, or PST_E_NO_FACE when the points fall into one
 */
int pst_similarity_fit(const struct pst_point *from, const struct pst_point *to, uint32_t count,
	struct pst_similarity *ret_similarity) PST_MUST_CHECK;

struct pst_point pst_similarity_apply(const struct pst_similarity *s, struct pst_point point);

/** @return the way back; the similarity must not be degenerate */
struct pst_similarity pst_similarity_invert(const struct pst_similarity *s);

/**
 * Part of the image that a chip is taken from, with a margin for interpolation.
 *
 * @return 0, or PST_E_NO_FACE when none of it lies inside the image
 */
int pst_align_part(const struct pst_similarity *to_chip, uint32_t chip_width, uint32_t chip_height,
	uint32_t image_width, uint32_t image_height, struct pst_rect *ret_part) PST_MUST_CHECK;

/**
 * Fills a chip by bilinear interpolation; what lies outside the picture is black.
 *
 * @param picture   of the chip's format
 * @param geometry  where the picture's pixels lie in the full image
 * @param to_chip   full image space to chip
 * @param chip      shaped by the caller
 */
void pst_align_warp(const struct pst_image *picture, const struct pst_geometry *geometry,
	const struct pst_similarity *to_chip, struct pst_picture *chip);

/** A face as it lies in a chip: its landmarks, and the box around where its box's corners go. */
void pst_align_face(const struct pst_similarity *to_chip, const struct pst_face *face,
	struct pst_face *ret_face);

/**
 * Gives a face without landmarks the mean positions within its box, as frontal cascades frame it
 * (eyes at 0.40 of the height, mouth at 0.76: measured against YuNet on recorded and drawn faces).
 */
void pst_align_guess_landmarks(struct pst_face *face);

#endif
