/* SPDX-License-Identifier: Apache-2.0 */
/* Gives an answer that there is not. */
#include "base.h"

static int judge(void *self, const struct pst_image *image, const struct pst_face *face,
	struct pst_pad_result *ret_result)
{
	int status = base_judge(self, image, face, ret_result);

	if (status == 0) {
		ret_result->impersonation.answer = 9;
	}
	return status;
}

HOSTILE_PAD(judge);
