/* SPDX-License-Identifier: Apache-2.0 */
/* Crashes at its end. */
#include <stdlib.h>

#include "base.h"

static void finish(void *self)
{
	abort();
}

HOSTILE_DETECTOR(base_detect, .finish = finish);
