/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the best twice. */
#include "base.h"

static int search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	int count = base_search(self, probe, size, candidates, cap);

	if (count > 1) {
		candidates[1] = candidates[0];
	}
	return count;
}

HOSTILE_MATCHER(.search = search);
