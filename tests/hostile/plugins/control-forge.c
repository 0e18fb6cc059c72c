/* SPDX-License-Identifier: Apache-2.0 */
/* Answers in the worker's place. */
#include <string.h>
#include <sys/socket.h>

#include "base.h"

static void act(struct base *self)
{
	uint8_t answer[256];

	memset(answer, 0x5a, sizeof(answer));
	(void)send(3, answer, sizeof(answer), 0);
}

HOSTILE_AT_FRAME(act);
