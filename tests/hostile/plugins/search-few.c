/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the best alone. */
#include "base.h"

static int search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	int count = base_search(self, probe, size, candidates, cap);

	return count > 1 ? 1 : count;
}

HOSTILE_MATCHER(.search = search);
