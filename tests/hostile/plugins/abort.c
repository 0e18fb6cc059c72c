/* SPDX-License-Identifier: Apache-2.0 */
/* Gives up, and the process with it. */
#include <stdlib.h>

#include "base.h"

static void act(struct base *self)
{
	abort();
}

HOSTILE_AT_FRAME(act);
