/* SPDX-License-Identifier: Apache-2.0 */
/* Becomes another program. */
#include <stddef.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	(void)execl("/bin/sh", "sh", "-c", "sleep 20", NULL);
}

HOSTILE_AT_FRAME(act);
