/* SPDX-License-Identifier: Apache-2.0 */
/* Has a child when it is loaded. */
#include <unistd.h>

#include "base.h"

__attribute__((constructor)) static void begin(void)
{
	if (fork() == 0) {
		(void)sleep(20);
		_exit(0);
	}
}

HOSTILE_DETECTOR(base_detect);
