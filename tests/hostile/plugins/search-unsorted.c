/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the best last. */
#include "base.h"

static int search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	int count = base_search(self, probe, size, candidates, cap);

	for (int i = 0; i < count / 2; i++) {
		struct pst_candidate other = candidates[i];

		candidates[i] = candidates[count - 1 - i];
		candidates[count - 1 - i] = other;
	}
	return count;
}

HOSTILE_MATCHER(.search = search);
