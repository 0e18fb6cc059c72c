/* SPDX-License-Identifier: Apache-2.0 */
/* Has a child. */
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	if (fork() == 0) {
		(void)sleep(20);
		_exit(0);
	}
}

HOSTILE_AT_FRAME(act);
