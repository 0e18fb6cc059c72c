/* SPDX-License-Identifier: Apache-2.0 */
/* Prints. */
#include <stdio.h>

#include "base.h"

static void act(struct base *self)
{
	(void)printf("a face\n");
	(void)fflush(stdout);
}

HOSTILE_AT_FRAME(act);
