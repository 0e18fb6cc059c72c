/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the trace of a camera that showed a recording, for tests of what plays traces:
 *
 *   camera-trace RECORDING OUT.trace FROM_MS TO_MS
 *
 * Frames captured from FROM_MS on and before TO_MS are looked at, as under a permit.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "devices/replay/replay.h"
#include "devices/v4l2/trace.h"
#include "support/fake_v4l2.h"

#define BASE_NS (5000 * PST_NS_PER_S)

static struct pst_error error;

static void die(const char *what)
{
	(void)fprintf(stderr, "camera-trace: %s: %s\n", what, error.text);
	exit(2);
}

static int write_bytes(void *user, const void *data, size_t size, struct pst_error *why)
{
	int status = pst_fd_write_full(*(int *)user, data, size);

	return status < 0 ? pst_error_set(why, status, "can't be written") : 0;
}

/* One frame of the recording through the camera. @return whether there was one */
static bool pass(struct pst_device *from, struct fake_camera *camera, struct pst_device *to,
	const int64_t range_ns[2])
{
	struct pst_frame frame;

	if (pst_device_next(from, &frame, &error) != 1) {
		return false;
	}
	int64_t at_ns = frame.captured_ns;

	if (pst_device_map(from, &frame, &error) < 0) {
		die("recording");
	}
	camera->fake->now_ns = BASE_NS + at_ns;
	(void)fake_push(camera, &(struct fake_frame){.bytes = frame.plane[0].data,
					.size = frame.plane[0].size,
					.flags = V4L2_BUF_FLAG_TSTAMP_SRC_SOE});
	pst_device_release(from, &frame);
	if (pst_device_next(to, &frame, &error) != 1) {
		die("camera");
	}
	if (at_ns >= range_ns[0] && at_ns < range_ns[1] && pst_device_map(to, &frame, &error) < 0) {
		die("camera");
	}
	pst_device_release(to, &frame);
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		(void)fprintf(stderr, "camera-trace: RECORDING OUT.trace FROM_MS TO_MS\n");
		return 2;
	}
	const int64_t range_ns[2] = {
		atoll(argv[3]) * PST_NS_PER_MS, atoll(argv[4]) * PST_NS_PER_MS};
	struct fake_v4l2 *fake = fake_v4l2_create();
	struct fake_camera *camera = fake_camera_add(fake, "/dev/video0", "A");
	struct pst_device *from = NULL;
	struct pst_device *to = NULL;
	int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const struct pst_output output = {.write = write_bytes, .user = &fd};

	if (fd < 0 || pst_replay_open(&from, argv[1], PST_PACE_MAX, &error) < 0 ||
		pst_device_start(from, &error) < 0) {
		die("recording");
	}
	const struct pst_device_info *info = pst_device_info(from);

	camera->modes = 1;
	camera->mode[0] =
		(struct fake_mode){V4L2_PIX_FMT_MJPEG, info->width, info->height, {info->fps}};
	fake->now_ns = BASE_NS;
	if (pst_trace_record(&to, &fake->backend, "v4l2:/dev/video0?settle=off", &output, &error) <
			0 ||
		pst_device_start(to, &error) < 0) {
		die("camera");
	}
	while (pass(from, camera, to, range_ns)) {
	}
	pst_device_close(&to);
	pst_device_close(&from);
	fake_v4l2_destroy(&fake);
	return close(fd) < 0 ? 2 : 0;
}
