/* SPDX-License-Identifier: Apache-2.0 */
/* Tells another process. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct base_prey prey;

	base_find_prey(&prey);
	(void)memcpy(address.sun_path, prey.socket, sizeof(address.sun_path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		(void)!write(fd, "face", 4);
	}
}

HOSTILE_AT_FRAME(act);
