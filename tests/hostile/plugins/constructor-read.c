/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a person's file when it is loaded, and tells what it says. */
#include <fcntl.h>
#include <unistd.h>

#include "base.h"

static char text[64];

__attribute__((constructor)) static void begin(void)
{
	struct base_prey prey;

	base_find_prey(&prey);
	int fd = open(prey.file, O_RDONLY);

	if (fd >= 0) {
		(void)!read(fd, text, sizeof(text) - 1);
	}
}

static int init(void *self, const struct pst_host *host)
{
	host->log(host, PST_LOG_INFO, text[0] ? text : "nothing to read");
	return base_init(self, host);
}

HOSTILE_DETECTOR(base_detect, .init = init);
