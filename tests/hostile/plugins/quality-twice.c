/* SPDX-License-Identifier: Apache-2.0 */
/* Gives one measure twice. */
#include "base.h"

static int assess(void *self, const struct pst_image *image, const struct pst_face *face,
	float scale, struct pst_quality_component *components, uint32_t cap)
{
	int count = base_assess(self, image, face, scale, components, cap);

	if (count > 1) {
		components[1].measure = components[0].measure;
	}
	return count;
}

HOSTILE_QUALITY(assess);
