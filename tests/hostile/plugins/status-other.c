/* SPDX-License-Identifier: Apache-2.0 */
/* Answers with a status that is no plugin's to give. */
#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	int count = base_detect(self, image, faces, cap);

	return base_is_bad(self, image) ? PST_E_UNSAFE : count;
}

HOSTILE_DETECTOR(detect);
