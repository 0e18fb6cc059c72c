/* SPDX-License-Identifier: Apache-2.0 */
/* Takes all memory there is. */
#include <stdlib.h>
#include <string.h>

#include "base.h"

static void act(struct base *self)
{
	for (;;) {
		void *block = malloc(1 << 24);

		if (!block) {
			abort();
		}
		memset(block, 1, 1 << 24);
	}
}

HOSTILE_AT_FRAME(act);
