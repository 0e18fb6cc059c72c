/* SPDX-License-Identifier: Apache-2.0 */
#include "control/health.h"

#include "base/clock.h"

#define US_PER_MS 1000.0

static double ms_of_us(uint32_t us)
{
	return us / US_PER_MS;
}

static double ms_of_ns(uint64_t ns)
{
	return (double)ns / PST_NS_PER_MS;
}

/* Of no values nothing is usual. */
static json_t *spread_of(const struct pst_recent_spread *spread, uint32_t count)
{
	return count > 0 ? json_pack("{s:f, s:f, s:f}", "p50", ms_of_us(spread->p50), "p95",
				   ms_of_us(spread->p95), "max", ms_of_us(spread->max))
			 : json_null();
}

static json_t *number_or_null(double value)
{
	return value > 0 ? json_real(value) : json_null();
}

static json_t *camera_of(const struct pst_health_camera *camera)
{
	const struct pst_recent_summary *interval = &camera->interval;
	json_t *lost = json_pack("{s:I, s:I, s:I, s:I}", "skipped", (json_int_t)camera->lost,
		"flagged", (json_int_t)camera->flagged, "undersized",
		(json_int_t)camera->undersized, "torn", (json_int_t)camera->torn);
	json_t *passed = json_pack("{s:I, s:I}", "settling", (json_int_t)camera->settling, "stale",
		(json_int_t)camera->stale);

	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:I, "
			 "s:o, s:o, s:I, s:I}",
		"uri", camera->uri, "name", camera->name, "driver", camera->driver, "state",
		camera->state, "away", camera->away[0] ? camera->away : NULL, "format",
		camera->format, "width", (json_int_t)camera->width, "height",
		(json_int_t)camera->height, "live", camera->live, "fps_wanted",
		number_or_null(camera->fps_wanted), "fps", number_or_null(camera->fps),
		"interval_ms", spread_of(&interval->spread, interval->count), "jitter_ms",
		spread_of(&interval->off, interval->count), "good", (json_int_t)camera->good,
		"lost", lost, "passed_over", passed, "losses", (json_int_t)camera->losses,
		"returns", (json_int_t)camera->returns);
}

static json_t *bounds(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < PST_HEALTH_BOUNDS; i++) {
		(void)json_array_append_new(list, json_integer(pst_health_bounds_ms[i]));
	}
	return list;
}

static json_t *histogram_of(const struct pst_health_histogram *histogram)
{
	json_t *counts = json_array();

	for (size_t i = 0; i <= PST_HEALTH_BOUNDS; i++) {
		(void)json_array_append_new(counts, json_integer((json_int_t)histogram->count[i]));
	}
	return json_pack("{s:o, s:o, s:f}", "bounds_ms", bounds(), "counts", counts, "sum_ms",
		ms_of_ns(histogram->sum_ns));
}

static json_t *worker_of(const struct pst_health_worker *worker)
{
	const struct pst_recent_summary *answer = &worker->answer;
	json_t *plugins = json_array();

	for (size_t i = 0; i < worker->plugin_count; i++) {
		(void)json_array_append_new(plugins, json_string(worker->plugin[i]));
	}
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:b, s:s, s:o, s:I}", "role", worker->role,
		"state", worker->state, "plugins", plugins, "deaths", (json_int_t)worker->deaths,
		"restarts", (json_int_t)worker->restarts, "renewals", (json_int_t)worker->renewals,
		"quarantined", worker->quarantined, "spare",
		worker->spare_ready    ? "ready"
		: worker->spare_wanted ? "starting"
				       : "none",
		"answer_ms", spread_of(&answer->spread, answer->count), "memory_bytes",
		(json_int_t)worker->memory);
}

static json_t *workers_of(const struct pst_health *health)
{
	json_t *list = json_array();

	for (size_t i = 0; i < health->worker_count; i++) {
		(void)json_array_append_new(list, worker_of(&health->worker[i]));
	}
	return list;
}

static json_t *outcomes_of(const struct pst_health *health)
{
	json_t *outcomes = json_object();

	for (int i = PST_OUTCOME_UNSET + 1; i < PST_OUTCOME_COUNT; i++) {
		(void)json_object_set_new(outcomes, pst_outcome_name((enum pst_outcome)i),
			json_integer((json_int_t)health->outcome[i]));
	}
	return outcomes;
}

static json_t *vault_of(const struct pst_health *health)
{
	char last[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(health->stored_s, last);
	return json_pack("{s:s, s:b, s:o, s:I, s:s?}", "state", health->vault, "clock_held",
		health->clock_held, "records",
		health->vault_open ? json_integer((json_int_t)health->records) : json_null(),
		"stored", (json_int_t)health->stored, "last", health->stored_s > 0 ? last : NULL);
}

static json_t *audit_of(const struct pst_health *health)
{
	return json_pack("{s:I, s:I, s:I, s:b}", "sequence", (json_int_t)health->audit,
		"checkpoint", (json_int_t)health->signed_audit, "checkpoint_age_ms",
		(json_int_t)(health->signed_age_ns / PST_NS_PER_MS), "writable",
		!health->audit_fails);
}

static json_t *frames_of(const struct pst_events_frames *frames)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "seen", (json_int_t)frames->seen, "leased",
		(json_int_t)frames->leased, "withheld", (json_int_t)frames->withheld, "lost",
		(json_int_t)frames->lost, "damaged", (json_int_t)frames->damaged);
}

static json_t *latency_of(const struct pst_health *health)
{
	return health->camera.live ? json_pack("{s:o, s:o}", "slot", histogram_of(&health->to_slot),
					     "answer", histogram_of(&health->to_answer))
				   : json_null();
}

json_t *pst_control_health(const struct pst_health *health)
{
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:{s:I, s:b}, s:{s:I, s:o}, s:o, "
			 "s:o}",
		"lane", health->lane, "uptime_ms", (json_int_t)(health->uptime_ns / PST_NS_PER_MS),
		"memory_bytes", (json_int_t)health->memory, "camera", camera_of(&health->camera),
		"latency", latency_of(health), "frames", frames_of(&health->frames), "workers",
		workers_of(health), "permits", "granted", (json_int_t)health->permits, "live",
		health->permit, "encounters", "total", (json_int_t)health->encounters, "outcomes",
		outcomes_of(health), "vault", vault_of(health), "audit", audit_of(health));
}
