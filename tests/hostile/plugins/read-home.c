/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a person's file, and tells what it says. */
#include <fcntl.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	struct base_prey prey;
	char text[64] = "";

	base_find_prey(&prey);
	int fd = open(prey.file, O_RDONLY);

	if (fd >= 0) {
		(void)!read(fd, text, sizeof(text) - 1);
		(void)close(fd);
	}
	if (text[0]) {
		self->host->log(self->host, PST_LOG_INFO, text);
	}
}

HOSTILE_AT_FRAME(act);
