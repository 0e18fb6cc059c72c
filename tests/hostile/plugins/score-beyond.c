/* SPDX-License-Identifier: Apache-2.0 */
/* Scores beyond its range. */
#include "base.h"

static int verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	int status = base_verify(self, probe, size, key, ret_score);

	if (status == 0) {
		*ret_score = 1000;
	}
	return status;
}

HOSTILE_MATCHER(.verify = verify);
