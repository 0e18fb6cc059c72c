/* SPDX-License-Identifier: Apache-2.0 */
/* Changes the environment of its neighbours. */
#include <stdlib.h>

#include "base.h"

static void act(struct base *self)
{
	(void)setenv("LANG", "de_DE.UTF-8", 1);
}

HOSTILE_AT_INIT(act);
