/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes over a face. */
#include "base.h"

static int extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	if (base_is_bad(self, image)) {
		__builtin_trap();
	}
	return base_extract(self, image, face, role, bytes, cap);
}

HOSTILE_EXTRACTOR(extract);
