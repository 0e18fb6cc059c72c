/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a file that everybody may read. */
#include <fcntl.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	(void)close(open("/etc/passwd", O_RDONLY));
}

HOSTILE_AT_FRAME(act);
