/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCREEN_SPECTRUM_H
#define SCREEN_SPECTRUM_H

#include <stdint.h>

#include "postern/image.h"

#define SPECTRUM_SIDE 128 /* samples, a power of two */

/** Work space; wipe it after use, it holds a face. */
struct spectrum {
	float window[SPECTRUM_SIDE];
	float re[SPECTRUM_SIDE][SPECTRUM_SIDE];
	float im[SPECTRUM_SIDE][SPECTRUM_SIDE];
};

void spectrum_init(struct spectrum *spectrum);

struct reading {
	float peak;   /* how far the strongest peak stands out of its ring: the natural logarithm
			 of its power less the mean of those at the same distance from the middle,
			 in which texture without a period is even */
	float detail; /* the mean logarithm of the power of the finest that is looked at */
};

/** @param image  GREY8, at least SPECTRUM_SIDE px each way; the middle of it is looked at */
struct reading spectrum_read(struct spectrum *spectrum, const struct pst_image *image);

void spectrum_wipe(struct spectrum *spectrum);

#endif
