/* SPDX-License-Identifier: Apache-2.0 */
/* Writes where nothing is. */
#include "base.h"

static void act(struct base *self)
{
	int *volatile nowhere = (int *)(uintptr_t)8;

	*nowhere = 1;
}

HOSTILE_AT_FRAME(act);
