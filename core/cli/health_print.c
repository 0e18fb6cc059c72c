/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/health_print.h"

#include <stdio.h>

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static double megabytes(const json_t *object)
{
	return (double)number(object, "memory_bytes") / 1e6;
}

static void print_spread(const char *what, const json_t *spread)
{
	if (!json_is_object(spread)) {
		(void)printf("  %-10s nothing yet\n", what);
		return;
	}
	(void)printf("  %-10s p50 %.1f ms, p95 %.1f ms, most %.1f ms\n", what,
		json_number_value(json_object_get(spread, "p50")),
		json_number_value(json_object_get(spread, "p95")),
		json_number_value(json_object_get(spread, "max")));
}

static void print_camera(const json_t *camera)
{
	const json_t *lost = json_object_get(camera, "lost");
	const json_t *passed = json_object_get(camera, "passed_over");
	const char *away = text(camera, "away");

	(void)printf("camera %s (%s), %s: %s%s%s\n", text(camera, "name"), text(camera, "driver"),
		text(camera, "uri"), text(camera, "state"), *away ? ", " : "", away);
	(void)printf("  %-10s %s %lldx%lld, %.2f of %.2f frames/s\n", "format",
		text(camera, "format"), number(camera, "width"), number(camera, "height"),
		json_number_value(json_object_get(camera, "fps")),
		json_number_value(json_object_get(camera, "fps_wanted")));
	print_spread("interval", json_object_get(camera, "interval_ms"));
	print_spread("jitter", json_object_get(camera, "jitter_ms"));
	(void)printf("  %-10s %lld good; %lld skipped, %lld flagged, %lld undersized, %lld torn\n",
		"frames", number(camera, "good"), number(lost, "skipped"), number(lost, "flagged"),
		number(lost, "undersized"), number(lost, "torn"));
	(void)printf("  %-10s %lld settling, %lld stale, under a permit\n", "passed by",
		number(passed, "settling"), number(passed, "stale"));
	(void)printf("  %-10s %lld times, back %lld times\n", "away", number(camera, "losses"),
		number(camera, "returns"));
}

/* As a line of counts, each under the bound that stands above it. */
static void print_latency(const json_t *latency)
{
	static const struct {
		const char *name;
		const char *label;
	} rows[] = {{"slot", "to slot"}, {"answer", "to answer"}};
	const json_t *bounds = json_object_get(json_object_get(latency, "slot"), "bounds_ms");

	if (!json_is_object(latency)) {
		return;
	}
	(void)printf("%-12s", "latency, ms");
	for (size_t i = 0; i < json_array_size(bounds); i++) {
		(void)printf(" %6lld", (long long)json_integer_value(json_array_get(bounds, i)));
	}
	(void)printf(" %6s\n", "more");
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		const json_t *counts =
			json_object_get(json_object_get(latency, rows[row].name), "counts");

		(void)printf("  %-10s", rows[row].label);
		for (size_t i = 0; i < json_array_size(counts); i++) {
			(void)printf(
				" %6lld", (long long)json_integer_value(json_array_get(counts, i)));
		}
		(void)putchar('\n');
	}
}

static void print_worker(const json_t *worker)
{
	const json_t *plugins = json_object_get(worker, "plugins");

	(void)printf("worker %s: %s, spare %s, %.0f MB;", text(worker, "role"),
		text(worker, "state"), text(worker, "spare"), megabytes(worker));
	for (size_t i = 0; i < json_array_size(plugins); i++) {
		(void)printf(" %s", json_string_value(json_array_get(plugins, i)));
	}
	(void)printf("\n  %-10s %lld deaths, %lld restarts, %lld renewals\n", "lives",
		number(worker, "deaths"), number(worker, "restarts"), number(worker, "renewals"));
	print_spread("answers", json_object_get(worker, "answer_ms"));
}

static void print_encounters(const json_t *health)
{
	const json_t *encounters = json_object_get(health, "encounters");
	const json_t *permits = json_object_get(health, "permits");
	const json_t *count;
	const char *outcome;

	(void)printf("people: %lld came, %lld permits granted, %s now", number(encounters, "total"),
		number(permits, "granted"),
		json_is_true(json_object_get(permits, "live")) ? "one" : "none");
	json_object_foreach(json_object_get(encounters, "outcomes"), outcome, count)
	{
		if (json_integer_value(count) > 0) {
			(void)printf("; %s %lld", outcome, (long long)json_integer_value(count));
		}
	}
	(void)putchar('\n');
}

static void print_books(const json_t *health)
{
	const json_t *frames = json_object_get(health, "frames");
	const json_t *vault = json_object_get(health, "vault");
	const json_t *audit = json_object_get(health, "audit");
	const char *last = text(vault, "last");

	(void)printf("frames: %lld seen, %lld leased, %lld withheld, %lld lost, %lld damaged\n",
		number(frames, "seen"), number(frames, "leased"), number(frames, "withheld"),
		number(frames, "lost"), number(frames, "damaged"));
	(void)printf("vault: %s%s, %lld stored%s%s", text(vault, "state"),
		json_is_true(json_object_get(vault, "clock_held")) ? ", clock held" : "",
		number(vault, "stored"), *last ? ", last at " : "", last);
	if (json_is_integer(json_object_get(vault, "records"))) {
		(void)printf(", %lld records", number(vault, "records"));
	}
	(void)printf("\naudit log: entry %lld, signed up to %lld, %.0f s ago%s\n",
		number(audit, "sequence"), number(audit, "checkpoint"),
		(double)number(audit, "checkpoint_age_ms") / 1000,
		json_is_true(json_object_get(audit, "writable")) ? "" : "; NOT WRITABLE");
}

void pst_cli_health_print(const json_t *health)
{
	const json_t *worker;
	size_t i;

	(void)printf("lane %s: open for %.1f s, %.0f MB\n", text(health, "lane"),
		(double)number(health, "uptime_ms") / 1000, megabytes(health));
	print_camera(json_object_get(health, "camera"));
	print_latency(json_object_get(health, "latency"));
	json_array_foreach(json_object_get(health, "workers"), i, worker)
	{
		print_worker(worker);
	}
	print_encounters(health);
	print_books(health);
}
