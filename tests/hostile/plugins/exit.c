/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the process in an orderly way. */
#include <stdlib.h>

#include "base.h"

static void act(struct base *self)
{
	exit(0);
}

HOSTILE_AT_FRAME(act);
