/* SPDX-License-Identifier: Apache-2.0 */
/* Changes its limits. */
#include <sys/resource.h>

#include "base.h"

static void act(struct base *self)
{
	struct rlimit limit = {1024, 4096};

	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

HOSTILE_AT_FRAME(act);
