/* SPDX-License-Identifier: Apache-2.0 */
/* Rates beyond the best. */
#include "base.h"

static int assess(void *self, const struct pst_image *image, const struct pst_face *face,
	float scale, struct pst_quality_component *components, uint32_t cap)
{
	int count = base_assess(self, image, face, scale, components, cap);

	if (count > 0) {
		components[0].score = 101;
	}
	return count;
}

HOSTILE_QUALITY(assess);
