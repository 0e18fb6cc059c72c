/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a world of its own. */
#include <sched.h>

#include "base.h"

static void act(struct base *self)
{
	(void)unshare(CLONE_NEWUSER | CLONE_NEWNS);
}

HOSTILE_AT_FRAME(act);
