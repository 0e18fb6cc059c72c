/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes at its end. */
#include "base.h"

static void finish(void *self)
{
	__builtin_trap();
}

HOSTILE_DETECTOR(base_detect, .finish = finish);
