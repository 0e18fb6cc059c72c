/* SPDX-License-Identifier: Apache-2.0 */
/* Fails while it is made ready, and leaves a thread behind. */
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

static int init(void *self, const struct pst_host *host)
{
	pthread_t thread;

	(void)pthread_create(&thread, NULL, work, self);
	return PST_E_PLUGIN;
}

HOSTILE_DETECTOR(base_detect, .init = init);
