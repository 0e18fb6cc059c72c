/* SPDX-License-Identifier: Apache-2.0 */
/* Has no end. */
#include <unistd.h>

#include "base.h"

static void finish(void *self)
{
	for (;;) {
		(void)pause();
	}
}

HOSTILE_DETECTOR(base_detect, .finish = finish);
