/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a part, and claims the whole. */
#include <string.h>

#include "base.h"

static int extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	uint8_t whole[BASE_DIMENSION * sizeof(float)];
	int size = base_extract(self, image, face, role, whole, sizeof(whole));

	if (size > (int)cap) {
		return PST_E_FORMAT;
	}
	if (size > 0) {
		memcpy(bytes, whole, sizeof(whole) / 2);
	}
	return size;
}

HOSTILE_EXTRACTOR(extract);
