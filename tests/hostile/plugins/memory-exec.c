/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a program into memory, and becomes it. */
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	static const char script[] = "#!/bin/sh\nsleep 20\n";
	char name[] = "x";
	char *const arguments[] = {name, NULL};
	int fd = memfd_create("x", 0);

	(void)!write(fd, script, sizeof(script) - 1);
	(void)fexecve(fd, arguments, arguments + 1);
}

HOSTILE_AT_FRAME(act);
