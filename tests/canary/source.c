/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of core/cli/source.c, and nothing else is replaced: the commands of postern on the
 * canary camera. The URI is canary:SOCKET,MEMORY,FPS, the first two being descriptors.
 */
#include "cli/source.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "camera.h"
#include "devices/impl.h"
#include "mark.h"

struct canary {
	struct pst_device device;
	int socket;
	uint8_t *memory; /* the camera's buffers: CANARY_BUFFERS of CANARY_ROOM bytes */
};

static int canary_start(struct pst_device *device, struct pst_error *error)
{
	return 0;
}

static void canary_stop(struct pst_device *device)
{
}

static int canary_fd(const struct pst_device *device)
{
	return -1;
}

static int canary_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	struct canary *canary = (struct canary *)device;
	struct canary_frame message;

	if (recv(canary->socket, &message, sizeof(message), 0) != sizeof(message)) {
		return PST_E_END;
	}
	if (message.damaged) {
		device->counts.flagged++;
		return pst_error_set(error, PST_E_CORRUPT, "canary: damaged");
	}
	assert(message.buffer < CANARY_BUFFERS && message.size <= CANARY_ROOM);
	*ret_frame = (struct pst_frame){.sequence = message.number,
		.captured_ns = message.captured_ns,
		.format = PST_FRAME_FORMAT_MJPEG,
		.width = CANARY_WIDTH,
		.height = CANARY_HEIGHT,
		.plane = {{canary->memory + (size_t)message.buffer * CANARY_ROOM, 0, message.size}},
		.token = message.buffer};
	return 1;
}

static void canary_release(struct pst_device *device, struct pst_frame *frame)
{
	uint32_t buffer = (uint32_t)frame->token;

	(void)send(((struct canary *)device)->socket, &buffer, sizeof(buffer), MSG_NOSIGNAL);
}

static void canary_destroy(struct pst_device *device)
{
	struct canary *canary = (struct canary *)device;

	(void)munmap(canary->memory, (size_t)CANARY_BUFFERS * CANARY_ROOM);
	(void)close(canary->socket);
	free(canary);
}

static const struct pst_device_ops canary_ops = {
	.start = canary_start,
	.stop = canary_stop,
	.fd = canary_fd,
	.next = canary_next,
	.release = canary_release,
	.destroy = canary_destroy,
};

int pst_cli_source_open(struct pst_device **ret_device, const char *uri, enum pst_pace pace,
	struct pst_cli_key *key, bool *ret_sealed, struct pst_error *error)
{
	struct canary *canary = calloc(1, sizeof(*canary));
	int memory = -1;
	double fps = 0;

	if (ret_sealed) {
		*ret_sealed = false;
	}
	if (!canary || sscanf(uri, "canary:%d,%d,%lf", &canary->socket, &memory, &fps) != 3) {
		free(canary);
		return pst_error_set(error, PST_E_CONFIG, "%s: not canary:SOCKET,MEMORY,FPS", uri);
	}
	canary->memory =
		mmap(NULL, (size_t)CANARY_BUFFERS * CANARY_ROOM, PROT_READ, MAP_SHARED, memory, 0);
	(void)close(memory);
	if (canary->memory == MAP_FAILED) {
		free(canary);
		return pst_error_set(error, PST_E_DEVICE, "%s: its memory can't be mapped", uri);
	}
	(void)fcntl(canary->socket, F_SETFD, FD_CLOEXEC);
	canary->device = (struct pst_device){.ops = &canary_ops,
		.info = {.name = "canary",
			.driver = "canary",
			.format = PST_FRAME_FORMAT_MJPEG,
			.width = CANARY_WIDTH,
			.height = CANARY_HEIGHT,
			.fps = fps,
			.domain = PST_DOMAIN_DRAWN}};
	(void)snprintf(canary->device.info.uri, sizeof(canary->device.info.uri), "%s", uri);
	*ret_device = &canary->device;
	return 0;
}
