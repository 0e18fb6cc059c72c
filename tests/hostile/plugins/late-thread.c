/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a thread when it has a picture. */
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "base.h"

static void *work(void *self)
{
	for (;;) {
		(void)pause();
	}
	return NULL;
}

static void act(struct base *self)
{
	pthread_t thread;

	(void)pthread_create(&thread, NULL, work, self);
}

HOSTILE_AT_FRAME(act);
