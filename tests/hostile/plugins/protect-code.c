/* SPDX-License-Identifier: Apache-2.0 */
/* Makes data code. */
#include <sys/mman.h>

#include "base.h"

static uint8_t page[8192] __attribute__((aligned(4096)));

static void act(struct base *self)
{
	(void)mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

HOSTILE_AT_FRAME(act);
