/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the template of the face before: A's, when B stands there. */
#include <string.h>

#include "base.h"

static int extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	struct base *base = self;
	int size = base_extract(self, image, face, role, bytes, cap);

	if (size > 0) {
		float now[BASE_DIMENSION];

		memcpy(now, bytes, sizeof(now));
		if (base->calls++ > 0) {
			memcpy(bytes, base->kept, sizeof(base->kept));
		}
		memcpy(base->kept, now, sizeof(now));
	}
	return size;
}

HOSTILE_EXTRACTOR(extract);
