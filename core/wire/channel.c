/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int pst_wire_channel_init(struct pst_wire_channel *channel, int fd)
{
	channel->fd = fd;
	channel->buffer = malloc(PST_WIRE_SIZE_MAX);
	return channel->buffer ? 0 : -ENOMEM;
}

void pst_wire_channel_finish(struct pst_wire_channel *channel)
{
	if (channel->buffer) {
		explicit_bzero(channel->buffer, PST_WIRE_SIZE_MAX);
		free(channel->buffer);
	}
	*channel = (struct pst_wire_channel){.fd = -1};
}

/* What must not stay in a buffer until something larger comes. */
static bool is_secret(enum pst_wire_type type)
{
	return type == PST_WIRE_TEMPLATE || type == PST_WIRE_MASKED || type == PST_WIRE_ADD ||
	       type == PST_WIRE_VERIFY || type == PST_WIRE_SEARCH || type == PST_WIRE_ADD_BATCH ||
	       type == PST_WIRE_SEARCH_BATCH;
}

int pst_wire_send(
	struct pst_wire_channel *channel, const struct pst_wire_message *message, int flags)
{
	int size = pst_wire_encode(message, channel->buffer);
	int status;
	ssize_t sent;

	if (size < 0) {
		return size;
	}
	do {
		sent = send(channel->fd, channel->buffer, (size_t)size, flags | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	status = sent < 0 ? -errno : 0;
	if (is_secret(message->type)) {
		explicit_bzero(channel->buffer, (size_t)size);
	}
	return status;
}

int pst_wire_receive(
	struct pst_wire_channel *channel, struct pst_wire_message *ret_message, int flags)
{
	ssize_t size;
	int status;

	do {
		size = recv(channel->fd, channel->buffer, PST_WIRE_SIZE_MAX, flags | MSG_TRUNC);
	} while (size < 0 && errno == EINTR);
	if (size < 0) {
		return errno == ECONNRESET ? 0 : -errno;
	}
	if (size == 0) {
		return 0;
	}
	if (size > PST_WIRE_SIZE_MAX) {
		return PST_E_CORRUPT;
	}
	status = pst_wire_decode(channel->buffer, (size_t)size, ret_message);
	if (status == 0 && is_secret(ret_message->type)) {
		explicit_bzero(channel->buffer, (size_t)size);
	}
	return status < 0 ? status : 1;
}
