/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "devices/v4l2/camera.h"
#include "devices/v4l2/trace.h"
#include "devices/v4l2/trace_play.h"

/* A camera on a playback, which ends as no camera does, and has the player's clock. */
struct played {
	struct pst_device device;
	struct pst_device *camera;	 /* owned */
	struct trace_playback *playback; /* owned */
};

/* What is wrong with the trace explains what the camera then says. */
static int explain(const struct played *played, int status, const struct pst_error *why,
	struct pst_error *error)
{
	const struct pst_error *trouble = pst_trace_playback_trouble(played->playback);

	return trouble->status ? pst_error_set(error, PST_E_DEVICE, "%s", trouble->text)
			       : pst_error_set(error, status, "%s", why->text);
}

/* What pst_device_next and _map don't count by themselves, and when it was heard of last. */
static void follow(struct played *played)
{
	const struct pst_device *camera = played->camera;
	struct pst_device_counts *counts = &played->device.counts;

	counts->lost = camera->counts.lost;
	counts->flagged = camera->counts.flagged;
	counts->undersized = camera->counts.undersized;
	counts->restamped = camera->counts.restamped;
	played->device.away = camera->away;
	if (camera->seen_ns) {
		played->device.seen_ns =
			camera->seen_ns + pst_trace_playback_shift_ns(played->playback);
	}
}

static int played_start(struct pst_device *device, struct pst_error *error)
{
	struct played *played = (struct played *)device;
	struct pst_error why = {0};
	int status = pst_device_start(played->camera, &why);

	follow(played);
	if (status < 0) {
		return explain(played, status, &why, error);
	}
	pst_trace_playback_start(played->playback);
	(void)!pst_trace_playback_await(played->playback);
	return 0;
}

static void played_stop(struct pst_device *device)
{
	pst_device_stop(((struct played *)device)->camera);
}

static int played_fd(const struct pst_device *device)
{
	return pst_trace_playback_fd(((const struct played *)device)->playback);
}

static int take_next(struct played *played, struct pst_frame *ret_frame, struct pst_error *why)
{
	int status = pst_trace_playback_await(played->playback);

	if (status == PST_E_END && played->camera->away) {
		status = played->camera->ops->next(played->camera, ret_frame, why);
		return status < 0 ? status : PST_E_END;
	}
	if (status == PST_E_END && pst_trace_playback_stalled(played->playback)) {
		status = pst_device_check(played->camera, why);
		return status < 0 ? status : PST_E_END;
	}
	if (status != 1) {
		return status;
	}
	status = played->camera->ops->next(played->camera, ret_frame, why);
	if (status == 1) {
		ret_frame->captured_ns += pst_trace_playback_shift_ns(played->playback);
	}
	(void)!pst_trace_playback_await(played->playback);
	return status;
}

static int played_next(
	struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error)
{
	struct played *played = (struct played *)device;
	struct pst_error why = {0};
	int status = take_next(played, ret_frame, &why);

	follow(played);
	return status >= 0 || status == PST_E_CORRUPT || status == PST_E_END
		       ? status
		       : explain(played, status, &why, error);
}

static int played_map(struct pst_device *device, struct pst_frame *frame, struct pst_error *error)
{
	struct played *played = (struct played *)device;
	struct pst_error why = {0};
	int status = played->camera->ops->map(played->camera, frame, &why);

	return status < 0 && status != -EAGAIN ? explain(played, status, &why, error) : status;
}

static void played_release(struct pst_device *device, struct pst_frame *frame)
{
	struct played *played = (struct played *)device;

	pst_device_release(played->camera, frame);
	follow(played);
}

static void played_destroy(struct pst_device *device)
{
	struct played *played = (struct played *)device;

	pst_device_close(&played->camera);
	pst_trace_playback_destroy(&played->playback);
	free(played);
}

static const struct pst_device_ops played_ops = {
	.start = played_start,
	.stop = played_stop,
	.fd = played_fd,
	.next = played_next,
	.map = played_map,
	.release = played_release,
	.destroy = played_destroy,
};

static int open_camera(struct played *played, struct pst_error *error)
{
	const struct v4l2_backend backend = pst_trace_playback_backend(played->playback);
	struct pst_error why = {0};
	int status = pst_v4l2_open_on(
		&played->camera, &backend, pst_trace_playback_uri(played->playback), &why);

	return status < 0 ? explain(played, status, &why, error) : 0;
}

int pst_trace_play(struct pst_device **ret, const char *uri, enum pst_pace pace,
	const struct pst_input *input, struct pst_error *error)
{
	struct played *played = calloc(1, sizeof(*played));
	bool paced = pace == PST_PACE_REAL;

	assert(pace == PST_PACE_REAL || pace == PST_PACE_MAX);
	if (!played) {
		input->close(input->user);
		return pst_error_set(error, -ENOMEM, "%s: out of memory", uri);
	}
	played->device.ops = &played_ops;
	int status = pst_trace_playback_create(&played->playback, uri, input, paced, error);

	if (status == 0) {
		status = open_camera(played, error);
	}
	if (status < 0) {
		played_destroy(&played->device);
		return status;
	}
	struct pst_device_info *info = &played->device.info;
	*info = played->camera->info;
	(void)snprintf(
		info->driver, sizeof(info->driver), "trace of %.100s", played->camera->info.driver);
	(void)snprintf(info->uri, sizeof(info->uri), "%s", uri);
	info->live = paced;
	*ret = &played->device;
	return 0;
}
