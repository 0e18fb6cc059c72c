/* SPDX-License-Identifier: Apache-2.0 */
/* Becomes a program that lies in memory only. */
#include <sys/mman.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	char name[] = "x";
	char *const arguments[] = {name, NULL};
	int fd = memfd_create(name, 0);

	(void)fexecve(fd, arguments, arguments + 1);
}

HOSTILE_AT_FRAME(act);
