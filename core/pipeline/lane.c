/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/notify.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "pipeline/idle.h"
#include "pipeline/impl.h"
#include "pipeline/workers.h"

#define RESET_LEAST_MS 250 /* a worker under way with a frame needs so long to confirm */
#define RESET_SPARE_MS 50  /* where another is ready and people wait: a frame interval, or so */
#define DRAIN_MS 2000	   /* for the last answers at the end */
#define ASLEEP_LEAST_NS (100 * PST_NS_PER_MS)

static void on_tick(uv_poll_t *handle, int status, int events);
static void on_pump(uv_idle_t *handle);

static void leave_loop(struct pst_lane *lane)
{
	lane->over = true;
	uv_stop(&lane->loop);
}

void pst_lane_fail(struct pst_lane *lane, int status)
{
	if (lane->status == 0) {
		lane->status = status;
	}
	leave_loop(lane);
}

static int64_t earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* @return the lane's clock as CLOCK_MONOTONIC; never stays never */
static int64_t monotonic(const struct pst_lane *lane, int64_t at_ns)
{
	return at_ns < INT64_MAX ? at_ns + lane->epoch_ns : INT64_MAX;
}

int64_t pst_lane_gate_due_ns(const struct pst_lane *lane)
{
	int64_t due_ns = earlier(pst_script_due_ns(lane), pst_drive_due_ns(lane));

	return earlier(monotonic(lane, due_ns), pst_source_due_ns(lane));
}

/* On a live source an alarm is set to when the next thing is due; otherwise nothing wakes it. */
static void arm_tick(struct pst_lane *lane)
{
	int64_t due_ns = pst_watchdog_due_ns(lane);

	if (!lane->full_pace) {
		due_ns = earlier(due_ns, lane->signed_ns + PST_AUDIT_CHECKPOINT_S * PST_NS_PER_S);
		due_ns = earlier(due_ns, pst_lane_gate_due_ns(lane));
		due_ns = earlier(due_ns, pst_idle_due_ns(lane));
		due_ns = earlier(due_ns, monotonic(lane, pst_picture_due_ns(lane)));
	}
	pst_alarm_set(&lane->tick, due_ns);
}

void pst_lane_catch_up(struct pst_lane *lane)
{
	if (lane->full_pace || lane->over) {
		return;
	}
	int64_t now_ns;
	int64_t asleep_ns = pst_clock_asleep_ns(lane->asleep_ns, &now_ns) - lane->asleep_ns;

	if (asleep_ns > ASLEEP_LEAST_NS) {
		lane->asleep_ns += asleep_ns;
		pst_source_wake(lane, asleep_ns);
	}
	pst_script_advance(lane, now_ns - lane->epoch_ns);
	pst_drive_advance(lane);
	pst_picture_advance(lane);
}

void pst_lane_advance(struct pst_lane *lane)
{
	bool settled = pst_vision_is_idle(&lane->vision) || lane->vision_lost;
	bool over = lane->source == PST_SOURCE_OVER;

	if (!lane->over) {
		pst_source_follow(lane);
	}
	if (lane->over) {
		return;
	}
	if (pst_script_is_over(lane)) {
		leave_loop(lane);
	} else if (over && settled) {
		pst_script_finish(lane, /* fault= */ false);
		leave_loop(lane);
	} else if (!over && lane->full_pace) {
		(void)(settled ? uv_idle_start(&lane->pump, on_pump) : uv_idle_stop(&lane->pump));
	}
	arm_tick(lane);
}

static void on_pump(uv_idle_t *handle)
{
	struct pst_lane *lane = handle->data;

	pst_source_pump(lane);
	pst_lane_advance(lane);
}

/* A lane where nobody steps up appends nothing, and what it appended last waits for a signature. */
static void sign_log(struct pst_lane *lane)
{
	struct pst_error error = {0};
	int64_t now_ns = pst_clock_mono_ns();

	if (now_ns - lane->signed_ns < PST_AUDIT_CHECKPOINT_S * PST_NS_PER_S) {
		return;
	}
	lane->signed_ns = now_ns;
	if (pst_audit_checkpoint(lane->spec.audit, &error) < 0) {
		lane->audit_error = error;
		pst_events_warning(
			lane->spec.events, lane->now_ns, "audit log not signed: %s", error.text);
	}
}

static void on_tick(uv_poll_t *handle, int status, int events)
{
	struct pst_lane *lane = handle->data;

	pst_alarm_clear(&lane->tick);
	sign_log(lane);
	pst_record_keep_time(lane);
	pst_idle_rest(lane);
	pst_lane_catch_up(lane);
	if (!lane->over) {
		pst_source_check(lane);
	}
	pst_watchdog_tick(lane);
	pst_lane_advance(lane);
}

static void on_progress(uv_timer_t *handle)
{
	struct pst_lane *lane = handle->data;
	const struct pst_traveler *traveler = &lane->traveler;
	const struct pst_lane_progress progress = {.now_ns = lane->now_ns,
		.encounters = lane->summary.encounters,
		.expected = lane->spec.scenario ? lane->spec.scenario->count : 0,
		.category = traveler->present ? traveler->person.category : NULL,
		.permit = pst_permit_id(&lane->permit) != 0,
		.frames = pst_record_frames(lane)};

	lane->spec.progress(lane->spec.user, &progress);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct pst_lane *lane = handle->data;

	lane->summary.interrupted = true;
	pst_script_finish(lane, /* fault= */ false);
	leave_loop(lane);
}

static void on_hangup(uv_signal_t *handle, int number)
{
	struct pst_lane *lane = handle->data;

	if (pst_lane_reload_policy(lane) == 0 && lane->spec.notify) {
		pst_notify_reloading(lane->spec.notify);
	}
}

bool pst_lane_is_sandboxed(const struct pst_lane *lane)
{
	return lane->spec.config->sandbox == PST_LANE_SANDBOX_STRICT;
}

void pst_lane_fit(struct pst_lane *lane)
{
	const struct pst_lane_zone *zone = &lane->spec.config->zone;
	const struct pst_device_info *info = pst_device_info(lane->spec.device);

	lane->zone = (struct pst_zone){.x = (float)(zone->x * info->width),
		.y = (float)(zone->y * info->height),
		.width = (float)(zone->width * info->width),
		.height = (float)(zone->height * info->height)};
	lane->frame_ms = info->fps > 0 ? (uint32_t)(1000 / info->fps) : 0;
}

uint32_t pst_lane_reset_ms(const struct pst_lane *lane)
{
	bool replaceable = !lane->full_pace && lane->vision.worker &&
			   pst_worker_has_spare(lane->vision.worker);
	uint32_t least = replaceable ? RESET_SPARE_MS : RESET_LEAST_MS;

	return lane->frame_ms > least ? lane->frame_ms : least;
}

static enum pst_purpose purpose_named(const char *name)
{
	for (int i = 0; pst_purpose_names[i]; i++) {
		if (strcmp(pst_purpose_names[i], name) == 0) {
			return (enum pst_purpose)i;
		}
	}
	return PST_PURPOSE_UNSET;
}

static enum pst_worker_sandbox sandbox_of(const struct pst_lane *lane)
{
	return pst_lane_is_sandboxed(lane) ? PST_WORKER_SANDBOX_STRICT : PST_WORKER_SANDBOX_OFF;
}

static uint32_t fill_settings(const struct pst_lane_config *config,
	struct pst_worker_setting ret_settings[PST_LANE_OPTIONS_MAX])
{
	for (size_t i = 0; i < config->option_count; i++) {
		const struct pst_lane_plugin_option *option = &config->options[i];

		ret_settings[i] =
			(struct pst_worker_setting){option->plugin, option->name, option->value};
	}
	return (uint32_t)config->option_count;
}

static int open_match(struct pst_lane *lane, struct pst_error *error)
{
	const struct pst_lane_spec *spec = &lane->spec;
	struct pst_worker_setting settings[PST_LANE_OPTIONS_MAX];
	const struct pst_match_config match = {.extractor = spec->extractor,
		.matcher = spec->matcher,
		.domain = pst_domain_name(pst_device_info(spec->device)->domain),
		.fmr = spec->config->fmr,
		.rank = spec->config->rank,
		.vault = lane->purpose == PST_PURPOSE_ENROL ? NULL : spec->vault,
		.gallery = spec->config->gallery,
		.settings = settings,
		.setting_count = fill_settings(spec->config, settings),
		.sandbox = sandbox_of(lane),
		.now_s = pst_clock_wall_s()};

	return pst_match_open(&lane->match, &match, error);
}

static int open_workers(struct pst_lane *lane, struct pst_error *error)
{
	const struct pst_lane_spec *spec = &lane->spec;
	const struct pst_device_info *info = pst_device_info(spec->device);
	struct pst_worker_setting settings[PST_LANE_OPTIONS_MAX];
	const struct pst_worker_config vision = {.detector = spec->detector,
		.quality = spec->quality,
		.pad = spec->pad,
		.extractor = spec->extractor,
		.format = info->format,
		.width = info->width,
		.height = info->height,
		.settings = settings,
		.setting_count = fill_settings(spec->config, settings),
		.sandbox = sandbox_of(lane),
		.pictures = spec->config->picture == PST_LANE_PICTURE_MASKED};

	if (spec->sink) {
		pst_vision_open_sink(&lane->vision, spec->sink);
		return 0;
	}
	int64_t begin_ns = pst_clock_mono_ns();
	int status = spec->vault ? pst_match_check_transform(
					   spec->vault, spec->extractor, spec->matcher, error)
				 : 0;
	if (status == 0) {
		status = pst_vision_open(&lane->vision, &vision,
			spec->config->spare == PST_LANE_SPARE_WARM, spec->config->follow, error);
	}
	lane->vision_start_ns = pst_clock_mono_ns() - begin_ns;
	if (status == 0) {
		status = open_match(lane, error);
		lane->match_start_ns = pst_clock_mono_ns() - begin_ns - lane->vision_start_ns;
	}
	return status;
}

int pst_lane_create(
	struct pst_lane **ret_lane, const struct pst_lane_spec *spec, struct pst_error *error)
{
	const struct pst_device_info *info = pst_device_info(spec->device);
	struct pst_lane *lane = calloc(1, sizeof(*lane));

	if (!lane) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	lane->spec = *spec;
	lane->policy = spec->policy;
	memcpy(lane->policy_digest, spec->policy_digest, sizeof(lane->policy_digest));
	lane->purpose = purpose_named(spec->config->purpose);
	lane->pad_rules = (struct pst_pad_rules){
		.impersonation =
			spec->pad && spec->config->pad_impersonation != PST_LANE_PAD_REPORTED,
		.evasion = spec->pad && spec->config->pad_evasion != PST_LANE_PAD_REPORTED};
	lane->day = pst_lane_config_day(spec->config, pst_clock_wall_s());
	lane->full_pace = !info->live;
	lane->idle_stopped = spec->config->idle == PST_LANE_IDLE_STOPPED;
	lane->lost_ns = -1;
	lane->tick.fd = -1;
	pst_random_bytes(lane->run, sizeof(lane->run));
	pst_lane_fit(lane);
	int status = 0;
	if (lane->idle_stopped && !info->pausable) {
		status = pst_error_set(error, PST_E_CONFIG,
			"source.idle: %s can't be stopped and started; set it to streaming",
			info->name);
	}
	if (status == 0 && spec->driver && !spec->scenario && lane->full_pace) {
		status = pst_error_set(error, PST_E_CONFIG,
			"source.pace: who drives a lane by its control socket needs its real time; "
			"set it to real (--pace real)");
	}
	if (status == 0 && spec->driver &&
		!(lane->drive.closed = calloc(PST_DRIVE_CLOSED_MAX, sizeof(*lane->drive.closed)))) {
		status = pst_error_set(error, -ENOMEM, "out of memory");
	}
	if (status == 0 &&
		pst_secret_alloc_template(PST_TEMPLATE_MAX, (void **)&lane->shot.bytes) < 0) {
		status =
			pst_error_set(error, -ENOMEM, "no memory that can be locked for templates");
	}

	if (status == 0) {
		status = open_workers(lane, error);
	}
	if (status < 0) {
		pst_lane_destroy(&lane);
		return status;
	}
	*ret_lane = lane;
	return 0;
}

void pst_lane_destroy(struct pst_lane **lane)
{
	struct pst_lane *gone = *lane;

	if (!gone) {
		return;
	}
	(void)pst_permit_revoke(&gone->permit);
	pst_match_close(&gone->match);
	pst_vision_close(&gone->vision);
	pst_secret_free((void **)&gone->shot.bytes);
	free(gone->drive.closed);
	pst_swap_finish(gone);
	free(gone);
	*lane = NULL;
}

struct pst_lane_pids pst_lane_pids(const struct pst_lane *lane)
{
	return (struct pst_lane_pids){
		.vision = lane->vision.worker ? pst_worker_pid(lane->vision.worker) : 0,
		.match = lane->match.worker ? pst_worker_pid(lane->match.worker) : 0};
}

static void report_opened(struct pst_lane *lane)
{
	const struct pst_lane_config *config = lane->spec.config;
	const struct pst_device_info *info = pst_device_info(lane->spec.device);
	const struct pst_sink *sink = lane->spec.sink;
	const struct pst_events_lane opened = {.version = lane->spec.version,
		.policy = lane->spec.policy->id,
		.policy_digest = lane->spec.policy_digest,
		.day = lane->day,
		.direction = config->direction,
		.environment = config->environment,
		.purpose = config->purpose,
		.mode = config->mode,
		.source = config->source,
		.recording = sink ? sink->kind : NULL,
		.detector = sink ? NULL : lane->spec.detector->id,
		.quality = sink ? NULL : lane->spec.quality->id,
		.pad = lane->spec.pad ? lane->spec.pad->id : NULL,
		.extractor = sink ? NULL : lane->spec.extractor->id,
		.matcher = sink ? NULL : lane->spec.matcher->id,
		.gallery = config->gallery[0] ? config->gallery : NULL,
		.sandboxed = pst_lane_is_sandboxed(lane),
		.pictures = config->picture == PST_LANE_PICTURE_MASKED,
		.vault = lane->spec.vault || lane->spec.inbox,
		.idle = lane->idle_stopped ? PST_EVENTS_IDLE_NOT_STREAMING
					   : PST_EVENTS_IDLE_RETURNED_UNREAD};
	const struct pst_events_source source = {.uri = info->uri,
		.name = info->name,
		.driver = info->driver,
		.format = pst_frame_format_name(info->format),
		.width = info->width,
		.height = info->height,
		.fps = info->fps,
		.live = info->live,
		.domain = pst_domain_name(info->domain),
		.choice = info->choice};

	pst_events_lane_opened(lane->spec.events, 0, &opened);
	pst_events_source_opened(lane->spec.events, 0, &source);
	if (sink) {
		return;
	}
	pst_events_worker_started(lane->spec.events, 0, PST_EVENTS_WORKER_VISION,
		pst_lane_is_sandboxed(lane), lane->vision_start_ns);
	if (lane->match.worker) {
		pst_events_worker_started(lane->spec.events, 0, PST_EVENTS_WORKER_MATCH,
			pst_lane_is_sandboxed(lane), lane->match_start_ns);
	}

	if (lane->match.threshold.fmr == 0) {
		pst_events_warning(
			lane->spec.events, 0, "uncalibrated: %s", lane->match.uncalibrated);
	}
}

/* Before anybody is told that the lane is open: from then on it closes in order. */
static void watch_signals(struct pst_lane *lane)
{
	lane->interrupt.data = lane->terminate.data = lane;
	(void)uv_signal_init(&lane->loop, &lane->interrupt);
	(void)uv_signal_init(&lane->loop, &lane->terminate);
	(void)uv_signal_start(&lane->interrupt, on_signal, SIGINT);
	(void)uv_signal_start(&lane->terminate, on_signal, SIGTERM);
	lane->hangup.data = lane;
	(void)uv_signal_init(&lane->loop, &lane->hangup);
	if (lane->spec.read_policy) {
		(void)uv_signal_start(&lane->hangup, on_hangup, SIGHUP);
	}
}

static int watch_match(struct pst_lane *lane)
{
	if (!lane->match.worker) {
		return 0;
	}
	lane->match_poll = calloc(1, sizeof(*lane->match_poll));
	if (!lane->match_poll) {
		return -ENOMEM;
	}
	lane->match_poll->data = lane;
	(void)uv_poll_init(&lane->loop, lane->match_poll, pst_worker_fd(lane->match.worker));
	(void)uv_poll_start(lane->match_poll, UV_READABLE, pst_workers_on_match);
	return 0;
}

static void free_poll(uv_handle_t *handle)
{
	free(handle);
}

static void unwatch_match(struct pst_lane *lane)
{
	if (lane->match_poll) {
		uv_close((uv_handle_t *)lane->match_poll, free_poll);
		lane->match_poll = NULL;
	}
}

void pst_lane_close_match(struct pst_lane *lane)
{
	unwatch_match(lane);
	pst_match_close(&lane->match);
}

int pst_lane_open_match(struct pst_lane *lane, struct pst_error *error)
{
	int status = open_match(lane, error);

	if (status == 0 && watch_match(lane) < 0) {
		pst_match_close(&lane->match);
		status = pst_error_set(error, -ENOMEM, "out of memory");
	}
	return status;
}

/* @return 0, or -errno with lane->error filled */
static int watch(struct pst_lane *lane)
{
	int status = pst_alarm_init(&lane->tick, &lane->loop, on_tick, lane);

	if (status < 0) {
		return pst_error_set(&lane->error, status, "no timer: %s", pst_status_text(status));
	}
	lane->vision_poll.data = lane->pump.data = lane;
	(void)uv_idle_init(&lane->loop, &lane->pump);
	if (lane->vision.worker) {
		(void)uv_poll_init(
			&lane->loop, &lane->vision_poll, pst_worker_fd(lane->vision.worker));
		(void)uv_poll_start(&lane->vision_poll, UV_READABLE, pst_workers_on_vision);
	}
	status = watch_match(lane);
	if (status < 0) {
		return pst_error_set(&lane->error, status, "out of memory");
	}
	if (lane->spec.progress) {
		lane->progress.data = lane;
		(void)uv_timer_init(&lane->loop, &lane->progress);
		(void)uv_timer_start(
			&lane->progress, on_progress, PST_LANE_PROGRESS_MS, PST_LANE_PROGRESS_MS);
	}
	return 0;
}

static void close_handle(uv_handle_t *handle, void *user)
{
	if (!uv_is_closing(handle)) {
		uv_close(handle, NULL);
	}
}

/* Waits for answers still under way, so that the worker's counts are whole, and for its wiping. */
static void drain(struct pst_lane *lane)
{
	int64_t until_ns = pst_clock_mono_ns() + DRAIN_MS * PST_NS_PER_MS;
	struct pst_worker_event event;

	while (lane->vision.worker &&
		(pst_worker_pending(lane->vision.worker) > 0 || lane->vision.wiping != 0) &&
		pst_clock_mono_ns() < until_ns) {
		struct pollfd readable = {
			.fd = pst_worker_fd(lane->vision.worker), .events = POLLIN};

		(void)poll(&readable, 1, 10);
		while (pst_worker_receive(lane->vision.worker, &event) == 1) {
			if (event.type == PST_WORKER_EVENT_DIED ||
				event.type == PST_WORKER_EVENT_RESET) {
				pst_workers_take_vision(lane, &event);
			}
		}
	}
}

static enum pst_events_end end_of(const struct pst_lane *lane)
{
	if (lane->status < 0) {
		return PST_EVENTS_END_FAULT;
	}
	return lane->summary.interrupted ? PST_EVENTS_END_STOPPED : PST_EVENTS_END_ENDED;
}

static void close_loop(struct pst_lane *lane)
{
	if (lane->spec.driver) {
		lane->spec.driver->detach(lane->spec.driver->user);
	}
	unwatch_match(lane);
	uv_walk(&lane->loop, close_handle, NULL);
	(void)uv_run(&lane->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&lane->loop);
	pst_alarm_finish(&lane->tick);
}

static void finish(struct pst_lane *lane)
{
	lane->over = true;
	if (lane->spec.notify) {
		pst_notify_tell(lane->spec.notify, "STOPPING=1");
	}
	pst_source_close(lane);
	drain(lane);
	if (lane->status == 0) {
		lane->error = (struct pst_error){0};
		lane->status = pst_books_check(lane, &lane->error);
	}
	if (pst_books_close(lane) < 0 && lane->status == 0) {
		lane->status = pst_error_set(
			&lane->error, PST_E_UNSAFE, "audit log: %s", lane->audit_error.text);
	}
	lane->summary.frames = pst_record_frames(lane);
	lane->summary.duration_ns = pst_clock_mono_ns() - lane->begun_ns;
	if (lane->spec.scenario) {
		lane->summary.unreached = lane->spec.scenario->count - lane->script.next;
	}
	const struct pst_events_lane_end end = {.reason = end_of(lane),
		.encounters = lane->summary.encounters,
		.frames = lane->summary.frames,
		.settling = lane->summary.settling,
		.stale = lane->summary.stale,
		.losses = lane->summary.losses};
	pst_events_lane_closed(lane->spec.events, lane->now_ns, &end);
	close_loop(lane);
}

static void run_loop(struct pst_lane *lane)
{
	const struct pst_driver *driver = lane->spec.driver;

	pst_watchdog_begin(lane);
	lane->status = watch(lane);
	if (lane->status == 0 && driver) {
		lane->status = driver->attach(driver->user, lane, &lane->loop, &lane->error);
	}
	if (lane->status == 0) {
		lane->status = pst_source_open(lane);
	}
	if (lane->status < 0) {
		return;
	}
	pst_watchdog_ready(lane);
	pst_lane_advance(lane);
	if (!lane->over) {
		(void)uv_run(&lane->loop, UV_RUN_DEFAULT);
	}
}

int pst_lane_run(
	struct pst_lane *lane, struct pst_lane_summary *ret_summary, struct pst_error *error)
{
	lane->asleep_ns = pst_clock_asleep_ns(0, &lane->begun_ns);
	lane->signed_ns = lane->begun_ns;
	lane->used_ns = lane->begun_ns;

	lane->status = uv_loop_init(&lane->loop);
	if (lane->status < 0) {
		return pst_error_set(
			error, lane->status, "event loop: %s", uv_strerror(lane->status));
	}
	lane->epoch_ns = lane->full_pace ? 0 : lane->begun_ns;
	watch_signals(lane);
	report_opened(lane);
	if (pst_record_opened(lane) == 0) {
		pst_record_keep_time(lane);
		run_loop(lane);
	}
	finish(lane);
	*ret_summary = lane->summary;
	if (lane->status < 0) {
		*error = lane->error;
	}
	return lane->status;
}
