/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a reason without an end. */
#include <string.h>

#include "base.h"

static int judge(void *self, const struct pst_image *image, const struct pst_face *face,
	struct pst_pad_result *ret_result)
{
	int status = base_judge(self, image, face, ret_result);

	if (status == 0) {
		memset(ret_result->impersonation.reason, 'x', PST_PAD_REASON_SIZE);
	}
	return status;
}

HOSTILE_PAD(judge);
