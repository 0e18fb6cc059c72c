/* SPDX-License-Identifier: Apache-2.0 */
#include "live.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static void arm(int timer, int64_t due_ns)
{
	struct itimerspec at = {
		.it_value = {due_ns / PST_NS_PER_S, due_ns > 0 ? due_ns % PST_NS_PER_S : 0}};

	cr_assert_eq(timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL), 0);
}

static int64_t made_at(const struct live *live, uint32_t number)
{
	return live->begun_ns + (int64_t)(number + 1) * live->interval_ns;
}

/* What the driver did since: a full queue loses what comes. */
static void fill(struct live *live)
{
	int64_t now_ns = pst_clock_mono_ns();

	while (made_at(live, live->made) <= now_ns) {
		if (live->queued < LIVE_QUEUE) {
			live->number[live->queued++] = live->made;
		} else {
			live->lost_all++;
		}
		live->made++;
	}
}

static bool is_failing(const struct live *live)
{
	return live->fail_after > 0 && live->fails_left > 0 && live->handed >= live->fail_after;
}

/* The descriptor of a source that stalls stays silent. */
static void arm_next(struct live *live)
{
	if (is_failing(live) && live->fail_status == 0) {
		arm(live->timer, 0);
	} else {
		arm(live->timer, live->queued > 0 ? 1 : made_at(live, live->made));
	}
}

static int live_start(struct pst_device *device, struct pst_error *error)
{
	struct live *live = (struct live *)device;

	live->starts++;
	if (live->bad_starts > 0) {
		live->bad_starts--;
		device->away = PST_DEVICE_AWAY_FAILED;
		live->back_ns = pst_clock_mono_ns() + PST_NS_PER_MS;
		arm(live->back, live->back_ns);
		return pst_error_set(error, PST_E_DEVICE, "live: does not start");
	}
	if (live->narrows) {
		device->info.height = LIVE_HEIGHT / 2;
		(void)snprintf(device->info.choice, sizeof(device->info.choice), "half as high");
	}
	live->session++;
	live->made = live->handed = live->queued = 0;
	live->begun_ns = pst_clock_mono_ns();
	arm_next(live);
	return 0;
}

static void live_stop(struct pst_device *device)
{
	arm(((struct live *)device)->timer, 0);
}

static int live_fd(const struct pst_device *device)
{
	return ((const struct live *)device)->timer;
}

static int fail(struct live *live, struct pst_error *error)
{
	live->device.away = live->cause;
	live->fails_left -= live->fails_left != UINT32_MAX;
	live->back_ns = pst_clock_mono_ns() + live->away_ms * PST_NS_PER_MS;
	if (live->away_ms != UINT32_MAX) {
		arm(live->back, live->back_ns);
	}
	return pst_error_set(error, live->fail_status ? live->fail_status : PST_E_TIMEOUT,
		"live: \"Live\" is gone");
}

static int live_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	struct live *live = (struct live *)device;
	uint64_t expirations;

	(void)!read(live->timer, &expirations, sizeof(expirations));
	if (is_failing(live) && !live->fails_in_map && live->fail_status != 0) {
		return fail(live, error);
	}
	fill(live);
	if (live->queued == 0) {
		live->polls++;
		arm_next(live);
		return 0;
	}
	uint32_t number = live->number[0];
	const struct live_mark mark = {live->session, number, made_at(live, number)};
	uint8_t *picture = live->picture[number % LIVE_QUEUE];

	memmove(&live->number[0], &live->number[1], sizeof(live->number) - sizeof(uint32_t));
	live->queued--;
	memcpy(picture, &mark, sizeof(mark));
	*ret_frame = (struct pst_frame){.sequence = number,
		.captured_ns = mark.captured_ns,
		.format = PST_FRAME_FORMAT_GREY,
		.width = LIVE_WIDTH,
		.height = device->info.height,
		.settling = number < live->settling,
		.plane = {{picture, LIVE_WIDTH, LIVE_WIDTH * LIVE_HEIGHT}}};
	live->handed++;
	live->handed_all++;
	arm_next(live);
	return 1;
}

static int live_map(struct pst_device *device, struct pst_frame *frame, struct pst_error *error)
{
	struct live *live = (struct live *)device;

	return live->fails_in_map && is_failing(live) ? fail(live, error) : 0;
}

static void live_release(struct pst_device *device, struct pst_frame *frame)
{
	((struct live *)device)->released++;
}

static int live_check(struct pst_device *device, struct pst_error *error)
{
	struct live *live = (struct live *)device;

	live->checks++;
	return is_failing(live) && live->fail_status == 0 ? fail(live, error) : 0;
}

static int live_return_fd(const struct pst_device *device)
{
	const struct live *live = (const struct live *)device;

	return live->fixed ? -1 : live->back;
}

static int live_come_back(struct pst_device *device, struct pst_error *error)
{
	struct live *live = (struct live *)device;
	uint64_t expirations;

	(void)!read(live->back, &expirations, sizeof(expirations));
	live->returns++;
	if (live->gone_while_stopped) {
		live->gone_while_stopped = false;
		device->away = PST_DEVICE_AWAY_UNPLUGGED;
		live->back_ns = pst_clock_mono_ns() + live->away_ms * PST_NS_PER_MS;
		arm(live->back, live->back_ns);
		(void)pst_error_set(error, PST_E_DEVICE, "live: \"Live\" was pulled out");
		return 0;
	}
	if (live->away_ms == UINT32_MAX || pst_clock_mono_ns() < live->back_ns) {
		return 0;
	}
	device->seen_ns = live->back_ns;
	if (live->strangers > 0) {
		live->strangers--;
		arm(live->back, pst_clock_mono_ns() + PST_NS_PER_MS);
		return pst_error_set(error, PST_E_MISMATCH, "live: another camera");
	}
	return 1;
}

static void live_destroy(struct pst_device *device)
{
	struct live *live = (struct live *)device;

	pst_fd_close(&live->timer);
	pst_fd_close(&live->back);
	free(live);
}

static const struct pst_device_ops live_ops = {
	.start = live_start,
	.stop = live_stop,
	.fd = live_fd,
	.next = live_next,
	.map = live_map,
	.release = live_release,
	.destroy = live_destroy,
	.check = live_check,
	.return_fd = live_return_fd,
	.come_back = live_come_back,
};

struct live *live_open(uint32_t fps)
{
	struct live *live = calloc(1, sizeof(*live));

	cr_assert_not_null(live);
	live->device.ops = &live_ops;
	live->device.info = (struct pst_device_info){.uri = "live:",
		.name = "Live",
		.driver = "test",
		.format = PST_FRAME_FORMAT_GREY,
		.width = LIVE_WIDTH,
		.height = LIVE_HEIGHT,
		.fps = fps,
		.live = true,
		.pausable = true,
		.domain = PST_DOMAIN_PHOTOGRAPH};
	live->interval_ns = PST_NS_PER_S / fps;
	live->fails_left = UINT32_MAX;
	live->fail_status = PST_E_DEVICE;
	live->cause = PST_DEVICE_AWAY_UNPLUGGED;
	live->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	live->back = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	cr_assert(live->timer >= 0 && live->back >= 0);
	return live;
}

void live_pull(struct live *live)
{
	live->gone_while_stopped = true;
	arm(live->back, 1);
}
