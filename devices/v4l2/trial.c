/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/trial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define POLL_MS 100
#define RAMP_NS (500 * PST_NS_PER_MS) /* exposure and rate settle first */
#define SLOW 0.85		      /* of the rate agreed on */
#define LONG 1.05		      /* of a frame's time */

/* Two frames that are far apart: between them the camera's rate is told. */
struct pace {
	bool any;
	bool ramped; /* first is behind the ramp */
	int64_t first_ns;
	uint64_t first;
	int64_t last_ns;
	uint64_t last;
};

static void note(struct pace *pace, const struct pst_frame *frame)
{
	bool begin =
		!pace->any || (!pace->ramped && frame->captured_ns - pace->first_ns >= RAMP_NS);

	if (begin) {
		pace->ramped = pace->any;
		pace->first_ns = frame->captured_ns;
		pace->first = frame->sequence;
	}
	pace->any = true;
	pace->last_ns = frame->captured_ns;
	pace->last = frame->sequence;
}

static double rate_of(const struct pace *pace)
{
	int64_t span_ns = pace->last_ns - pace->first_ns;

	return span_ns > 0 ? (double)(pace->last - pace->first) * PST_NS_PER_S / (double)span_ns
			   : 0;
}

/* @return 0; why the device failed */
static int take_frames(struct v4l2_camera *camera, struct pace *pace, struct pst_error *error)
{
	struct pst_frame frame;
	int status;

	while ((status = pst_device_next(&camera->device, &frame, error)) == 1) {
		note(pace, &frame);
		pst_device_release(&camera->device, &frame);
	}
	if (status == PST_E_CORRUPT) {
		*error = (struct pst_error){0};
		return 0;
	}
	return status < 0 ? status : pst_device_check(&camera->device, error);
}

static void read_exposure(struct v4l2_camera *camera, struct pst_v4l2_trial *trial)
{
	if (pst_v4l2_exposure(&camera->device, &trial->exposure_ns) < 0) {
		trial->exposure_ns = 0;
	}
	trial->may_slow = pst_v4l2_may_slow(&camera->device);
}

/* A camera that gives no frames may answer all the same, or not even that. */
static void ask_why(const struct v4l2_camera *camera, struct pst_v4l2_trial *trial)
{
	int status = pst_v4l2_node_try(&camera->node);

	if (pst_v4l2_node_is_wedged(status)) {
		trial->away = PST_DEVICE_AWAY_WEDGED;
		(void)snprintf(trial->error, sizeof(trial->error), "no frame comes, and %s",
			pst_status_text(status));
	}
}

void pst_v4l2_trial_run(
	struct v4l2_camera *camera, double seconds, struct pst_v4l2_trial *ret_trial)
{
	const struct v4l2_backend *backend = &camera->backend;
	struct pst_v4l2_trial trial = {0};
	struct pst_error error = {0};
	struct pace pace = {0};
	int64_t begin_ns = pst_v4l2_node_now(&camera->node);
	int64_t end_ns = begin_ns + (int64_t)(seconds * PST_NS_PER_S);
	int status = pst_device_start(&camera->device, &error);

	while (status == 0 && pst_v4l2_node_now(&camera->node) < end_ns) {
		(void)backend->ops->poll(backend->user, camera->node.fd, POLL_MS);
		status = take_frames(camera, &pace, &error);
	}
	trial.seconds =
		(double)(pst_v4l2_node_now(&camera->node) - begin_ns) / (double)PST_NS_PER_S;
	if (status == 0) {
		read_exposure(camera, &trial);
	} else {
		trial.away = camera->device.away;
		trial.no_room = camera->refused == -ENOSPC;
		(void)snprintf(trial.error, sizeof(trial.error), "%.399s",
			error.text[0] ? error.text : pst_status_text(status));
	}
	(void)snprintf(trial.given_up, sizeof(trial.given_up), "%s", camera->given_up);
	(void)snprintf(trial.choice, sizeof(trial.choice), "%s", camera->device.info.choice);
	trial.format = camera->device.info.format;
	trial.width = camera->device.info.width;
	trial.height = camera->device.info.height;
	trial.asked_fps = camera->device.info.fps;
	trial.seen_fps = rate_of(&pace);
	trial.counts = pst_device_counts(&camera->device);
	pst_device_stop(&camera->device);
	if (trial.away == PST_DEVICE_AWAY_STALLED || (!trial.error[0] && !pace.any)) {
		ask_why(camera, &trial);
	}
	*ret_trial = trial;
}

void pst_v4l2_trial_advise_reset(struct pst_v4l2_finding *finding, const char *port)
{
	if (strncmp(port, "usb-", 4) != 0) {
		pst_v4l2_finding_fix(finding, "plug it in again, or load its driver again");
		return;
	}
	pst_v4l2_finding_fix(finding,
		"plug it in again, or: for i in 0 1; do echo $i | sudo tee "
		"/sys/bus/usb/devices/%s/authorized; done",
		port + 4);
}

static void judge_end(const struct pst_v4l2_trial *trial, const char *node, const char *who,
	const char *port, struct pst_v4l2_checkup *checkup)
{
	struct pst_v4l2_finding *finding;

	if (trial->no_room) {
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_NO_BANDWIDTH, node);
		pst_v4l2_finding_text(finding, "%s", trial->error);
		pst_v4l2_finding_fix(finding, "%s", PST_V4L2_BANDWIDTH_FIX);
		return;
	}
	switch (trial->away) {
	case PST_DEVICE_AWAY_UNPLUGGED:
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_UNPLUGGED, node);
		pst_v4l2_finding_text(finding, "%s went away after %.1f s", who, trial->seconds);
		pst_v4l2_finding_fix(finding,
			"if nobody pulled it: cable, hub, or too little power at the port");
		break;
	case PST_DEVICE_AWAY_STALLED:
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_NO_FRAMES, node);
		pst_v4l2_finding_text(finding, "%s streams, but after %llu frames none came", who,
			(unsigned long long)trial->counts.good);
		pst_v4l2_trial_advise_reset(finding, port);
		break;
	case PST_DEVICE_AWAY_WEDGED:
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_WEDGED, node);
		pst_v4l2_finding_text(
			finding, "%s is there but answers nothing: %s", who, trial->error);
		pst_v4l2_trial_advise_reset(finding, port);
		break;
	case PST_DEVICE_AWAY_FAILED:
	case PST_DEVICE_AWAY_UNSET:
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_FAILED, node);
		pst_v4l2_finding_text(finding, "%s", trial->error);
		pst_v4l2_finding_fix(finding, "'sudo dmesg' tells what the driver says of it");
		break;
	}
}

static uint64_t frames_of(const struct pst_device_counts *counts)
{
	return counts->good + counts->lost + counts->flagged + counts->undersized + counts->torn;
}

static void judge_rate(const struct pst_v4l2_trial *trial, const char *node, const char *who,
	struct pst_v4l2_checkup *checkup)
{
	double exposure_ms = (double)trial->exposure_ns / PST_NS_PER_MS;
	double frame_ms = trial->asked_fps > 0 ? 1000 / trial->asked_fps : 0;
	struct pst_v4l2_finding *finding;

	if (trial->asked_fps <= 0 || trial->seen_fps <= 0 ||
		trial->seen_fps >= SLOW * trial->asked_fps) {
		return;
	}
	if (exposure_ms > LONG * frame_ms) {
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_LOW_LIGHT, node);
		pst_v4l2_finding_text(finding,
			"%s gives %.1f of %.4g frames per second, since it exposes for %.0f ms, "
			"longer than a frame (%.0f ms)",
			who, trial->seen_fps, trial->asked_fps, exposure_ms, frame_ms);
	} else if (trial->may_slow) {
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_LOW_LIGHT, node);
		pst_v4l2_finding_text(finding,
			"%s gives %.1f of %.4g frames per second, most likely for low light, in "
			"which its automatic exposure may lower the rate",
			who, trial->seen_fps, trial->asked_fps);
	} else {
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_LOW_RATE, node);
		pst_v4l2_finding_text(finding,
			"%s gives %.1f of %.4g frames per second, though its driver agreed", who,
			trial->seen_fps, trial->asked_fps);
		pst_v4l2_finding_fix(
			finding, "try another size or format, and the camera alone on its USB bus");
		return;
	}
	pst_v4l2_finding_fix(finding,
		"give it more light, or set controls=exposure_dynamic_framerate:0 for darker "
		"pictures at the full rate");
}

static void judge_frames(const struct pst_v4l2_trial *trial, const char *node, const char *who,
	struct pst_v4l2_checkup *checkup)
{
	const struct pst_device_counts *counts = &trial->counts;
	unsigned long long all = frames_of(counts);
	unsigned long long damaged = counts->flagged + counts->undersized;
	struct pst_v4l2_finding *finding;

	if (counts->lost > 0) {
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_LOST_FRAMES, node);
		pst_v4l2_finding_text(finding, "%s: %llu of %llu frames were lost on the way", who,
			(unsigned long long)counts->lost, all);
		pst_v4l2_finding_fix(finding,
			"a shorter cable, a port without a hub, a smaller mode, or fewer cameras "
			"on its USB bus; a busy machine loses some too");
	}
	if (damaged > 0) {
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_DAMAGED_FRAMES, node);
		pst_v4l2_finding_text(finding,
			"%s: %llu of %llu frames came damaged (%llu flagged by the driver, %llu "
			"too short)",
			who, damaged, all, (unsigned long long)counts->flagged,
			(unsigned long long)counts->undersized);
		pst_v4l2_finding_fix(finding, "try another cable, another port, no hub in between");
	}
	if (counts->restamped > 0) {
		finding = pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_BAD_STAMPS, node);
		pst_v4l2_finding_text(finding,
			"%s: the driver's time of %llu of %llu frames was of no use", who,
			(unsigned long long)counts->restamped, all);
		pst_v4l2_finding_fix(finding, "nothing to do: the time of arrival is used instead");
	}
}

void pst_v4l2_trial_judge(const struct pst_v4l2_trial *trial, const char *node, const char *who,
	const char *port, struct pst_v4l2_checkup *checkup)
{
	if (trial->given_up[0] && !trial->no_room) {
		struct pst_v4l2_finding *finding =
			pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_BANDWIDTH, node);

		pst_v4l2_finding_text(finding,
			"%s: the USB bus had no room for %s, so %s %ux%u at %.4g was taken", who,
			trial->given_up, pst_frame_format_name(trial->format), trial->width,
			trial->height, trial->asked_fps);
		pst_v4l2_finding_fix(finding, "%s", PST_V4L2_BANDWIDTH_FIX);
	}
	if (trial->error[0]) {
		judge_end(trial, node, who, port, checkup);
	} else if (frames_of(&trial->counts) == 0) {
		struct pst_v4l2_finding *finding =
			pst_v4l2_finding_add(checkup, PST_V4L2_CAUSE_NO_FRAMES, node);

		pst_v4l2_finding_text(
			finding, "%s streams, but no frame came in %.1f s", who, trial->seconds);
		pst_v4l2_trial_advise_reset(finding, port);
	} else {
		judge_rate(trial, node, who, checkup);
	}
	judge_frames(trial, node, who, checkup);
}
