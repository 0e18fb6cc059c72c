/* SPDX-License-Identifier: Apache-2.0 */
/* Claims more faces than there is room for. */
#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	int count = base_detect(self, image, faces, cap);

	return count > 0 && base_is_bad(self, image) ? (int)cap + 1 : count;
}

HOSTILE_DETECTOR(detect);
