/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "devices/synthetic/synthetic.h"

#define SMALL "synth:?people=2&seed=7&size=320x240"

static struct pst_device *open_scene(const char *uri, enum pst_pace pace)
{
	struct pst_device *device = NULL;
	struct pst_error error = {0};

	cr_assert_eq(pst_synth_open(&device, uri, pace, &error), 0, "%s", error.text);
	return device;
}

static void start(struct pst_device *device)
{
	struct pst_error error = {0};

	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
}

static int next(struct pst_device *device, struct pst_frame *frame)
{
	struct pst_error error = {0};

	return pst_device_next(device, frame, &error);
}

Test(synthetic, says_what_it_is)
{
	struct pst_device *device = open_scene(SMALL "&fps=25", PST_PACE_MAX);
	const struct pst_device_info *info = pst_device_info(device);

	cr_assert_eq(info->format, PST_FRAME_FORMAT_MJPEG);
	cr_assert_eq(info->width, 320);
	cr_assert_eq(info->height, 240);
	cr_assert_float_eq(info->fps, 25, 1e-9);
	cr_assert_eq(info->domain, PST_DOMAIN_DRAWN);
	cr_assert_not(info->live);
	cr_assert_str_eq(info->uri, SMALL "&fps=25");
	pst_device_close(&device);
	cr_assert_null(device);
}

Test(synthetic, gives_whole_jpegs_in_order_and_ends)
{
	struct pst_device *device = open_scene(SMALL "&fps=10&seconds=2", PST_PACE_MAX);
	struct pst_frame frame;

	start(device);
	cr_assert_eq(pst_device_fd(device), -1);
	for (uint64_t i = 0; i < 20; i++) {
		struct pst_error error = {0};

		cr_assert_eq(next(device, &frame), 1);
		cr_assert_eq(frame.sequence, i);
		cr_assert_eq(frame.captured_ns, (int64_t)i * 100 * PST_NS_PER_MS);
		cr_assert_eq(frame.lost, 0);
		cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
		cr_assert_eq(pst_device_map(device, &frame, &error), 0);
		cr_assert_eq(memcmp(frame.plane[0].data, "\xff\xd8\xff", 3), 0);
		cr_assert_eq(
			memcmp(frame.plane[0].data + frame.plane[0].size - 2, "\xff\xd9", 2), 0);
		pst_device_release(device, &frame);
	}
	cr_assert_eq(next(device, &frame), PST_E_END);
	cr_assert_eq(next(device, &frame), PST_E_END);
	pst_device_close(&device);
}

Test(synthetic, starts_anew_with_the_same_bytes)
{
	struct pst_device *device = open_scene(SMALL, PST_PACE_MAX);
	struct pst_frame a, b;
	uint8_t first[65536];

	start(device);
	cr_assert_eq(next(device, &a), 1);
	cr_assert_lt(a.plane[0].size, sizeof(first));
	memcpy(first, a.plane[0].data, a.plane[0].size);
	cr_assert_eq(next(device, &b), 1);
	cr_assert_neq(a.plane[0].data, b.plane[0].data, "two may be held");
	uint32_t size = a.plane[0].size;

	pst_device_stop(device);
	start(device);
	cr_assert_eq(next(device, &a), 1);
	cr_assert_eq(a.sequence, 0);
	cr_assert_eq(a.plane[0].size, size);
	cr_assert_eq(memcmp(first, a.plane[0].data, size), 0);
	pst_device_close(&device);
}

Test(synthetic, without_seconds_it_never_ends)
{
	struct pst_device *device = open_scene("synth:?people=1&size=160x120&fps=2", PST_PACE_MAX);
	struct pst_frame frame;

	start(device);
	for (uint64_t i = 0; i < 40; i++) {
		cr_assert_eq(next(device, &frame), 1);
		cr_assert_eq(frame.sequence, i);
		pst_device_release(device, &frame);
	}
	pst_device_close(&device);
}

Test(synthetic, paced_real_it_waits_and_says_when)
{
	struct pst_device *device = open_scene(SMALL "&fps=20&seconds=2", PST_PACE_REAL);
	struct pst_frame frame;
	int64_t before = pst_clock_mono_ns(), last = 0;

	cr_assert(pst_device_info(device)->live);
	start(device);
	for (int i = 0; i < 4; i++) {
		struct pollfd at = {.fd = pst_device_fd(device), .events = POLLIN};

		cr_assert_eq(poll(&at, 1, 2000), 1);
		cr_assert_eq(next(device, &frame), 1);
		cr_assert_geq(frame.captured_ns, before);
		cr_assert_leq(frame.captured_ns, pst_clock_mono_ns());
		cr_assert_gt(frame.captured_ns, last);
		last = frame.captured_ns;
		pst_device_release(device, &frame);
	}
	pst_device_close(&device);
}

Test(synthetic, paced_real_who_comes_late_has_lost_frames)
{
	struct pst_device *device = open_scene(SMALL "&fps=200&seconds=2", PST_PACE_REAL);
	struct pst_frame frame;
	uint64_t seen = 0, lost = 0, last = 0;
	int status;

	start(device);
	do {
		struct pollfd wait = {.fd = -1};
		struct pollfd at = {.fd = pst_device_fd(device), .events = POLLIN};

		(void)poll(&wait, 1, 60);
		cr_assert_eq(poll(&at, 1, 2000), 1);
		status = next(device, &frame);
		if (status == 1) {
			seen++;
			lost += frame.lost;
			last = frame.sequence;
			pst_device_release(device, &frame);
		}
	} while (status >= 0);
	cr_assert_eq(status, PST_E_END);
	cr_assert_eq(last, 399);
	cr_assert_eq(seen + lost, 400);
	cr_assert_gt(lost, 0);
	cr_assert_eq(pst_device_counts(device).good, seen);
	cr_assert_eq(pst_device_counts(device).lost, lost);
	pst_device_close(&device);
}

Test(synthetic, keeps_its_memory)
{
	struct pst_device *device = open_scene(SMALL "&fps=10&seconds=8", PST_PACE_MAX);
	struct pst_frame frame;
	size_t used = 0;

	start(device);
	for (int i = 0; i < 80; i++) {
		cr_assert_eq(next(device, &frame), 1);
		pst_device_release(device, &frame);
		if (i == 0) {
			used = mallinfo2().uordblks;
		}
		cr_assert_eq(mallinfo2().uordblks, used);
	}
	pst_device_close(&device);
}

static void expect_refusal(const char *uri, const char *says)
{
	struct pst_device *device = NULL;
	struct pst_error error = {0};

	cr_assert_eq(pst_synth_open(&device, uri, PST_PACE_MAX, &error), PST_E_CONFIG, "%s", uri);
	cr_assert_null(device);
	cr_assert_not_null(strstr(error.text, says), "'%s' lacks '%s'", error.text, says);
}

Test(synthetic, wrong_uris_are_refused_by_name)
{
	expect_refusal("synth:?peeple=4", "peeple");
	expect_refusal("synth:?people=0", "people: '0'");
	expect_refusal("synth:?people=4x", "people: '4x'");
	expect_refusal("synth:?people=100001", "100000");
	expect_refusal("synth:?seed=-1", "seed: '-1'");
	expect_refusal("synth:?take=4294967296", "take");
	expect_refusal("synth:?size=640", "WIDTHxHEIGHT");
	expect_refusal("synth:?size=641x480", "size: '641x480'");
	expect_refusal("synth:?size=640x480x2", "size");
	expect_refusal("synth:?size=x480", "size");
	expect_refusal("synth:?size=64000000000x480", "size");
	expect_refusal("synth:?fps=0", "fps: '0'");
	expect_refusal("synth:?fps=241", "240");
	expect_refusal("synth:?seconds=nan", "seconds: 'nan'");
	expect_refusal("synth:?seconds=0.4", "seconds: '0.4'");
	expect_refusal("synth:?people=9&seconds=4", "9 people need at least 4.5");
	expect_refusal("synth:?bystanders=5", "bystanders: '5'");
	expect_refusal("synth:?people=3&person=3", "numbered 0 to 2");
	expect_refusal("synth:face?people=3", "no path");
}
