/* SPDX-License-Identifier: Apache-2.0 */
/* Ends its parent. */
#include <signal.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	(void)kill(getppid(), SIGKILL);
}

HOSTILE_AT_FRAME(act);
