/* SPDX-License-Identifier: Apache-2.0 */
/* Forgets to give memory back. */
#include <stdlib.h>
#include <string.h>

#include "base.h"

static void act(struct base *self)
{
	void *volatile lost = malloc(1 << 18);

	if (lost) {
		memset(lost, 1, 1 << 18);
	}
}

HOSTILE_AT_FRAME(act);
