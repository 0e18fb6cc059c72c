/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the face of the picture before. */
#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	struct base *base = self;
	int count = base_detect(self, image, faces, cap);

	if (count > 0) {
		struct pst_face now = faces[0];

		faces[0] = base->calls > 0 ? base->last : now;
		base->last = now;
		base->calls++;
	}
	return count;
}

HOSTILE_DETECTOR(detect);
