/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes when it is to compare. */
#include "base.h"

static int verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	if (((struct base *)self)->count > 0) {
		__builtin_trap();
	}
	return base_verify(self, probe, size, key, ret_score);
}

HOSTILE_MATCHER(.verify = verify);
