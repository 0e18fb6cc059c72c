/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes when it is loaded, before anything of it is called. */
#include "base.h"

__attribute__((constructor)) static void begin(void)
{
	__builtin_trap();
}

HOSTILE_DETECTOR(base_detect);
