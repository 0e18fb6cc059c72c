/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for nothing. */
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	for (;;) {
		(void)pause();
	}
}

HOSTILE_AT_FRAME(act);
