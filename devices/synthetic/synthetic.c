/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/synthetic.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "devices/impl.h"
#include "devices/synthetic/jpeg.h"
#include "devices/synthetic/scene.h"
#include "devices/synthetic/settings.h"

#define SLOTS 2	   /* frames that a caller may hold */
#define LATE_MAX 6 /* frames; who comes later than that has lost them */

struct slot {
	bool held;
	uint8_t *jpeg; /* owned */
};

struct synthetic {
	struct pst_device device;
	struct pst_synth_scene *scene;
	struct pst_synth_jpeg encoder;
	uint8_t *rgb; /* owned */
	struct slot slot[SLOTS];
	int timer; /* -1 unless paced real */
	uint32_t fps;
	uint64_t count;	  /* frames until the end; UINT64_MAX: endless */
	uint64_t next;	  /* number of the next frame */
	int64_t start_ns; /* CLOCK_MONOTONIC if paced real, else 0 */
};

static int64_t due_ns(const struct synthetic *synth, uint64_t number)
{
	uint64_t seconds = number / synth->fps, rest = number % synth->fps;
	return synth->start_ns + (int64_t)seconds * PST_NS_PER_S +
	       (int64_t)(rest * (uint64_t)PST_NS_PER_S / synth->fps);
}

static void arm(struct synthetic *synth)
{
	if (synth->timer >= 0) {
		int64_t due = due_ns(synth, synth->next < synth->count ? synth->next : 0);
		struct itimerspec at = {.it_value = {due / PST_NS_PER_S, due % PST_NS_PER_S}};
		(void)timerfd_settime(synth->timer, TFD_TIMER_ABSTIME, &at, NULL);
	}
}

static int synthetic_start(struct pst_device *device, struct pst_error *error)
{
	struct synthetic *synth = (struct synthetic *)device;
	synth->next = 0;
	synth->start_ns = synth->timer >= 0 ? pst_clock_mono_ns() : 0;
	arm(synth);
	return 0;
}

static void synthetic_stop(struct pst_device *device)
{
	struct synthetic *synth = (struct synthetic *)device;
	struct itimerspec never = {0};
	for (int i = 0; i < SLOTS; i++) {
		synth->slot[i].held = false;
	}
	if (synth->timer >= 0) {
		(void)timerfd_settime(synth->timer, 0, &never, NULL);
	}
}

static int synthetic_fd(const struct pst_device *device)
{
	return ((const struct synthetic *)device)->timer;
}

/* How many frames are gone because nobody took them in time. */
static uint32_t skip_late(struct synthetic *synth, int64_t now_ns)
{
	uint32_t lost = 0;
	if (due_ns(synth, synth->next + LATE_MAX) < now_ns) {
		while (synth->next + 1 < synth->count && due_ns(synth, synth->next + 1) <= now_ns) {
			synth->next++;
			lost++;
		}
	}
	return lost;
}

static int synthetic_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	struct synthetic *synth = (struct synthetic *)device;
	uint32_t lost = 0;
	if (synth->next >= synth->count) {
		return PST_E_END;
	}
	if (synth->timer >= 0) {
		uint64_t expirations;
		int64_t now_ns = pst_clock_mono_ns();
		if (now_ns < due_ns(synth, synth->next)) {
			return 0;
		}
		(void)!read(synth->timer, &expirations, sizeof(expirations));
		lost = skip_late(synth, now_ns);
	}
	uint64_t index = synth->slot[0].held ? 1 : 0;
	struct slot *slot = &synth->slot[index];
	assert(!slot->held);
	pst_synth_scene_draw(synth->scene, synth->next, synth->rgb, (size_t)device->info.width * 3);
	int size = pst_synth_jpeg_encode(&synth->encoder, synth->rgb, slot->jpeg, error);
	if (size < 0) {
		return size;
	}
	slot->held = true;
	device->counts.lost += lost;
	*ret_frame = (struct pst_frame){
		.sequence = synth->next,
		.captured_ns = due_ns(synth, synth->next),
		.format = PST_FRAME_FORMAT_MJPEG,
		.width = device->info.width,
		.height = device->info.height,
		.lost = lost,
		.plane = {{slot->jpeg, 0, (uint32_t)size}},
		.token = index,
	};
	synth->next++;
	arm(synth);
	return 1;
}

static void synthetic_release(struct pst_device *device, struct pst_frame *frame)
{
	((struct synthetic *)device)->slot[frame->token].held = false;
}

static void synthetic_destroy(struct pst_device *device)
{
	struct synthetic *synth = (struct synthetic *)device;
	for (int i = 0; i < SLOTS; i++) {
		free(synth->slot[i].jpeg);
	}
	free(synth->rgb);
	pst_synth_jpeg_finish(&synth->encoder);
	pst_synth_scene_destroy(&synth->scene);
	pst_fd_close(&synth->timer);
	free(synth);
}

static const struct pst_device_ops synthetic_ops = {
	.start = synthetic_start,
	.stop = synthetic_stop,
	.fd = synthetic_fd,
	.next = synthetic_next,
	.release = synthetic_release,
	.destroy = synthetic_destroy,
};

static int read_uri(const char *uri, struct pst_synth_settings *settings, struct pst_error *error)
{
	char values[PST_SYNTH_SETTING_COUNT][PST_DEVICE_TEXT_SIZE] = {0}, path[8];
	struct pst_uri_option options[PST_SYNTH_SETTING_COUNT + 1] = {0};
	for (int i = 0; i < PST_SYNTH_SETTING_COUNT; i++) {
		options[i].key = pst_synth_setting_name((enum pst_synth_setting)i);
		options[i].value = values[i];
	}
	int status = pst_uri_parse(uri, "synth", options, path, sizeof(path), error);
	if (status == 0 && path[0]) {
		status = pst_error_set(error, PST_E_CONFIG,
			"'%s': a drawn scene has no path; write synth:?people=4", path);
	}
	pst_synth_settings_init(settings);
	for (int i = 0; i < PST_SYNTH_SETTING_COUNT && status == 0; i++) {
		if (values[i][0]) {
			status = pst_synth_settings_read(
				settings, (enum pst_synth_setting)i, values[i], error);
		}
	}
	return status < 0 ? status : pst_synth_settings_complete(settings, error);
}

static int prepare(struct synthetic *synth, const struct pst_synth_settings *settings, bool real,
	struct pst_error *error)
{
	const struct pst_synth_scene_options *scene = &settings->scene;
	int status = pst_synth_scene_create(scene, &synth->scene, error);
	if (status == 0) {
		status = pst_synth_jpeg_init(&synth->encoder, scene->width, scene->height, error);
	}
	if (status < 0) {
		return status;
	}
	synth->rgb = malloc((size_t)scene->width * scene->height * 3);
	bool complete = synth->rgb;
	for (int i = 0; i < SLOTS; i++) {
		synth->slot[i].jpeg = malloc(synth->encoder.room);
		complete = complete && synth->slot[i].jpeg;
	}
	if (!complete) {
		return pst_error_set(error, -ENOMEM, "no memory for pictures of %ux%u",
			scene->width, scene->height);
	}
	synth->timer = real ? timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK) : -1;
	if (real && synth->timer < 0) {
		return pst_error_set(error, -errno, "no timer: %s", pst_status_text(-errno));
	}
	synth->fps = scene->fps;
	synth->count =
		settings->has_seconds ? pst_synth_scene_frame_count(synth->scene) : UINT64_MAX;
	return 0;
}

int pst_synth_open(
	struct pst_device **ret, const char *uri, enum pst_pace pace, struct pst_error *error)
{
	struct pst_synth_settings settings;
	int status = read_uri(uri, &settings, error);
	if (status < 0) {
		pst_error_prefix(error, "%s", uri);
		return status;
	}
	struct synthetic *synth = calloc(1, sizeof(*synth));
	if (!synth) {
		return pst_error_set(error, -ENOMEM, "%s: no memory", uri);
	}
	synth->timer = -1;
	synth->device = (struct pst_device){
		.ops = &synthetic_ops,
		.info = {.name = "drawn scene",
			.driver = "synthetic",
			.format = PST_FRAME_FORMAT_MJPEG,
			.width = settings.scene.width,
			.height = settings.scene.height,
			.fps = settings.scene.fps,
			.live = pace == PST_PACE_REAL,
			.domain = PST_DOMAIN_DRAWN},
	};
	status = pst_text_copy(synth->device.info.uri, sizeof(synth->device.info.uri), uri);
	if (status == 0) {
		status = prepare(synth, &settings, pace == PST_PACE_REAL, error);
	} else {
		status = pst_error_set(error, PST_E_CONFIG, "URI too long");
	}
	if (status < 0) {
		pst_error_prefix(error, "%s", uri);
		synthetic_destroy(&synth->device);
		return status;
	}
	*ret = &synth->device;
	return 0;
}
