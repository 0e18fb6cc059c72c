/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "base/clock.h"
#include "control/health.h"
#include "control/message.h"

static const struct pst_health sick = {.lane = "lane",
	.uptime_ns = 90 * PST_NS_PER_S,
	.camera = {.uri = "v4l2:serial=A1",
		.name = "Cam",
		.driver = "uvcvideo",
		.state = "away",
		.away = "stalled",
		.format = "mjpeg",
		.width = 1280,
		.height = 720,
		.live = true,
		.fps_wanted = 30,
		.fps = 29.97,
		.interval = {.count = 2, .spread = {33333, 40001, 40001}, .off = {0, 6668, 6668}},
		.torn = 3},
	.to_slot = {.count = {[1] = 4, [PST_HEALTH_BOUNDS] = 1}, .sum_ns = 2500000},
	.worker = {{.role = "vision",
		.state = "quarantined",
		.plugin = {"yunet", "facequal"},
		.plugin_count = 2,
		.deaths = 5,
		.quarantined = true,
		.spare_wanted = true}},
	.worker_count = 1,
	.outcome = {[PST_OUTCOME_VERIFIED] = 2},
	.vault = "inbox",
	.stored = 1,
	.stored_s = 1000000000,
	.audit = 12,
	.signed_audit = 9,
	.signed_age_ns = PST_NS_PER_S,
	.audit_fails = true};

/* @return what stands at a path of names and indices, "workers.0.state" */
static const json_t *at(const json_t *json, const char *path)
{
	char part[64];

	while (*path) {
		size_t size = strcspn(path, ".");

		(void)snprintf(part, sizeof(part), "%.*s", (int)size, path);
		json = json_is_array(json) ? json_array_get(json, strtoul(part, NULL, 10))
					   : json_object_get(json, part);
		path += size + (path[size] == '.');
	}
	return json;
}

static void expect_text(const json_t *json, const char *path, const char *wanted)
{
	const char *text = json_string_value(at(json, path));

	cr_assert_not_null(text, "%s", path);
	cr_expect_str_eq(text, wanted, "%s", path);
}

static void expect_number(const json_t *json, const char *path, double wanted)
{
	cr_assert(json_is_number(at(json, path)), "%s", path);
	cr_expect_float_eq(json_number_value(at(json, path)), wanted, 1e-6, "%s", path);
}

Test(health, of_a_lane_that_is_not_well)
{
	json_t *told = pst_control_health(&sick);

	cr_assert_not_null(told);
	expect_text(told, "camera.away", "stalled");
	expect_number(told, "camera.fps", 29.97);
	expect_number(told, "camera.interval_ms.p95", 40.001);
	expect_number(told, "camera.jitter_ms.max", 6.668);
	expect_number(told, "camera.lost.torn", 3);
	expect_number(told, "latency.slot.bounds_ms.0", 1);
	expect_number(told, "latency.slot.bounds_ms.10", 2000);
	cr_expect_eq(json_array_size(at(told, "latency.slot.bounds_ms")), PST_HEALTH_BOUNDS);
	cr_expect_eq(json_array_size(at(told, "latency.slot.counts")), PST_HEALTH_BOUNDS + 1);
	expect_number(told, "latency.slot.counts.1", 4);
	expect_number(told, "latency.slot.counts.11", 1);
	expect_number(told, "latency.slot.sum_ms", 2.5);
	expect_text(told, "workers.0.plugins.1", "facequal");
	expect_text(told, "workers.0.spare", "starting");
	cr_expect(json_is_true(at(told, "workers.0.quarantined")));
	cr_expect(json_is_null(at(told, "workers.0.answer_ms")), "nothing was answered");
	expect_number(told, "encounters.outcomes.verified", 2);
	cr_expect_eq(json_object_size(at(told, "encounters.outcomes")), PST_OUTCOME_COUNT - 1);
	expect_text(told, "vault.last", "2001-09-09T01:46:40Z");
	cr_expect(json_is_null(at(told, "vault.records")), "of an inbox nobody knows");
	expect_number(told, "audit.checkpoint_age_ms", 1000);
	cr_expect(json_is_false(at(told, "audit.writable")));
	json_decref(told);
}

/* A recording at full pace has no latency, and a camera that is there is not away. */
Test(health, what_is_not_known_is_null)
{
	struct pst_health well = sick;
	json_t *told;

	well.camera.live = false;
	well.camera.away = "";
	well.camera.fps = 0;
	well.camera.interval = (struct pst_recent_summary){0};
	well.stored_s = 0;
	told = pst_control_health(&well);
	cr_expect(json_is_null(at(told, "latency")));
	cr_expect(json_is_null(at(told, "camera.away")));
	cr_expect(json_is_null(at(told, "camera.fps")));
	cr_expect(json_is_null(at(told, "camera.interval_ms")));
	cr_expect(json_is_null(at(told, "vault.last")));
	json_decref(told);
}

/* 0.1 + 0.2 is not told with seventeen digits, and all of it fits into a line. */
Test(health, is_one_short_line)
{
	char *line = pst_control_answer(1, pst_control_health(&sick));

	cr_assert_not_null(line);
	cr_expect_not_null(strstr(line, "\"fps\":29.97,"), "%s", line);
	cr_expect_lt(strlen(line), 4096);
	free(line);
}
