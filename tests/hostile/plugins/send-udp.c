/* SPDX-License-Identifier: Apache-2.0 */
/* Tells somebody, and waits for no answer. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "base.h"

static void act(struct base *self)
{
	struct base_prey prey;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	base_find_prey(&prey);
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)prey.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)sendto(fd, "face", 4, 0, (struct sockaddr *)&address, sizeof(address));
}

HOSTILE_AT_FRAME(act);
