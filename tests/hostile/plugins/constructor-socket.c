/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for somebody to talk to when it is loaded. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base.h"

__attribute__((constructor)) static void begin(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct base_prey prey;

	base_find_prey(&prey);
	(void)memcpy(address.sun_path, prey.socket, sizeof(address.sun_path));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		(void)!write(fd, "loaded", 6);
	}
}

HOSTILE_DETECTOR(base_detect);
