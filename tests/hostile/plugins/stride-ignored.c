/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a row to be as long as the picture is wide. */
#include "base.h"

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	struct pst_image packed = *image;

	packed.stride = image->width * (image->format == PST_PIXELS_GREY8 ? 1 : 3);
	return base_detect(self, &packed, faces, cap);
}

HOSTILE_DETECTOR(detect);
