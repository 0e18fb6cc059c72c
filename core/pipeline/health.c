/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/health.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "pipeline/idle.h"
#include "pipeline/impl.h"

#define FRESH_NS (200 * PST_NS_PER_MS)
#define WINDOW_US (60 * 1000000ULL)
#define ANSWERS 256
#define NS_PER_US 1000

#define BOUND(ms) ms,
const uint32_t pst_health_bounds_ms[PST_HEALTH_BOUNDS] = {PST_HEALTH_BOUNDS_MAP(BOUND)};

static void put(struct pst_health_histogram *histogram, int64_t took_ns)
{
	int64_t ns = took_ns > 0 ? took_ns : 0;
	size_t bucket = 0;

	while (bucket < PST_HEALTH_BOUNDS &&
		ns > (int64_t)pst_health_bounds_ms[bucket] * PST_NS_PER_MS) {
		bucket++;
	}
	histogram->count[bucket]++;
	histogram->sum_ns += (uint64_t)ns;
}

void pst_health_source_started(struct pst_lane *lane)
{
	lane->health.has_frame = false;
}

void pst_health_frame(struct pst_lane *lane, int64_t captured_ns)
{
	struct pst_health_notes *notes = &lane->health;
	int64_t us = (captured_ns - notes->captured_ns) / NS_PER_US;

	if (notes->has_frame && us >= 0 && us <= UINT32_MAX) {
		pst_recent_add(&notes->interval_us, (uint32_t)us);
	}
	notes->has_frame = true;
	notes->captured_ns = captured_ns;
}

static int64_t age_ns(const struct pst_lane *lane, int64_t captured_ns)
{
	return pst_clock_mono_ns() - lane->epoch_ns - captured_ns;
}

void pst_health_in_slot(struct pst_lane *lane, int64_t captured_ns)
{
	if (!lane->full_pace) {
		put(&lane->health.to_slot, age_ns(lane, captured_ns));
	}
}

void pst_health_answered(struct pst_lane *lane, int64_t captured_ns)
{
	if (!lane->full_pace) {
		put(&lane->health.to_answer, age_ns(lane, captured_ns));
	}
}

void pst_health_stored(struct pst_lane *lane, int64_t wall_s)
{
	lane->health.stored++;
	lane->health.stored_s = wall_s;
}

/* @return resident bytes of a process; 0: there is none */
static uint64_t memory_of(int pid)
{
	char path[64];
	unsigned long long pages = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	FILE *file = pid > 0 ? fopen(path, "re") : NULL;

	if (file && fscanf(file, "%*u %llu", &pages) != 1) {
		pages = 0;
	}
	if (file) {
		(void)fclose(file);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void look_at(struct pst_health_notes *notes, int index, const struct pst_worker *worker)
{
	notes->answer[index] = (struct pst_recent_summary){0};
	notes->worker_memory[index] = 0;
	if (worker) {
		pst_recent_sum_up(pst_worker_answers(worker), ANSWERS, 0, &notes->answer[index]);
		notes->worker_memory[index] =
			memory_of(pst_worker_pid(worker)) + memory_of(pst_worker_spare_pid(worker));
	}
	notes->memory += notes->worker_memory[index];
}

static void look(struct pst_lane *lane)
{
	struct pst_health_notes *notes = &lane->health;
	int64_t now_ns = pst_clock_mono_ns();

	if (notes->looked_ns > 0 && now_ns - notes->looked_ns < FRESH_NS) {
		return;
	}
	notes->looked_ns = now_ns;
	notes->memory = memory_of(getpid());
	pst_recent_sum_up(&notes->interval_us, PST_RECENT_MAX, WINDOW_US, &notes->interval);
	look_at(notes, 0, lane->vision.worker);
	look_at(notes, 1, lane->match.worker);
}

static void tell_camera(const struct pst_lane *lane, struct pst_health_camera *camera)
{
	const struct pst_device_info *info = pst_device_info(lane->spec.device);
	const struct pst_device_counts counts = pst_device_counts(lane->spec.device);
	enum pst_device_away away = pst_device_away(lane->spec.device);
	const struct pst_recent_summary *interval = &lane->health.interval;

	*camera = (struct pst_health_camera){.uri = info->uri,
		.name = info->name,
		.driver = info->driver,
		.state = pst_source_state_name(lane->source),
		.away = away == PST_DEVICE_AWAY_UNSET ? "" : pst_device_away_name(away),
		.format = pst_frame_format_name(info->format),
		.width = info->width,
		.height = info->height,
		.fps_wanted = info->fps,
		.fps = interval->sum > 0 ? 1e6 * interval->count / (double)interval->sum : 0,
		.live = info->live,
		.interval = *interval,
		.good = counts.good,
		.lost = counts.lost,
		.flagged = counts.flagged,
		.undersized = counts.undersized,
		.torn = counts.torn,
		.settling = lane->summary.settling,
		.stale = lane->summary.stale,
		.losses = lane->summary.losses,
		.returns = lane->health.returns};
}

static const char *state_of(const struct pst_worker *worker)
{
	static const char *const names[] = {[PST_WORKER_STATE_UNSET] = "unset",
		[PST_WORKER_STATE_STARTING] = "starting",
		[PST_WORKER_STATE_READY] = "ready",
		[PST_WORKER_STATE_WAITING] = "waiting",
		[PST_WORKER_STATE_QUARANTINED] = "quarantined"};

	return names[pst_worker_state(worker)];
}

/* @param index  among the notes */
static void tell_worker(const struct pst_lane *lane, const char *role, int index,
	const struct pst_worker *worker, const struct pst_plugin *const *plugins, size_t count,
	struct pst_health *health)
{
	if (!worker) {
		return;
	}
	struct pst_health_worker *to = &health->worker[health->worker_count++];
	const struct pst_worker_counts counts = pst_worker_counts(worker);
	uint32_t renewals = index == 0 ? lane->vision.renewals : 0;
	uint32_t starts = counts.starts - renewals;

	*to = (struct pst_health_worker){.role = role,
		.state = state_of(worker),
		.deaths = counts.deaths,
		.restarts = starts > 0 ? starts - 1 : 0,
		.renewals = renewals,
		.quarantined = pst_worker_state(worker) == PST_WORKER_STATE_QUARANTINED,
		.spare_wanted = index == 0 && lane->spec.config->spare == PST_LANE_SPARE_WARM,
		.spare_ready = pst_worker_has_spare(worker),
		.answer = lane->health.answer[index],
		.memory = lane->health.worker_memory[index]};
	for (size_t i = 0; i < count; i++) {
		if (plugins[i]) {
			to->plugin[to->plugin_count++] = plugins[i]->id;
		}
	}
}

static void tell_workers(const struct pst_lane *lane, struct pst_health *health)
{
	const struct pst_plugin *const vision[PST_HEALTH_PLUGINS_MAX] = {
		lane->spec.detector, lane->spec.quality, lane->spec.pad, lane->spec.extractor};

	tell_worker(lane, "vision", 0, lane->vision.worker, vision, PST_HEALTH_PLUGINS_MAX, health);
	tell_worker(lane, "match", 1, lane->match.worker, &lane->spec.matcher, 1, health);
}

static void tell_vault(const struct pst_lane *lane, struct pst_health *health)
{
	struct pst_vault_set set = {0};

	health->vault = "none";
	if (lane->spec.inbox) {
		health->vault = "inbox";
	} else if (pst_idle_is_locked(lane)) {
		health->vault = "locked";
	} else if (lane->spec.vault) {
		health->vault = "open";
		health->vault_open = true;
		pst_vault_set(lane->spec.vault, &set);
	}
	health->records = set.records;
	health->clock_held = lane->clock_held;
	health->stored = lane->health.stored;
	health->stored_s = lane->health.stored_s;
}

void pst_health_tell(struct pst_lane *lane, struct pst_health *ret_health)
{
	int64_t signed_age_ns;

	pst_lane_catch_up(lane);
	pst_lane_advance(lane);
	look(lane);
	uint64_t signed_audit = pst_audit_signed(lane->spec.audit, &signed_age_ns);

	*ret_health = (struct pst_health){.lane = lane->spec.config->name,
		.uptime_ns = pst_clock_mono_ns() - lane->begun_ns,
		.to_slot = lane->health.to_slot,
		.to_answer = lane->health.to_answer,
		.frames = pst_record_frames(lane),
		.permits = lane->health.permits,
		.permit = pst_permit_id(&lane->permit) != 0,
		.encounters = lane->summary.encounters,
		.audit = pst_audit_sequence(lane->spec.audit),
		.signed_audit = signed_audit,
		.signed_age_ns = signed_age_ns,
		.audit_fails = lane->audit_error.status < 0,
		.memory = lane->health.memory};
	memcpy(ret_health->outcome, lane->health.outcome, sizeof(ret_health->outcome));
	tell_camera(lane, &ret_health->camera);
	tell_workers(lane, ret_health);
	tell_vault(lane, ret_health);
}
