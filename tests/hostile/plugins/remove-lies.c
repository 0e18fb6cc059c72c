/* SPDX-License-Identifier: Apache-2.0 */
/* Says that it removed, and did not. */
#include "base.h"

static int remove_none(void *self, uint64_t key)
{
	return 1;
}

HOSTILE_MATCHER(.remove = remove_none);
