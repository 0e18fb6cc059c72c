/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "console/metrics.h"

static const char health_text[] =
	"{\"uptime_ms\":2150,\"memory_bytes\":115617792,\"camera\":{\"fps\":15.0,\"interval_ms\":{"
	"\"p50\":66.667,\"p95\":66.667,\"max\":70},\"jitter_ms\":{\"p50\":0.0,\"p95\":0.001,"
	"\"max\":0.001},\"lost\":{\"skipped\":4,\"flagged\":0,\"undersized\":0,\"torn\":1},"
	"\"losses\":0,\"returns\":0},\"latency\":{\"slot\":null,\"answer\":{\"bounds_ms\":[1,2,500]"
	","
	"\"counts\":[0,2,1,3],\"sum_ms\":36.1}},\"frames\":{\"seen\":32,\"leased\":3,\"withheld\":"
	"24,"
	"\"lost\":5,\"damaged\":1},\"workers\":[{\"role\":\"vision\",\"state\":\"ready\","
	"\"deaths\":2,"
	"\"restarts\":2,\"quarantined\":false,\"answer_ms\":{\"p50\":11.2,\"p95\":14.9,\"max\":"
	"null},"
	"\"memory_bytes\":81403904},{\"role\":\"match\",\"state\":\"waiting\",\"deaths\":1}],"
	"\"permits\":{\"granted\":1,\"live\":true},\"encounters\":{\"total\":2,\"outcomes\":{"
	"\"verified\":0,\"refer-opted-out\":2}},\"vault\":{\"state\":\"none\",\"records\":null,"
	"\"stored\":0},\"audit\":{\"sequence\":14,\"checkpoint_age_ms\":2160,\"writable\":true}}";

static const char status_text[] =
	"{\"lane\":\"gate\",\"version\":\"0.1.0\",\"policy\":\"us-border\",\"source\":"
	"\"streaming\","
	"\"notice\":{\"state\":\"current\"},\"encounter\":{\"number\":2}}";

static const struct pst_console_lane_counts counts = {.connects = 1, .events = 77};
static struct pst_exposition text;
static struct pst_metrics_lane lanes[2];

static void set_up(void)
{
	lanes[0] = (struct pst_metrics_lane){.name = "gate",
		.here = true,
		.age_ms = 250,
		.status = json_loads(status_text, 0, NULL),
		.health = json_loads(health_text, 0, NULL),
		.subscribers = 3,
		.counts = &counts};
	lanes[1] = (struct pst_metrics_lane){.name = "other", .counts = &counts};
	cr_assert(lanes[0].status && lanes[0].health);
	pst_metrics_write(&text, lanes, 2);
	cr_assert_eq(pst_bytes_append(&text.text, "", 1), 0);
	cr_assert_not(text.failed);
}

static void leave(void)
{
	json_decref((json_t *)lanes[0].status);
	json_decref((json_t *)lanes[0].health);
	pst_bytes_finish(&text.text);
}

TestSuite(metrics, .init = set_up, .fini = leave);

static void expect_line(const char *line)
{
	char whole[256];

	(void)snprintf(whole, sizeof(whole), "\n%s\n", line);
	cr_expect(strstr((const char *)text.text.data, whole), "%s", line);
}

static void expect_none(const char *begin)
{
	cr_expect_null(strstr((const char *)text.text.data, begin), "%s", begin);
}

Test(metrics, what_a_lane_says_of_itself)
{
	expect_line("postern_lane_info{lane=\"gate\",version=\"0.1.0\",policy=\"us-border\"} 1");
	expect_line("# TYPE postern_frames_total counter");
	expect_line("postern_frames_total{lane=\"gate\",fate=\"leased\"} 3");
	expect_line("postern_frames_total{lane=\"gate\",fate=\"withheld\"} 24");
	expect_line("postern_frames_total{lane=\"gate\",fate=\"lost\"} 5");
	expect_none("fate=\"seen\"");
	expect_line("postern_camera_frames_per_second{lane=\"gate\"} 15");
	expect_line("postern_camera_interval_seconds{lane=\"gate\",quantile=\"0.95\"} 0.066667");
	expect_line("postern_camera_frames_lost_total{lane=\"gate\",cause=\"torn\"} 1");
	expect_line("postern_permits_total{lane=\"gate\"} 1");
	expect_line("postern_permit_live{lane=\"gate\"} 1");
	expect_line("postern_encounters_total{lane=\"gate\",outcome=\"verified\"} 0");
	expect_line("postern_encounters_total{lane=\"gate\",outcome=\"refer-opted-out\"} 2");
	expect_line("postern_audit_checkpoint_age_seconds{lane=\"gate\"} 2.16");
	expect_line("postern_lane_memory_bytes{lane=\"gate\"} 115617792");
	expect_line("postern_lane_uptime_seconds{lane=\"gate\"} 2.15");
}

Test(metrics, workers)
{
	expect_line("postern_worker_ready{lane=\"gate\",worker=\"vision\"} 1");
	expect_line("postern_worker_ready{lane=\"gate\",worker=\"match\"} 0");
	expect_line("postern_worker_deaths_total{lane=\"gate\",worker=\"match\"} 1");
	expect_line(
		"postern_worker_answer_seconds{lane=\"gate\",worker=\"vision\",quantile=\"0.5\"} "
		"0.0112");
	expect_none("worker=\"vision\",quantile=\"1\"");
	expect_none("postern_worker_memory_bytes{lane=\"gate\",worker=\"match\"}");
}

Test(metrics, a_histogram_adds_up)
{
	expect_line("# TYPE postern_frame_answer_seconds histogram");
	expect_line("postern_frame_answer_seconds_bucket{lane=\"gate\",le=\"0.001\"} 0");
	expect_line("postern_frame_answer_seconds_bucket{lane=\"gate\",le=\"0.002\"} 2");
	expect_line("postern_frame_answer_seconds_bucket{lane=\"gate\",le=\"0.5\"} 3");
	expect_line("postern_frame_answer_seconds_bucket{lane=\"gate\",le=\"+Inf\"} 6");
	expect_line("postern_frame_answer_seconds_sum{lane=\"gate\"} 0.0361");
	expect_line("postern_frame_answer_seconds_count{lane=\"gate\"} 6");
	expect_none("postern_frame_slot_seconds_bucket");
}

Test(metrics, what_the_console_sees)
{
	expect_line("postern_lane_up{lane=\"gate\"} 1");
	expect_line("postern_lane_up{lane=\"other\"} 0");
	expect_line("postern_lane_status_age_seconds{lane=\"gate\"} 0.25");
	expect_none("postern_lane_status_age_seconds{lane=\"other\"}");
	expect_line("postern_notice_current{lane=\"gate\"} 1");
	expect_line("postern_encounter_open{lane=\"gate\"} 1");
	expect_line("postern_camera_streaming{lane=\"gate\"} 1");
	expect_none("postern_notice_current{lane=\"other\"}");
	expect_none("postern_vault_records{");
	expect_line("postern_console_subscribers{lane=\"gate\"} 3");
	expect_line("postern_console_lane_events_total{lane=\"other\"} 77");
}

/* Each family is named once, with its samples right behind it. */
Test(metrics, families_stand_together)
{
	char name[64] = "";
	char seen[64][64];
	size_t count = 0;

	for (char *line = strtok((char *)text.text.data, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "# HELP %63s", name) == 1) {
			for (size_t i = 0; i < count; i++) {
				cr_expect_str_neq(seen[i], name);
			}
			cr_assert_lt(count, 64);
			strcpy(seen[count++], name);
		} else if (line[0] != '#') {
			cr_expect_eq(strncmp(line, name, strlen(name)), 0, "%s in %s", line, name);
		}
	}
	cr_expect_gt(count, 30);
}

Test(exposition, labels_and_numbers)
{
	struct pst_exposition to = {0};

	pst_exposition_sample(&to, "a", "", -1.5, "x", "q\"b\\n\nend", "left-out", NULL, NULL);
	pst_exposition_sample(&to, "b", "_sum", 12345678901.0, NULL);
	pst_exposition_sample(&to, "c", "", INFINITY, "y", "", NULL);
	pst_exposition_sample(&to, "d", "", (double)NAN, NULL);
	cr_assert_eq(pst_bytes_append(&to.text, "", 1), 0);
	cr_expect_str_eq((const char *)to.text.data, "a{x=\"q\\\"b\\\\n\\nend\"} -1.5\n"
						     "b_sum 12345678901\nc{y=\"\"} +Inf\nd NaN\n");
	pst_bytes_finish(&to.text);
}
