/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes while it is made ready. */
#include "base.h"

static void act(struct base *self)
{
	__builtin_trap();
}

HOSTILE_AT_INIT(act);
