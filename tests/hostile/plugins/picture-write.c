/* SPDX-License-Identifier: Apache-2.0 */
/* Paints over the picture. */
#include <string.h>

#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	int count = base_detect(self, image, faces, cap);

	if (base_is_bad(self, image)) {
		memset((uint8_t *)(uintptr_t)image->pixels, 0, image->stride);
	}
	return count;
}

HOSTILE_DETECTOR(detect);
