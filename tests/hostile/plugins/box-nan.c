/* SPDX-License-Identifier: Apache-2.0 */
/* Sees a face that is nowhere. */
#include <math.h>

#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	int count = base_detect(self, image, faces, cap);

	if (count > 0 && base_is_bad(self, image)) {
		faces[0].x = NAN;
	}
	return count;
}

HOSTILE_DETECTOR(detect);
