/* SPDX-License-Identifier: Apache-2.0 */
/* Says in a search what it does not say of one. */
#include "base.h"

static int search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	int count = base_search(self, probe, size, candidates, cap);

	for (int i = 0; i < count; i++) {
		candidates[i].score /= 2;
	}
	return count;
}

HOSTILE_MATCHER(.search = search);
