/* SPDX-License-Identifier: Apache-2.0 */
/* Closes what the worker talks to the lane by. */
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	(void)close(3);
}

HOSTILE_AT_FRAME(act);
