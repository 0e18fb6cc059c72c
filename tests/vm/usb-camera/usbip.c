/* SPDX-License-Identifier: Apache-2.0 */
#include "usbip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define VHCI "/sys/devices/platform/vhci_hcd.0/"
#define SOCKET_BYTES (4 << 20)
#define BUS_NUMBER 1

enum {
	CMD_SUBMIT = 1,
	CMD_UNLINK = 2,
	RET_SUBMIT = 3,
	RET_UNLINK = 4,
	SPEED_HIGH = 3, /* enum usb_device_speed */
	SPEED_SUPER = 5,
};

static uint32_t get(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void put(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 24);
	to[1] = (uint8_t)(value >> 16);
	to[2] = (uint8_t)(value >> 8);
	to[3] = (uint8_t)value;
}

/* The SuperSpeed ports are numbered after those of high speed; the status file lists them all. */
static int first_port(bool super, struct pst_error *error)
{
	FILE *file = fopen(VHCI "status", "re");
	int first = -1;
	char line[128], hub[8];
	unsigned port;

	if (!file) {
		return pst_error_set(error, -ENODEV,
			"no virtual USB port here: load the module (modprobe vhci-hcd)");
	}
	while (first < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%7s %u", hub, &port) == 2 &&
			strcmp(hub, super ? "ss" : "hs") == 0) {
			first = (int)port;
		}
	}
	(void)fclose(file);
	if (first < 0) {
		return pst_error_set(error, -ENODEV, "vhci_hcd has no %s port",
			super ? "SuperSpeed" : "high speed");
	}
	return first;
}

static int write_attach(int port, int socket, bool super, struct pst_error *error)
{
	char text[64];
	int size = snprintf(text, sizeof(text), "%d %d %d %d", port, socket,
		BUS_NUMBER << 16 | (port + 1), super ? SPEED_SUPER : SPEED_HIGH);
	int fd = open(VHCI "attach", O_WRONLY | O_CLOEXEC);
	int status = fd < 0 || write(fd, text, (size_t)size) < 0 ? -errno : 0;

	pst_fd_close(&fd);
	if (status == -EACCES || status == -EPERM) {
		return pst_error_set(error, status, "only root may plug into vhci_hcd");
	}
	if (status == -EBUSY) {
		return pst_error_set(error, status, "port %d of vhci_hcd is taken", port);
	}
	if (status < 0) {
		return pst_error_set(
			error, status, "port %d of vhci_hcd: %s", port, pst_status_text(status));
	}
	return 0;
}

int usbip_attach(struct usbip_link *link, unsigned port, bool super, struct pst_error *error)
{
	int pair[2], room = SOCKET_BYTES;
	int first = first_port(super, error);

	if (first < 0) {
		return first;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		return pst_error_set(error, -errno, "no socket: %s", strerror(errno));
	}
	/* Without root it is the system's limit, which is slower and no worse. */
	if (setsockopt(pair[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0) {
		(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	}
	int status = write_attach(first + (int)port, pair[1], super, error);

	pst_fd_close(&pair[1]);
	if (status < 0) {
		pst_fd_close(&pair[0]);
		return status;
	}
	link->fd = pair[0];
	link->begin = link->end = 0;
	return 0;
}

void usbip_detach(struct usbip_link *link)
{
	pst_fd_close(&link->fd);
}

int usbip_receive(struct usbip_link *link)
{
	if (link->begin > 0) {
		memmove(link->buffer, link->buffer + link->begin, link->end - link->begin);
		link->end -= link->begin;
		link->begin = 0;
	}
	ssize_t count = recv(
		link->fd, link->buffer + link->end, sizeof(link->buffer) - link->end, MSG_DONTWAIT);

	if (count < 0) {
		return errno == EAGAIN || errno == EINTR ? 0
		       : errno == ECONNRESET		 ? -EPIPE
							 : -errno;
	}
	link->end += (size_t)count;
	return count == 0 ? -EPIPE : 0;
}

ssize_t usbip_parse(const uint8_t *data, size_t size, struct usbip_command *ret)
{
	struct usbip_command command = {0};
	size_t whole = USBIP_HEADER;

	if (size < USBIP_HEADER) {
		return 0;
	}
	command.seqnum = get(data + 4);
	command.in = get(data + 12) != 0;
	command.endpoint = get(data + 16);
	if (get(data) == CMD_UNLINK) {
		command.kind = USBIP_UNLINK;
		command.target = get(data + 20);
	} else if (get(data) == CMD_SUBMIT) {
		command.kind = USBIP_SUBMIT;
		command.length = get(data + 24);
		command.packets = get(data + 32);
		memcpy(command.setup, data + 40, sizeof(command.setup));
		if (command.packets == UINT32_MAX) {
			command.packets = 0;
		}
		if (!command.in) {
			command.out = data + whole;
			if (command.length > USBIP_OUT_MAX) {
				return -EPROTO;
			}
			whole += command.length;
		}
		if (command.packets > USBIP_PACKETS_MAX) {
			return -EPROTO;
		}
		command.descriptors = data + whole;
		whole += (size_t)command.packets * USBIP_PACKET;
	} else {
		return -EPROTO;
	}
	if (size < whole) {
		return 0;
	}
	*ret = command;
	return (ssize_t)whole;
}

int usbip_next(struct usbip_link *link, struct usbip_command *ret)
{
	ssize_t used = usbip_parse(link->buffer + link->begin, link->end - link->begin, ret);

	if (used > 0) {
		link->begin += (size_t)used;
		return 1;
	}
	return (int)used;
}

void usbip_put_answer(uint8_t header[USBIP_HEADER], uint32_t seqnum, int status, uint32_t actual,
	uint32_t packets, uint32_t errors)
{
	memset(header, 0, USBIP_HEADER);
	put(header, RET_SUBMIT);
	put(header + 4, seqnum);
	put(header + 20, (uint32_t)status);
	put(header + 24, actual);
	put(header + 32, packets);
	put(header + 36, errors);
}

void usbip_put_packet(uint8_t descriptor[USBIP_PACKET], uint32_t actual, int status)
{
	put(descriptor + 8, actual);
	put(descriptor + 12, (uint32_t)status);
}

uint32_t usbip_packet_length(const uint8_t descriptor[USBIP_PACKET])
{
	return get(descriptor + 4);
}

int usbip_answer(
	struct usbip_link *link, uint32_t seqnum, int status, const uint8_t *data, size_t size)
{
	uint8_t header[USBIP_HEADER];

	usbip_put_answer(header, seqnum, status, (uint32_t)size, 0, 0);
	int sent = usbip_send(link, header, sizeof(header));

	return sent == 0 && data && size ? usbip_send(link, data, size) : sent;
}

int usbip_answer_unlink(struct usbip_link *link, uint32_t seqnum, bool found)
{
	uint8_t header[USBIP_HEADER] = {0};

	put(header, RET_UNLINK);
	put(header + 4, seqnum);
	put(header + 20, found ? (uint32_t)-ECONNRESET : 0);
	return usbip_send(link, header, sizeof(header));
}

int usbip_send(struct usbip_link *link, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (size > 0) {
		ssize_t count = send(link->fd, from, size, MSG_NOSIGNAL);

		if (count < 0 && errno != EINTR) {
			return errno == ECONNRESET ? -EPIPE : -errno;
		}
		if (count > 0) {
			from += count;
			size -= (size_t)count;
		}
	}
	return 0;
}
