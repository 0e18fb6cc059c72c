/* SPDX-License-Identifier: Apache-2.0 */
/* Answers with a status that is no plugin's to give. */
#include "base.h"

static int extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	int size = base_extract(self, image, face, role, bytes, cap);

	return base_is_bad(self, image) ? PST_E_UNSAFE : size;
}

HOSTILE_EXTRACTOR(extract);
