/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "devices/v4l2/camera.h"
#include "support/fake_v4l2.h"

/*
 * A driver that lies: its answers are changed, or fail, as the input says, while the device is
 * opened, started, read from and unplugged in an order that the input gives too: its first half
 * holds the steps, the second the lies.
 */

#define STEPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	const uint8_t *data;
	size_t size;
	size_t at;
};

static uint8_t take(struct script *script)
{
	return script->at < script->size ? script->data[script->at++] : 0;
}

/* Mostly the truth; else an error, or one to four bytes of the answer changed. */
static int lie(struct fake_camera *camera, unsigned long request, void *argument, int status)
{
	static const int errors[] = {
		-EIO, -EPROTO, -ENODEV, -EAGAIN, -EINVAL, -ENOSPC, -EBUSY, -ENOTTY, -ENOMEM};
	struct script *script = camera->user;
	uint8_t what = take(script);
	size_t room = _IOC_SIZE(request);

	if (what < 0xe0) {
		return status;
	}
	if (what < 0xe8) {
		return errors[take(script) % (sizeof(errors) / sizeof(errors[0]))];
	}
	/* Pointers in an answer are the caller's own, which no driver changes. */
	if (request == VIDIOC_G_EXT_CTRLS || request == VIDIOC_S_EXT_CTRLS ||
		request == VIDIOC_TRY_EXT_CTRLS || !(_IOC_DIR(request) & _IOC_READ)) {
		return status;
	}
	for (int i = 0; i <= what % 4; i++) {
		size_t place = (size_t)(take(script) << 8 | take(script)) % room;

		((uint8_t *)argument)[place] = take(script);
	}
	return status;
}

static void expect(bool condition)
{
	if (!condition) {
		abort();
	}
}

static void push(struct fake_camera *camera, struct script *script)
{
	uint8_t kind = take(script);
	struct fake_frame frame = {.size = (size_t)take(script) * 256,
		.flags = kind & 1 ? V4L2_BUF_FLAG_ERROR : 0,
		.clock_unknown = kind & 2,
		.skipped = kind & 4 ? take(script) : 0,
		.stamped = kind & 8,
		.captured_ns = kind & 8 ? (int64_t)take(script) * PST_NS_PER_S : 0,
		.misplaced = kind & 16,
		.index = kind & 16 ? take(script) : 0};

	(void)fake_push(camera, &frame);
}

/* @return whether the device can be asked on */
static bool next(struct pst_device *device, int64_t *last_ns)
{
	struct pst_error error = {0};
	struct pst_frame frame = {0};
	int status = pst_device_next(device, &frame, &error);

	if (status == 1) {
		expect(frame.captured_ns > *last_ns);
		*last_ns = frame.captured_ns;
		int mapped = pst_device_map(device, &frame, &error);

		expect(mapped == 0 ? pst_frame_check(&frame, &error) == 0 : error.text[0] != 0);
		pst_device_release(device, &frame);
		return true;
	}
	expect(status == 0 || status == PST_E_CORRUPT ||
		(error.text[0] && pst_device_away(device) != PST_DEVICE_AWAY_UNSET));
	return status == 0 || status == PST_E_CORRUPT;
}

static void play(struct fake_camera *camera, struct pst_device *device, struct script *script)
{
	struct pst_error error = {0};
	bool streaming = false;
	int64_t last_ns = INT64_MIN;

	for (int i = 0; i < STEPS_MAX && script->at < script->size; i++) {
		uint8_t step = take(script);

		if (!streaming) {
			error = (struct pst_error){0};
			last_ns = INT64_MIN;
			streaming = pst_device_start(device, &error) == 0;
			expect(streaming || error.text[0]);
		} else if (step < 0x60) {
			push(camera, script);
		} else if (step < 0xe0) {
			streaming = next(device, &last_ns);
		} else if (step < 0xf0) {
			camera->fake->now_ns += take(script) * 10 * PST_NS_PER_MS;
			streaming = pst_device_check(device, &error) == 0;
		} else if (step < 0xfe || !camera->plugged) {
			streaming = false;
		} else {
			fake_unplug(camera);
		}
		if (!streaming) {
			pst_device_stop(device);
			expect(camera->fake->maps == 0);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const uris[] = {"v4l2:/dev/video0", "v4l2:/dev/video0?format=YUYV",
		"v4l2:/dev/video0?size=1280x720&settle=off", "v4l2:/dev/video0?fps=15",
		"v4l2:/dev/video0?controls=exposure_time_absolute:90,auto_exposure:manual_mode",
		"v4l2:/dev/video0?controls=focus_absolute:7"};
	struct script script = {data, size / 2, 0};
	struct script lies = {data + size / 2, size - size / 2, 0};
	struct fake_v4l2 *fake = fake_v4l2_create();
	struct fake_camera *camera = fake_camera_add(fake, "/dev/video0", "A");
	struct pst_device *device = NULL;
	struct pst_error error = {0};

	fake->now_ns = 100 * PST_NS_PER_S;
	uint8_t how = take(&script);
	const char *uri = uris[how % (sizeof(uris) / sizeof(uris[0]))];

	fake->usb_told = how & 0x80;
	camera->user = &lies;
	camera->after = lie;
	if (pst_v4l2_open_on(&device, &fake->backend, uri, &error) == 0) {
		play(camera, device, &script);
	} else {
		expect(error.text[0] && !device);
	}
	pst_device_close(&device);
	expect(fake->maps == 0);
	fake_v4l2_destroy(&fake);
	return 0;
}
