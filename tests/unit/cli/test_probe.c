/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/probe.h"

#define MS PST_NS_PER_MS

static struct pst_probe *probe;
static struct pst_probe_summary summary;
static char *page;

static void setup(void)
{
	cr_assert_eq(pst_probe_create(&probe), 0);
	summary = (struct pst_probe_summary){.info = {.uri = "v4l2:",
						     .name = "Camera",
						     .driver = "uvcvideo",
						     .format = PST_FRAME_FORMAT_MJPEG,
						     .width = 640,
						     .height = 480,
						     .fps = 50,
						     .live = true}};
}

static void teardown(void)
{
	pst_probe_destroy(&probe);
	pst_probe_destroy(&probe);
	free(page);
}

TestSuite(probe, .init = setup, .fini = teardown);

static void take(uint64_t sequence, int64_t at_ms, int64_t age_ms, uint32_t bytes)
{
	const struct pst_frame frame = {.sequence = sequence,
		.captured_ns = at_ms * MS,
		.format = summary.info.format,
		.plane = {{.size = bytes}}};

	cr_assert_eq(pst_probe_frame(probe, &frame, age_ms < 0 ? 0 : (at_ms + age_ms) * MS), 0);
	summary.counts.good++;
}

/* So many frames from number 0 on, one every so many ms. */
static void take_evenly(int frames, int64_t every_ms)
{
	for (int i = 0; i < frames; i++) {
		take((uint64_t)i, 1000 + i * every_ms, 2, 1000);
	}
}

static unsigned summarize(void)
{
	cr_assert_eq(pst_probe_summarize(probe, 10 * MS, &summary), 0);
	return summary.problems;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

static const char *problem(enum pst_probe_problem bit)
{
	static char text[640];

	pst_probe_problem_text(&summary, bit, text, sizeof(text));
	return text;
}

static const char *print(void (*printer)(const struct pst_probe_summary *, FILE *))
{
	size_t size;

	free(page);
	FILE *to = open_memstream(&page, &size);

	printer(&summary, to);
	cr_assert_eq(fclose(to), 0);
	return page;
}

Test(probe, of_four_intervals)
{
	/* 10, 20, 30, 40 ms: mean 25, deviations 15, 5, 5, 15, their squares' mean 125 */
	take(7, 1000, 1, 100);
	take(8, 1010, 3, 300);
	take(9, 1030, 2, 200);
	take(10, 1060, 5, 500);
	take(11, 1100, 4, 400);
	cr_expect(near(pst_probe_seconds(probe), 0.1));
	(void)summarize();
	cr_expect_eq(summary.interval_ms.count, 4);
	cr_expect(near(summary.interval_ms.least, 10));
	cr_expect(near(summary.interval_ms.median, 20));
	cr_expect(near(summary.interval_ms.p99, 40));
	cr_expect(near(summary.interval_ms.most, 40));
	cr_expect(near(summary.interval_ms.mean, 25));
	cr_expect(near(summary.interval_ms.deviation, sqrt(125)));
	cr_expect_eq(summary.age_ms.count, 5);
	cr_expect(near(summary.age_ms.median, 3));
	cr_expect(near(summary.age_ms.most, 5));
	cr_expect(near(summary.bytes.median, 300));
	cr_expect(near(summary.bytes.least, 100));
	cr_expect(near(summary.rate, 40));
	cr_expect(near(summary.made_rate, 40));
	cr_expect(near(summary.cpu_us, 2000), "10 ms over 5 frames");
	cr_expect(near(summary.cpu_share, 0.1), "10 ms in 100 ms");
}

Test(probe, ninety_nine_of_a_hundred)
{
	/* 200 intervals: 198 of 20 ms, one of 25, one of 90 */
	int64_t at_ms = 0;

	for (uint64_t i = 0; i <= 200; i++) {
		take(i, at_ms, 1, 1);
		at_ms += i == 50 ? 25 : i == 150 ? 90 : 20;
	}
	(void)summarize();
	cr_expect_eq(summary.interval_ms.count, 200);
	cr_expect(near(summary.interval_ms.p99, 20), "the 198th smallest");
	cr_expect(near(summary.interval_ms.most, 90));
	cr_expect(near(summary.interval_ms.median, 20));
	/* Bins are 2 ms wide; the median is in the middle of the first that is shown. */
	cr_expect(near(summary.bins.width_ms, 2));
	cr_expect(near(summary.bins.from_ms, 19));
	cr_expect_eq(summary.bins.at[0], 198);
	cr_expect_eq(summary.bins.at[3], 1, "25 to 27 ms");
	cr_expect_eq(summary.bins.bins, 4);
	cr_expect_eq(summary.bins.above, 1, "90 ms");
	cr_expect_eq(summary.bins.below, 0);
}

Test(probe, a_loss_is_no_long_interval)
{
	take(0, 0, 1, 1);
	take(1, 20, 1, 1);
	take(4, 80, 1, 1);
	take(5, 100, 1, 1);
	summary.counts.lost = 2;
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_LOST);
	cr_expect_eq(summary.interval_ms.count, 2);
	cr_expect(near(summary.interval_ms.most, 20));
	cr_expect(near(summary.rate, 30), "3 in 0.1 s");
	cr_expect(near(summary.made_rate, 50), "5 numbers in 0.1 s");
	cr_expect(strncmp(problem(PST_PROBE_PROBLEM_LOST), "2 frames were lost", 18) == 0, "%s",
		problem(PST_PROBE_PROBLEM_LOST));
}

Test(probe, nothing_at_all)
{
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_NOTHING);
	cr_expect(near(summary.rate, 0));
	cr_expect(near(summary.cpu_us, 0));
	cr_expect_eq(summary.interval_ms.count, 0);
	cr_expect_eq(summary.bins.bins, 0);
	cr_expect(strstr(print(pst_probe_print), "! not one frame came\n"), "%s", page);
	cr_expect(strstr(print(pst_probe_print_html), "</html>"));
}

Test(probe, one_frame_has_no_rate)
{
	take(3, 1000, 1, 1);
	cr_expect_eq(summarize(), 0);
	cr_expect(near(summary.rate, 0));
	cr_expect_eq(summary.interval_ms.count, 0);
	cr_expect_not_null(print(pst_probe_print));
}

Test(probe, a_healthy_camera)
{
	take_evenly(51, 20);
	cr_expect_eq(summarize(), 0);
	cr_expect(strstr(print(pst_probe_print),
			  "\nhealthy: every frame that was made came, at the rate agreed on\n"),
		"%s", page);
	cr_expect(strstr(page, "frames    51 in 1.0 s, 50.00 per second"), "%s", page);
	cr_expect(strstr(page, "(not looked into: see --check)"), "%s", page);
	summary.checked = true;
	cr_expect(strstr(print(pst_probe_print), "came, and is whole, at"), "%s", page);
}

Test(probe, damage_of_three_kinds)
{
	take_evenly(51, 20);
	summary.counts.flagged = 1;
	summary.counts.undersized = 2;
	summary.counts.torn = 4;
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_DAMAGED);
	cr_expect_str_eq(problem(PST_PROBE_PROBLEM_DAMAGED),
		"7 frames are damaged (1 flagged by the driver, 2 too short, 4 torn): try another "
		"cable or port");
	summary.info.live = false;
	cr_expect(strstr(problem(PST_PROBE_PROBLEM_DAMAGED), "the recording"));
}

Test(probe, low_light_halves_the_rate)
{
	summary.info.fps = 30;
	take_evenly(31, 66);
	cr_assert_eq(pst_probe_exposure(probe, 66 * MS), 0);
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_SLOW | PST_PROBE_PROBLEM_DARK);
	cr_expect(strncmp(problem(PST_PROBE_PROBLEM_DARK),
			  "low light halves the rate: exposure 66 ms > 33 ms;", 50) == 0,
		"%s", problem(PST_PROBE_PROBLEM_DARK));
	cr_expect(strstr(problem(PST_PROBE_PROBLEM_SLOW),
		"15.2 frames per second came where 30 were agreed on"));
}

Test(probe, slow_for_another_reason)
{
	take_evenly(31, 25); /* 40 of 50 */
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_SLOW);
	cr_expect(strstr(problem(PST_PROBE_PROBLEM_SLOW), "does not tell its exposure time"));
	cr_assert_eq(pst_probe_exposure(probe, 10 * MS), 0);
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_SLOW);
	cr_expect(strstr(problem(PST_PROBE_PROBLEM_SLOW), "not for lack of light"));
}

Test(probe, an_exposure_that_is_not_told_as_it_is)
{
	take_evenly(31, 40); /* 25 of 50 */
	cr_assert_eq(pst_probe_exposure(probe, 10 * MS), 0);
	summary.may_slow = true;
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_SLOW | PST_PROBE_PROBLEM_DARK);
	cr_expect(strncmp(problem(PST_PROBE_PROBLEM_DARK), "most likely low light halves the rate",
			  37) == 0,
		"%s", problem(PST_PROBE_PROBLEM_DARK));
	cr_expect_str_eq(problem(PST_PROBE_PROBLEM_SLOW),
		"25.0 frames per second came where 50 were agreed on");
}

Test(probe, five_per_cent_are_a_clock)
{
	summary.info.fps = 50;
	take_evenly(51, 21); /* 47.6 */
	cr_expect_eq(summarize(), 0);
}

Test(probe, a_recording_has_the_rate_it_has)
{
	summary.info.live = false;
	take_evenly(31, 100);
	cr_expect_eq(summarize(), 0);
	cr_expect(near(summary.cpu_share, 0));
}

Test(probe, an_unplugged_camera_tells_what_came_before)
{
	take_evenly(51, 20);
	(void)snprintf(summary.failure, sizeof(summary.failure), "/dev/video0: unplugged");
	cr_expect_eq(summarize(), PST_PROBE_PROBLEM_FAILED);
	cr_expect(strstr(print(pst_probe_print), "! /dev/video0: unplugged\n"), "%s", page);
	cr_expect(strstr(page, "51 in 1.0 s"), "%s", page);
}

Test(probe, names_do_not_break_the_page)
{
	take_evenly(51, 20);
	(void)snprintf(summary.info.name, sizeof(summary.info.name), "<script>\"&");
	(void)summarize();
	cr_expect(strstr(print(pst_probe_print_html), "&lt;script&gt;&quot;&amp;"), "%s", page);
	cr_expect_null(strstr(page, "<script"));
	cr_expect_null(strstr(page, "http"));
	cr_expect(strstr(page, "<polyline"));
}

Test(probe, json_has_what_the_text_has)
{
	take_evenly(51, 20);
	summary.counts.lost = 3;
	(void)summarize();
	json_t *json = pst_probe_json(&summary);

	cr_assert_not_null(json);
	cr_expect(json_is_false(json_object_get(json, "healthy")));
	json_t *first = json_array_get(json_object_get(json, "problems"), 0);

	cr_expect_str_eq(json_string_value(json_object_get(first, "problem")), "lost");
	json_t *frames = json_object_get(json, "frames");

	cr_expect_eq(json_integer_value(json_object_get(frames, "good")), 51);
	cr_expect_eq(json_integer_value(json_object_get(frames, "lost")), 3);
	cr_expect(json_is_null(json_object_get(frames, "torn")), "nobody looked");
	cr_expect(json_is_null(json_object_get(json, "exposure_ms")));
	cr_expect(near(
		json_real_value(json_object_get(json_object_get(json, "interval_ms"), "median")),
		20));
	json_decref(json);
}
