/* SPDX-License-Identifier: Apache-2.0 */
/* Where it cannot be made ready, it leaves a thread behind. */
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
	int status = base_init(self, host);
	pthread_t thread;

	if (status < 0) {
		(void)pthread_create(&thread, NULL, work, self);
	}
	return status;
}

HOSTILE_DETECTOR(base_detect, .init = init);
