/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what it sees in a file. */
#include <fcntl.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	struct base_prey prey;

	base_find_prey(&prey);
	int fd = open(prey.out, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0) {
		(void)!write(fd, "face", 4);
		(void)close(fd);
	}
}

HOSTILE_AT_FRAME(act);
