/* SPDX-License-Identifier: Apache-2.0 */
/* Takes all memory that it gets, and does not look whether it got it. */
#include <stdlib.h>

#include "base.h"

#define BLOCK (64 << 20)

static void act(struct base *self)
{
	for (;;) {
		char *volatile block = malloc(BLOCK);

		block[0] = 1;
	}
}

HOSTILE_AT_FRAME(act);
