/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one face more than there is room for. */
#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	int count = base_detect(self, image, faces, cap);

	if (count > 0 && base_is_bad(self, image)) {
		for (uint32_t i = 1; i <= cap; i++) {
			faces[i] = faces[0];
		}
		return (int)cap;
	}
	return count;
}

HOSTILE_DETECTOR(detect);
