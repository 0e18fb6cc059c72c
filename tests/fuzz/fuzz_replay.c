/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "devices/replay/replay.h"

#define FRAMES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(struct pst_device *device)
{
	struct pst_error error = {0};
	struct pst_frame frame;
	int status = pst_device_start(device, &error);

	for (int i = 0; i < FRAMES_MAX && (status >= 0 || status == PST_E_CORRUPT); i++) {
		error = (struct pst_error){0};
		status = pst_device_next(device, &frame, &error);
		if (status != 1) {
			continue;
		}
		if (pst_device_map(device, &frame, &error) == 0 &&
			pst_frame_check(&frame, &error) < 0) {
			abort();
		}
		pst_device_release(device, &frame);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_device *device = NULL;
	struct pst_error error = {0};
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || pst_fd_write_full(fd, data, size) < 0) {
		abort();
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int status = pst_replay_open(&device, path, PST_PACE_MAX, &error);

	if (status == 0) {
		play(device);
	} else if (!error.text[0]) {
		abort();
	}
	pst_device_close(&device);
	(void)close(fd);
	return 0;
}
