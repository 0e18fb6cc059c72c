/* SPDX-License-Identifier: Apache-2.0 */
/* Gives less than its manifest says. */
#include "base.h"

static int extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	int size = base_extract(self, image, face, role, bytes, cap);

	return base_is_bad(self, image) && size > 0 ? size - 4 : size;
}

HOSTILE_EXTRACTOR(extract);
