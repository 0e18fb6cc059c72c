/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBPH_LIGHT_H
#define LBPH_LIGHT_H

#include "postern/image.h"

#include "lbph.h"

#define LIGHT_REACH 8 /* px, half width of the blurs */

/**
 * Takes the light out of a chip and leaves the structure: gamma 1/4, then the difference of two
 * Gaussians (Tan and Triggs, Enhanced local texture feature sets for face recognition under
 * difficult lighting conditions, 2010; their contrast equalisation changes no local order and is
 * left out).
 */
struct light {
	float gamma[256];
	float fine[2 * LIGHT_REACH + 1]; /* a separable kernel, sum 1 */
	float coarse[2 * LIGHT_REACH + 1];
	float input[CHIP_PIXELS];
	float rows[CHIP_PIXELS];
	float blurred[CHIP_PIXELS];
};

void light_init(struct light *light);

/** @param ret_plane  CHIP_WIDTH x CHIP_HEIGHT floats */
void light_normalise(struct light *light, const struct pst_image *chip, float *ret_plane);

/** Forgets the last chip. */
void light_wipe(struct light *light);

#endif
