/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for itself. */
#include <pthread.h>

#include "base.h"

static void act(struct base *self)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	(void)pthread_mutex_lock(&lock);
	(void)pthread_mutex_lock(&lock);
}

HOSTILE_AT_FRAME(act);
