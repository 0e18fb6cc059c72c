/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_CHIP_H
#define TEST_SUPPORT_CHIP_H

#include <stdint.h>

#include "postern/image.h"

/**
 * Turns an RGB picture into one of another format and size by averaging, padded with black.
 *
 * @param ret_image  pixels are malloc'ed: chip_free
 */
void chip_scale(const uint8_t *rgb, uint32_t width, uint32_t height, uint32_t size,
	uint32_t multiple, uint32_t format, struct pst_image *ret_image, float *ret_scale);

/**
 * Cuts an aligned face out of an RGB picture: the similarity that brings the landmarks nearest to
 * the reference (least squares), sampled bilinearly, averaged where the picture is finer.
 */
void chip_align(const uint8_t *rgb, uint32_t width, uint32_t height,
	const struct pst_point *landmarks, const struct pst_point *reference, uint32_t chip_width,
	uint32_t chip_height, uint32_t format, struct pst_image *ret_image);

void chip_free(struct pst_image *image);

#endif
