/* SPDX-License-Identifier: Apache-2.0 */
/* Logs binary, long lines, and ten thousand of them. */
#include <string.h>

#include "base.h"

static void act(struct base *self)
{
	static char line[100001];

	memset(line, '\x1b', sizeof(line) - 1);
	for (int i = 0; i < 10000; i++) {
		line[i % 200 + 1] = 0;
		self->host->log(self->host, (uint32_t)i, line);
		line[i % 200 + 1] = (char)(i % 255 + 1);
	}
	self->host->log(self->host, PST_LOG_INFO, line);
}

HOSTILE_AT_FRAME(act);
