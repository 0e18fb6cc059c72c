/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a template that is no number. */
#include <math.h>
#include <string.h>

#include "base.h"

static int extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	int size = base_extract(self, image, face, role, bytes, cap);

	if (size > 0 && base_is_bad(self, image)) {
		memcpy(bytes, &(float){NAN}, sizeof(float));
	}
	return size;
}

HOSTILE_EXTRACTOR(extract);
