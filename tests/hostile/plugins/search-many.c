/* SPDX-License-Identifier: Apache-2.0 */
/* Claims more candidates than there is room for. */
#include "base.h"

static int search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	int count = base_search(self, probe, size, candidates, cap);

	return count > 0 ? (int)cap + 1 : count;
}

HOSTILE_MATCHER(.search = search);
