/* SPDX-License-Identifier: Apache-2.0 */
/* Asks for a ring of requests that no filter sees. */
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	uint8_t parameters[120] = {0};

	(void)syscall(SYS_io_uring_setup, 4, parameters);
}

HOSTILE_AT_FRAME(act);
