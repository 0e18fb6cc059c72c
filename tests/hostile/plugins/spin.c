/* SPDX-License-Identifier: Apache-2.0 */
/* Turns in a circle. */
#include "base.h"

static void act(struct base *self)
{
	for (volatile uint32_t turns = 0;; turns++) {
	}
}

HOSTILE_AT_FRAME(act);
