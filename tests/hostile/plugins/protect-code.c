/* SPDX-License-Identifier: Apache-2.0 */
/* Makes what it wrote code. */
#include <sys/mman.h>

#include "base.h"

static void act(struct base *self)
{
	static uint8_t page[8192] __attribute__((aligned(4096)));

	page[0] = 0xc3;
	(void)mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

HOSTILE_AT_FRAME(act);
