/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a file when it is loaded. */
#include <fcntl.h>
#include <unistd.h>

#include "base.h"

__attribute__((constructor)) static void begin(void)
{
	struct base_prey prey;

	base_find_prey(&prey);
	int fd = open(prey.out, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd >= 0) {
		(void)!write(fd, "loaded", 6);
		(void)close(fd);
	}
}

HOSTILE_DETECTOR(base_detect);
