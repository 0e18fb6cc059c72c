/* SPDX-License-Identifier: Apache-2.0 */
/* Goes elsewhere while it is made ready. */
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	(void)!chdir("/tmp");
}

HOSTILE_AT_INIT(act);
