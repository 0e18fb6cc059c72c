/* SPDX-License-Identifier: Apache-2.0 */
/* Makes itself new code. */
#include <stddef.h>
#include <sys/mman.h>

#include "base.h"

static void act(struct base *self)
{
	(void)mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

HOSTILE_AT_FRAME(act);
