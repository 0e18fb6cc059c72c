/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FACEQUAL_LIGHT_H
#define FACEQUAL_LIGHT_H

#include "patch.h"

/** Light and detail of a whole patch. */
struct light {
	uint32_t count; /* samples within the picture */
	float mean;	/* luma, 0..255 */
	float deviation;
	float under;   /* part of the samples that are next to black */
	float over;    /* ... next to white */
	float entropy; /* of the luma, bits */
	float detail; /* root of the Laplacian's variance over the luma's: how fine the detail is */
};

void light_measure(const struct patch *patch, struct light *ret_light);

#endif
