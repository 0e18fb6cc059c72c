/* SPDX-License-Identifier: Apache-2.0 */
/* Reads on where the picture ends. */
#include <stddef.h>

#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	const uint8_t *end = image->pixels + (size_t)image->height * image->stride;
	volatile uint32_t sum = 0;

	if (base_is_bad(self, image)) {
		for (uint32_t i = 0; i < 1U << 31; i++) {
			sum += end[i];
		}
	}
	return base_detect(self, image, faces, cap);
}

HOSTILE_DETECTOR(detect);
