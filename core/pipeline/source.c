/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pipeline/impl.h"

#define LOOK_NS PST_NS_PER_S	       /* a live source is asked whether it stalled so often */
#define LATE_NS (5 * PST_NS_PER_MS)    /* that a frame may be older than one interval */
#define BURST_NS (50 * PST_NS_PER_MS)  /* the same, of four intervals: a driver's whole queue */
#define INTERVAL_NS (PST_NS_PER_S / 5) /* of a source that doesn't tell its rate */
#define AGE_WINDOW 64		       /* frames */
#define QUEUE_MOST 4		       /* frames taken at once, so that nothing else starves */

static void on_device(uv_poll_t *handle, int status, int events);
static void on_return(uv_poll_t *handle, int status, int events);
static void lose(struct pst_lane *lane);

const char *pst_source_state_name(enum pst_source_state state)
{
	static const char *const names[] = {[PST_SOURCE_STOPPED] = "stopped",
		[PST_SOURCE_STREAMING] = "streaming",
		[PST_SOURCE_AWAY] = "away",
		[PST_SOURCE_BACK] = "back",
		[PST_SOURCE_OVER] = "over"};

	return names[state];
}

bool pst_source_is_away(const struct pst_lane *lane)
{
	return lane->source == PST_SOURCE_AWAY || lane->source == PST_SOURCE_BACK;
}

static bool is_streaming(const struct pst_lane *lane)
{
	return lane->source == PST_SOURCE_STREAMING || lane->source == PST_SOURCE_BACK;
}

/* The descriptor changes with every return, and a handle outlives its closing by one turn. */
static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void unwatch(struct pst_lane *lane)
{
	if (lane->source_poll) {
		uv_close((uv_handle_t *)lane->source_poll, free_handle);
		lane->source_poll = NULL;
	}
}

/* Watches a descriptor of the source's in place of the one before; -1: none. */
static void watch(struct pst_lane *lane, int fd, uv_poll_cb callback)
{
	unwatch(lane);
	if (fd < 0) {
		return;
	}
	uv_poll_t *poll = calloc(1, sizeof(*poll));
	int status = poll ? uv_poll_init(&lane->loop, poll, fd) : -ENOMEM;

	if (status < 0) {
		free(poll);
		(void)pst_error_set(
			&lane->error, status, "source can't be watched: %s", uv_strerror(status));
		pst_lane_fail(lane, status);
		return;
	}
	poll->data = lane;
	lane->source_poll = poll;
	(void)uv_poll_start(poll, UV_READABLE | UV_DISCONNECT, callback);
}

static void set_state(struct pst_lane *lane, enum pst_source_state state)
{
	const struct pst_device *device = lane->spec.device;
	bool waits = state == PST_SOURCE_STOPPED || state == PST_SOURCE_AWAY;

	lane->source = state;
	if (lane->full_pace || state == PST_SOURCE_OVER) {
		unwatch(lane);
	} else if (waits) {
		watch(lane, pst_device_return_fd(device), on_return);
	} else {
		lane->looked_ns = pst_clock_mono_ns();
		watch(lane, pst_device_fd(device), on_device);
	}
}

static void stop(struct pst_lane *lane)
{
	unwatch(lane);
	pst_device_stop(lane->spec.device);
}

/* A camera may take a smaller mode at its start, when the bus has no room for the one it had. */
static void follow_mode(struct pst_lane *lane, enum pst_frame_format format, uint32_t width,
	uint32_t height, double fps)
{
	const struct pst_device_info *info = pst_device_info(lane->spec.device);

	if (info->format != format || info->width != width || info->height != height ||
		info->fps < fps) {
		pst_lane_fit(lane);
		pst_events_warning(
			lane->spec.events, lane->now_ns, "%s: now %s", info->name, info->choice);
	}
}

static int start(struct pst_lane *lane, enum pst_source_state state)
{
	const struct pst_device_info *info = pst_device_info(lane->spec.device);
	enum pst_frame_format format = info->format;
	uint32_t width = info->width;
	uint32_t height = info->height;
	double fps = info->fps;

	unwatch(lane);
	int status = pst_device_start(lane->spec.device, &lane->error);

	pst_ledger_resume(&lane->ledger);
	pst_health_source_started(lane);
	if (status == 0) {
		follow_mode(lane, format, width, height, fps);
		set_state(lane, state);
	}
	return status;
}

static void give_up(struct pst_lane *lane, int status)
{
	unwatch(lane);
	pst_events_source_failed(lane->spec.events, lane->now_ns, lane->error.text, -1);
	pst_script_finish(lane, /* fault= */ true);
	pst_lane_fail(lane, status);
}

/* The source failed, and lane->error says how. */
static void failed(struct pst_lane *lane, int status)
{
	if (lane->full_pace || pst_device_return_fd(lane->spec.device) < 0) {
		give_up(lane, status);
	} else {
		lose(lane);
	}
}

static enum pst_events_lost cause_of(enum pst_device_away away)
{
	switch (away) {
	case PST_DEVICE_AWAY_UNPLUGGED:
		return PST_EVENTS_LOST_UNPLUGGED;
	case PST_DEVICE_AWAY_STALLED:
		return PST_EVENTS_LOST_STALLED;
	case PST_DEVICE_AWAY_WEDGED:
		return PST_EVENTS_LOST_WEDGED;
	case PST_DEVICE_AWAY_FAILED:
	case PST_DEVICE_AWAY_UNSET:
		break;
	}
	return PST_EVENTS_LOST_FAILED;
}

/* A lane whose audit log can't take this closes. */
static void record(struct pst_lane *lane, const char *kind, const char *text)
{
	enum pst_device_away away = pst_device_away(lane->spec.device);

	if (away == PST_DEVICE_AWAY_UNSET) {
		away = PST_DEVICE_AWAY_FAILED;
	}
	int status = pst_record_source(lane, kind, text, text ? pst_device_away_name(away) : NULL);

	if (status < 0) {
		lane->error = lane->audit_error;
		pst_script_finish(lane, /* fault= */ true);
		pst_lane_fail(lane, PST_E_UNSAFE);
	}
}

static void notice(const struct pst_lane *lane, const char *text)
{
	if (lane->spec.notice) {
		lane->spec.notice(lane->spec.user, text);
	}
}

/*
 * Tells why the source is away; of one that stays away only what is new.
 *
 * @return whether it is a loss to be recorded
 */
static bool tell(struct pst_lane *lane, const char *text)
{
	enum pst_events_lost cause = cause_of(pst_device_away(lane->spec.device));
	bool same = lane->lost_ns >= 0 && cause == lane->lost_cause;

	if (same && (!text[0] || strcmp(text, lane->lost_text) == 0)) {
		return false;
	}
	(void)snprintf(lane->lost_text, sizeof(lane->lost_text), "%s", text);
	notice(lane, text);
	if (same) {
		pst_events_warning(lane->spec.events, lane->now_ns, "%s", text);
		return false;
	}
	lane->lost_cause = cause;
	pst_events_source_lost(lane->spec.events, lane->now_ns, text, cause);
	return true;
}

static void announce_return(struct pst_lane *lane, int64_t ready_ns)
{
	int64_t away_ns = pst_clock_mono_ns() - lane->lost_ns;
	char text[64];

	lane->lost_ns = -1;
	lane->health.returns++;
	(void)snprintf(text, sizeof(text), "the camera is back after %.1f s",
		(double)away_ns / (double)PST_NS_PER_S);
	notice(lane, text);
	pst_events_source_returned(lane->spec.events, lane->now_ns, away_ns, ready_ns);
	record(lane, "source.returned", NULL);
}

/* The same camera stands there as it was, stopped. */
static void come_back(struct pst_lane *lane)
{
	if (lane->idle_stopped) {
		set_state(lane, PST_SOURCE_STOPPED);
		announce_return(lane, -1);
		return;
	}
	if (start(lane, PST_SOURCE_BACK) < 0) {
		lose(lane);
	}
}

static void try_return(struct pst_lane *lane)
{
	struct pst_error error = {0};
	int64_t begin_ns = pst_clock_mono_ns();
	int status = pst_device_return(lane->spec.device, &error);

	if (status == 1) {
		int64_t seen_ns = pst_device_seen_ns(lane->spec.device);

		lane->seen_ns = seen_ns > lane->lost_ns ? seen_ns : begin_ns;
		come_back(lane);
	} else if (status == PST_E_MISMATCH) {
		notice(lane, error.text);
		pst_events_source_mismatch(lane->spec.events, lane->now_ns, error.text);
		record(lane, "source.identity-mismatch", error.text);
	} else if (tell(lane, error.text)) {
		record(lane, "source.lost", error.text);
	}
}

/*
 * The gate closes before anything else is done or told. Then the driver's buffers go. What
 * has to be written durably takes time and comes last.
 */
static void lose(struct pst_lane *lane)
{
	bool first = lane->lost_ns < 0;
	int64_t now_ns = pst_clock_mono_ns();
	struct pst_error error = lane->error;

	lane->error = (struct pst_error){0};
	lane->source = PST_SOURCE_AWAY;
	bool broken = pst_script_break(lane);
	bool lost = tell(lane, error.text);

	if (first) {
		lane->lost_ns = now_ns;
		lane->summary.losses++;
	}
	stop(lane);
	if (broken) {
		pst_script_finish(lane, /* fault= */ false);
	}
	if (lost) {
		record(lane, "source.lost", error.text);
	}
	if (lane->over) {
		return;
	}
	set_state(lane, PST_SOURCE_AWAY);
	if (first) {
		try_return(lane);
	}
}

static void on_return(uv_poll_t *handle, int status, int events)
{
	struct pst_lane *lane = handle->data;
	struct pst_error error = {0};

	pst_lane_catch_up(lane);
	if (lane->source == PST_SOURCE_AWAY) {
		try_return(lane);
	} else if (lane->source == PST_SOURCE_STOPPED &&
		   pst_device_return(lane->spec.device, &error) != 1 &&
		   pst_device_away(lane->spec.device) != PST_DEVICE_AWAY_UNSET) {
		lane->error = error;
		lose(lane);
	}
	pst_lane_advance(lane);
}

/* @return how old this source's frames usually are when they are taken, ns */
static int64_t usual_age(const struct pst_source_age *usual)
{
	return usual->any_before && (usual->count == 0 || usual->before_ns < usual->least_ns)
		       ? usual->before_ns
		       : usual->least_ns;
}

/* @return how much older than usual a frame is, ns */
static int64_t lateness(struct pst_lane *lane, const struct pst_frame *frame)
{
	struct pst_source_age *usual = &lane->age;
	int64_t age_ns = pst_clock_mono_ns() - frame->captured_ns;

	if (age_ns < 0) {
		age_ns = 0;
	}
	if (usual->count == 0 || age_ns < usual->least_ns) {
		usual->least_ns = age_ns;
	}
	if (++usual->count == AGE_WINDOW) {
		usual->before_ns = usual->least_ns;
		usual->any_before = true;
		usual->count = 0;
	}
	return age_ns - usual_age(usual);
}

static int64_t interval_of(const struct pst_lane *lane)
{
	double fps = pst_device_info(lane->spec.device)->fps;

	return fps > 0 ? (int64_t)((double)PST_NS_PER_S / fps) : INTERVAL_NS;
}

static bool is_readable(const struct pst_lane *lane)
{
	struct pollfd readable = {.fd = pst_device_fd(lane->spec.device), .events = POLLIN};

	return poll(&readable, 1, 0) > 0;
}

/*
 * Whether a frame has waited too long: by more than an interval while a newer one waits behind it,
 * or by more than a driver's queue holds, which is what a stopped or a starved process finds.
 */
static bool is_stale(const struct pst_lane *lane, int64_t late_ns)
{
	int64_t interval_ns = interval_of(lane);

	return late_ns > interval_ns + LATE_NS &&
	       (late_ns > 4 * interval_ns + BURST_NS || is_readable(lane));
}

/* Asks the gate, and before it whether the frame is one that a plugin should see. */
static uint64_t leave_for(struct pst_lane *lane, const struct pst_frame *frame, int64_t now_ns)
{
	int64_t late_ns = lane->full_pace ? 0 : lateness(lane, frame);

	if (!pst_permit_id(&lane->permit) || !pst_vision_is_ready(&lane->vision)) {
		return 0;
	}
	if (frame->settling) {
		lane->summary.settling++;
		return 0;
	}
	if (is_stale(lane, late_ns)) {
		lane->summary.stale++;
		return 0;
	}
	return pst_permit_take(&lane->permit, now_ns);
}

/* Tells how long a stage took; without somebody who wants to know no clock is read. */
static void tell_stage(const struct pst_lane *lane, enum pst_stage stage, int64_t *mark_ns)
{
	if (lane->spec.stage) {
		int64_t now_ns = pst_clock_mono_ns();

		lane->spec.stage(lane->spec.user, stage, now_ns - *mark_ns);
		*mark_ns = now_ns;
	}
}

/* The one place where a frame's bytes are read by anybody, and only under a permit. */
static int lease(
	struct pst_lane *lane, struct pst_frame *frame, uint64_t permit, struct pst_error *ret_lost)
{
	struct pst_error error = {0};
	int64_t mark_ns = lane->spec.stage ? pst_clock_mono_ns() : 0;
	int status = pst_device_map(lane->spec.device, frame, &error);

	if (status < 0) {
		if (status != PST_E_CORRUPT) {
			*ret_lost = error;
		}
		return status;
	}
	frame->captured_ns -= lane->epoch_ns;
	tell_stage(lane, PST_STAGE_MAP, &mark_ns);
	status = pst_vision_lease(&lane->vision, frame, permit, &error);
	tell_stage(lane, PST_STAGE_COPY, &mark_ns);
	if (lane->spec.sink && status < 0 && status != PST_E_CORRUPT) {
		lane->error = error;
		pst_lane_fail(lane, status);
	}
	return status;
}

/* @return 0, or the status with which the source failed */
static int take_frame(struct pst_lane *lane, struct pst_frame *frame)
{
	int64_t now_ns = frame->captured_ns - lane->epoch_ns;
	struct pst_error lost = {0};
	int status = -EAGAIN;

	pst_health_frame(lane, frame->captured_ns);
	pst_books_make_room(lane);
	pst_script_advance(lane, now_ns);
	pst_ledger_see(&lane->ledger, frame->sequence);
	uint64_t permit = leave_for(lane, frame, now_ns);
	if (permit) {
		status = lease(lane, frame, permit, &lost);
	}
	if (status == 0) {
		pst_health_in_slot(lane, frame->captured_ns);
		pst_ledger_lease(&lane->ledger, frame->sequence, permit);
	} else if (status == PST_E_CORRUPT) {
		pst_ledger_spoil(&lane->ledger, frame->sequence);
	} else {
		pst_ledger_withhold(&lane->ledger, frame->sequence);
	}
	pst_device_release(lane->spec.device, frame);
	if (lane->status < 0) {
		pst_events_warning(
			lane->spec.events, lane->now_ns, "recording: %s", lane->error.text);
		pst_script_finish(lane, /* fault= */ true);
	}
	if (lost.status) {
		lane->error = lost;
	}
	return lost.status;
}

static void end(struct pst_lane *lane)
{
	const struct pst_events_frames frames = pst_record_frames(lane);

	set_state(lane, PST_SOURCE_OVER);
	pst_events_source_ended(lane->spec.events, lane->now_ns, &frames);
	(void)uv_idle_stop(&lane->pump);
	pst_lane_advance(lane);
}

/* @return 1 a frame was taken; 0 there was none, or the source is over or lost */
static int take_next(struct pst_lane *lane)
{
	struct pst_frame frame;
	int status = pst_device_next(lane->spec.device, &frame, &lane->error);

	if (status == 1) {
		int lost = take_frame(lane, &frame);

		if (lost < 0) {
			failed(lane, lost);
		} else if (lane->source == PST_SOURCE_BACK) {
			lane->source = PST_SOURCE_STREAMING;
			announce_return(lane, pst_clock_mono_ns() - lane->seen_ns);
		}
		return 1;
	}
	if (status == PST_E_CORRUPT) {
		lane->error = (struct pst_error){0};
		pst_ledger_damage(&lane->ledger);
		return 1;
	}
	if (status == PST_E_END) {
		end(lane);
	} else if (status < 0) {
		failed(lane, status);
	}
	return 0;
}

void pst_source_keep_ahead(struct pst_lane *lane)
{
	while (lane->full_pace && !lane->over && is_streaming(lane) &&
		pst_permit_id(&lane->permit) && pst_vision_has_room_ahead(&lane->vision)) {
		(void)take_next(lane);
	}
}

void pst_source_pump(struct pst_lane *lane)
{
	(void)take_next(lane);
	pst_source_keep_ahead(lane);
}

void pst_source_freshen(struct pst_lane *lane)
{
	for (int i = 0; i < QUEUE_MOST && !lane->over && !lane->full_pace && is_streaming(lane) &&
			pst_permit_id(&lane->permit) && is_readable(lane);
		i++) {
		if (take_next(lane) == 0) {
			break;
		}
	}
	if (!lane->full_pace) {
		int64_t bound_ns = usual_age(&lane->age) + interval_of(lane) + LATE_NS;

		pst_vision_drop_older(
			&lane->vision, pst_clock_mono_ns() - lane->epoch_ns - bound_ns);
	}
}

/* One frame per readiness: where another one waits, the loop comes back at once. */
static void on_device(uv_poll_t *handle, int status, int events)
{
	struct pst_lane *lane = handle->data;

	pst_lane_catch_up(lane);
	if (!lane->over && is_streaming(lane)) {
		int took = take_next(lane);

		/* The loop does not watch a descriptor in error any longer. */
		if (status < 0 && took == 0 && is_streaming(lane)) {
			failed(lane, pst_error_set(&lane->error, PST_E_DEVICE,
					     "%s: its driver reports an error and gives no frame",
					     pst_device_info(lane->spec.device)->name));
		} else if (status < 0 && is_streaming(lane)) {
			watch(lane, pst_device_fd(lane->spec.device), on_device);
		}
	}
	pst_lane_advance(lane);
}

int pst_source_open(struct pst_lane *lane)
{
	if (lane->idle_stopped) {
		set_state(lane, PST_SOURCE_STOPPED);
		return 0;
	}
	int status = start(lane, PST_SOURCE_STREAMING);

	if (status < 0) {
		pst_events_source_failed(lane->spec.events, 0, lane->error.text, -1);
	}
	return status;
}

void pst_source_follow(struct pst_lane *lane)
{
	bool wanted = pst_permit_id(&lane->permit) != 0;

	if (!lane->idle_stopped) {
		return;
	}
	if (lane->source == PST_SOURCE_STOPPED && wanted) {
		int status = start(lane, PST_SOURCE_STREAMING);

		if (status < 0) {
			failed(lane, status);
		}
	} else if (lane->source == PST_SOURCE_STREAMING && !wanted) {
		stop(lane);
		set_state(lane, PST_SOURCE_STOPPED);
	}
}

int64_t pst_source_due_ns(const struct pst_lane *lane)
{
	return is_streaming(lane) && !lane->full_pace ? lane->looked_ns + LOOK_NS : INT64_MAX;
}

void pst_source_check(struct pst_lane *lane)
{
	int64_t now_ns = pst_clock_mono_ns();

	if (pst_source_due_ns(lane) > now_ns) {
		return;
	}
	bool late = pst_source_due_ns(lane) + LOOK_NS < now_ns;

	lane->looked_ns = now_ns;
	/* It was this process that stood still, and the source may have done no wrong. */
	if (late) {
		return;
	}
	int status = pst_device_check(lane->spec.device, &lane->error);

	if (status < 0) {
		failed(lane, status);
	}
}

void pst_source_wake(struct pst_lane *lane, int64_t asleep_ns)
{
	pst_script_finish(lane, lane->traveler.encounter.cell.verdict != PST_VERDICT_REFUSE);
	if (is_streaming(lane) && pst_device_return_fd(lane->spec.device) >= 0) {
		failed(lane, pst_error_set(&lane->error, PST_E_DEVICE,
				     "the machine was suspended for %lld s; the camera is started "
				     "anew",
				     (long long)((asleep_ns + PST_NS_PER_S / 2) / PST_NS_PER_S)));
	}
}

void pst_source_close(struct pst_lane *lane)
{
	stop(lane);
}
