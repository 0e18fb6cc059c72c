/* SPDX-License-Identifier: Apache-2.0 */
/* Its scores are no numbers. */
#include <math.h>

#include "base.h"

static int verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	int status = base_verify(self, probe, size, key, ret_score);

	if (status == 0) {
		*ret_score = NAN;
	}
	return status;
}

HOSTILE_MATCHER(.verify = verify);
