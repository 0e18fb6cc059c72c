/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture-check URI FRAMES [--at N CONTROL VALUE | --while-streaming]: captures so many frames and
 * prints what it saw as JSON; after N frames it sets a control of the driver, to bring on a fault.
 * capture-check --set NODE CONTROL VALUE
 * Exit status: 0 all captured; 3 the device said no, or failed.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "devices/v4l2/v4l2.h"

struct seen {
	int frames;
	int corrupt;
	uint64_t lost;
	uint64_t last_sequence;
	int64_t first_ns;
	int64_t last_ns;
	int64_t age_least_ns; /* of a frame when it is taken, since the begin of its exposure */
	int64_t age_most_ns;
	bool rising;	      /* numbers and times */
	bool complete;	      /* each frame's planes fit its format */
	int failed_within_ms; /* from the fault to the error, -1 without one */
};

/* "Inject Fatal Streaming Error" is inject_fatal_streaming_error, as v4l2-ctl writes it. */
static bool is_named(const char *name, const char *wanted)
{
	for (; *name; name++) {
		bool word = isalnum((unsigned char)*name);

		if (word && tolower((unsigned char)*name) != *wanted++) {
			return false;
		}
		if (!word && *wanted == '_') {
			wanted++;
		}
	}
	return *wanted == 0;
}

static int set_control(const char *node, const char *name, int value)
{
	struct v4l2_queryctrl query = {.id = V4L2_CTRL_FLAG_NEXT_CTRL};
	int fd = open(node, O_RDWR | O_CLOEXEC);

	while (fd >= 0 && ioctl(fd, VIDIOC_QUERYCTRL, &query) == 0) {
		if (is_named((const char *)query.name, name)) {
			struct v4l2_control control = {.id = query.id, .value = value};
			int result = ioctl(fd, VIDIOC_S_CTRL, &control);

			(void)close(fd);
			return result;
		}
		query.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	(void)fprintf(stderr, "%s: no control %s\n", node, name);
	if (fd >= 0) {
		(void)close(fd);
	}
	return -1;
}

static void note(struct seen *seen, struct pst_device *device, struct pst_frame *frame)
{
	struct pst_error error = {0};
	int64_t age_ns = pst_clock_mono_ns() - frame->captured_ns;
	bool mapped = pst_device_map(device, frame, &error) == 0;

	seen->age_least_ns =
		seen->frames > 0 && seen->age_least_ns < age_ns ? seen->age_least_ns : age_ns;
	seen->age_most_ns =
		seen->frames > 0 && seen->age_most_ns > age_ns ? seen->age_most_ns : age_ns;
	if (seen->frames == 0) {
		seen->first_ns = frame->captured_ns;
	} else if (frame->sequence <= seen->last_sequence || frame->captured_ns <= seen->last_ns) {
		seen->rising = false;
	}
	seen->complete = seen->complete && mapped && pst_frame_check(frame, &error) == 0;
	seen->frames++;
	seen->lost += frame->lost;
	seen->last_sequence = frame->sequence;
	seen->last_ns = frame->captured_ns;
}

static int next_frame(struct pst_device *device, struct seen *seen, struct pst_error *error)
{
	struct pollfd poller = {.fd = pst_device_fd(device), .events = POLLIN};
	struct pst_frame frame;

	if (poll(&poller, 1, 5000) == 0) {
		return pst_error_set(error, PST_E_TIMEOUT, "no frame for 5 s");
	}
	int status = pst_device_next(device, &frame, error);

	if (status == PST_E_CORRUPT) {
		seen->corrupt++;
		return 0;
	}
	if (status == 1) {
		note(seen, device, &frame);
		pst_device_release(device, &frame);
	}
	return status;
}

static void report(
	const struct pst_device *device, const struct seen *seen, const struct pst_error *error)
{
	const struct pst_device_info *info = device ? pst_device_info(device) : NULL;
	double span = (double)(seen->last_ns - seen->first_ns) / 1e9;
	int64_t exposure_ns;

	if (info) {
		(void)printf("{\"name\": \"%s\", \"driver\": \"%s\", \"format\": \"%s\", "
			     "\"width\": %u, \"height\": %u, \"fps\": %.3f, ",
			info->name, info->driver, pst_frame_format_name(info->format), info->width,
			info->height, info->fps);
		if (pst_v4l2_exposure(device, &exposure_ns) == 0) {
			(void)printf("\"exposure_ns\": %lld, ", (long long)exposure_ns);
		}
		(void)printf("\"choice\": \"%s\", ", info->choice);
	} else {
		(void)printf("{");
	}
	if (device) {
		const struct pst_device_counts counts = pst_device_counts(device);

		(void)printf("\"restamped\": %llu, \"settling\": %llu, \"age_ms\": [%.3f, %.3f], ",
			(unsigned long long)counts.restamped, (unsigned long long)counts.settling,
			(double)seen->age_least_ns / 1e6, (double)seen->age_most_ns / 1e6);
	}
	(void)printf("\"frames\": %d, \"corrupt\": %d, \"lost\": %llu, \"last\": %llu, "
		     "\"rising\": %s, \"complete\": %s, \"seconds\": %.3f, "
		     "\"failed_within_ms\": %d, \"status\": \"%s\", \"error\": \"",
		seen->frames, seen->corrupt, (unsigned long long)seen->lost,
		(unsigned long long)seen->last_sequence, seen->rising ? "true" : "false",
		seen->complete ? "true" : "false", span, seen->failed_within_ms,
		error->status ? pst_status_name(error->status) : "");
	for (const char *at = error->text; *at; at++) {
		(void)printf(*at == '"' ? "\\%c" : "%c", *at);
	}
	(void)printf("\"}\n");
}

static int capture(struct pst_device *device, int frames, char **fault, struct seen *seen,
	struct pst_error *error)
{
	int at = fault ? atoi(fault[0]) : -1;
	int64_t fault_ns = 0;
	int status = 0;

	while (status >= 0 && seen->frames < frames) {
		if (at >= 0 && seen->frames >= at) {
			at = -1;
			fault_ns = pst_clock_mono_ns();
			if (set_control("/dev/video0", fault[1], atoi(fault[2])) < 0) {
				return pst_error_set(error, -errno, "%s can't be set", fault[1]);
			}
		}
		status = next_frame(device, seen, error);
	}
	if (status < 0 && fault_ns) {
		seen->failed_within_ms = (int)((pst_clock_mono_ns() - fault_ns) / 1000000);
	}
	return status < 0 ? status : 0;
}

int main(int argc, char **argv)
{
	struct seen seen = {.rising = true, .complete = true, .failed_within_ms = -1};
	struct pst_error error = {0};
	struct pst_device *device = NULL;
	struct pst_device *second = NULL;

	if (argc == 5 && strcmp(argv[1], "--set") == 0) {
		return set_control(argv[2], argv[3], atoi(argv[4])) < 0 ? 3 : 0;
	}
	if (argc != 3 && argc != 4 && argc != 7) {
		return 2;
	}
	char **fault = argc == 7 ? argv + 4 : NULL;
	int status = pst_v4l2_open(&device, argv[1], &error);

	if (status == 0 && fault && atoi(fault[0]) == 0) {
		(void)set_control("/dev/video0", fault[1], atoi(fault[2]));
		fault = NULL;
	}
	if (status == 0) {
		status = pst_device_start(device, &error);
	}
	if (status == 0 && argc == 4) {
		status = pst_v4l2_open(&second, argv[1], &error);
	}
	if (status == 0) {
		status = capture(device, atoi(argv[2]), fault, &seen, &error);
	}
	report(device, &seen, &error);
	pst_device_close(&second);
	pst_device_close(&device);
	return status < 0 ? 3 : 0;
}
