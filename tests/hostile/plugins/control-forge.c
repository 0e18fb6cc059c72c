/* SPDX-License-Identifier: Apache-2.0 */
/* Answers in the worker's place. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	uint8_t answer[256];

	memset(answer, 0x5a, sizeof(answer));
	(void)!write(3, answer, sizeof(answer));
}

HOSTILE_AT_FRAME(act);
