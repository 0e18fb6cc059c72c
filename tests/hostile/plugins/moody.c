/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as it pleases: the same picture, another box. */
#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	int count = base_detect(self, image, faces, cap);

	if (count > 0) {
		faces[0].x += (float)(((struct base *)self)->calls++ % 7);
	}
	return count;
}

HOSTILE_DETECTOR(detect);
