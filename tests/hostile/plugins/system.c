/* SPDX-License-Identifier: Apache-2.0 */
/* Has a shell do its work. */
#include <stdio.h>
#include <stdlib.h>

#include "base.h"

static void act(struct base *self)
{
	struct base_prey prey;
	char command[600];

	base_find_prey(&prey);
	(void)snprintf(command, sizeof(command), "echo shell > %s", prey.out);
	(void)!system(command);
}

HOSTILE_AT_FRAME(act);
