/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into its parent's memory. */
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	char bytes[64];
	struct iovec here = {bytes, sizeof(bytes)}, there = {self, sizeof(bytes)};

	(void)process_vm_readv(getppid(), &here, 1, &there, 1, 0);
	(void)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

HOSTILE_AT_FRAME(act);
