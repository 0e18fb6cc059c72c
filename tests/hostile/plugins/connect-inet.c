/* SPDX-License-Identifier: Apache-2.0 */
/* Tells somebody on the network. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"

static void act(struct base *self)
{
	struct base_prey prey;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	base_find_prey(&prey);
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)prey.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		(void)!write(fd, "face", 4);
	}
}

HOSTILE_AT_FRAME(act);
