/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "support/fake_v4l2_answer.h"

TestSuite(camera, .init = plug_in, .fini = pull_out);

static void expect_failure(int status, int expected, enum pst_device_away away, const char *why)
{
	cr_assert_eq(status, expected, "%d: %s", status, error.text);
	cr_assert(strstr(error.text, why), "%s", error.text);
	cr_assert_null(strchr(error.text, '\n'));
	cr_assert_eq(
		pst_device_away(device), away, "%s", pst_device_away_name(pst_device_away(device)));
}

static void refuse_start(enum pst_device_away away, const char *why)
{
	error = (struct pst_error){0};
	expect_failure(pst_device_start(device, &error), PST_E_DEVICE, away, why);
	cr_assert_eq(fake->maps, 0, "what was mapped is let go of");
	cr_assert_eq(camera->buffers, 0, "the driver's buffers are given back");
}

Test(camera, too_few_buffers_are_refused)
{
	camera->buffers_least = camera->buffers_most = 1;
	open_it("v4l2:/dev/video0");
	refuse_start(PST_DEVICE_AWAY_FAILED, "gives 1 buffers, but 4 are needed");
	camera->buffers_most = 3;
	refuse_start(PST_DEVICE_AWAY_FAILED, "gives 3 buffers");
	camera->buffers_least = camera->buffers_most = 32;
	cr_assert_eq(pst_device_start(device, &error), 0, "more than asked for is no fault");
	cr_assert_eq(pst_device_away(device), PST_DEVICE_AWAY_UNSET, "it is there again");
	pass_one();
}

Test(camera, buffers_that_can_t_be_described_are_told)
{
	open_it("v4l2:/dev/video0");
	fake_fail(camera, VIDIOC_QUERYBUF, -ENOTTY)->after = 2;
	refuse_start(PST_DEVICE_AWAY_FAILED, "failed to describe its buffers");
}

Test(camera, a_mapping_that_fails_half_way_leaves_nothing)
{
	open_it("v4l2:/dev/video0");
	for (uint32_t i = 0; i < 4; i++) {
		fake->mmaps_left = i;
		refuse_start(PST_DEVICE_AWAY_FAILED, "failed to share its buffers");
	}
	fake->mmaps_left = UINT32_MAX;
	cr_assert_eq(pst_device_start(device, &error), 0);
	pass_one();
}

Test(camera, a_bus_without_room_is_told_and_nothing_is_left)
{
	open_it("v4l2:/dev/video0");
	fake_fail(camera, VIDIOC_STREAMON, -ENOSPC);
	refuse_start(PST_DEVICE_AWAY_FAILED, "the USB bus has no room");
}

Test(camera, one_that_another_program_streams_is_told)
{
	open_it("v4l2:/dev/video0");
	camera->held_by_another = true;
	refuse_start(PST_DEVICE_AWAY_FAILED, "in use by another program");
}

Test(camera, a_buffer_that_is_not_taken_back_ends_the_stream)
{
	start_it();
	cr_assert_geq(push(9000), 0);
	cr_assert_eq(next(), 1);
	fake_fail(camera, VIDIOC_QBUF, -EIO);
	pst_device_release(device, &frame);
	cr_assert_geq(push(9000), 0);
	expect_failure(
		next(), PST_E_DEVICE, PST_DEVICE_AWAY_FAILED, "failed to take a buffer back");
	expect_counts(1, 0, 0, 0);
}

Test(camera, nor_does_a_damaged_frame_hide_that)
{
	start_it();
	fake_fail(camera, VIDIOC_QBUF, -EIO);
	(void)push(0);
	expect_failure(
		next(), PST_E_DEVICE, PST_DEVICE_AWAY_FAILED, "failed to take a buffer back");
	expect_counts(0, 0, 0, 1);
}

Test(camera, an_index_that_is_none_of_ours_is_not_followed)
{
	start_it();
	pass_one();
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .misplaced = true, .index = 4});
	expect_failure(next(), PST_E_DEVICE, PST_DEVICE_AWAY_FAILED, "delivers buffer 4");
	expect_counts(1, 1, 0, 0);
	cr_assert_eq(made(), camera->pushed);
}

Test(camera, nor_an_index_out_of_all_bounds)
{
	start_it();
	(void)fake_push(
		camera, &(struct fake_frame){.size = 9000, .misplaced = true, .index = UINT32_MAX});
	expect_failure(next(), PST_E_DEVICE, PST_DEVICE_AWAY_FAILED, "delivers buffer 4294967295");
}

Test(camera, a_buffer_that_we_hold_is_not_given_twice)
{
	struct pst_frame held;

	start_it();
	int index = push(9000);

	cr_assert_eq(next(), 1);
	held = frame;
	(void)fake_push(camera,
		&(struct fake_frame){.size = 9000, .misplaced = true, .index = (uint32_t)index});
	expect_failure(next(), PST_E_DEVICE, PST_DEVICE_AWAY_FAILED, "which it doesn't have");
	pst_device_release(device, &held);
	cr_assert_eq(made(), camera->pushed);
}

Test(camera, an_unplug_is_known_at_the_next_call)
{
	struct pollfd poller;

	start_it();
	pass_one();
	fake_unplug(camera);
	poller = (struct pollfd){.fd = pst_device_fd(device), .events = POLLIN};
	cr_assert_eq(poll(&poller, 1, 0), 1);
	expect_failure(next(), PST_E_DEVICE, PST_DEVICE_AWAY_UNPLUGGED, "is gone");
	pst_device_stop(device);
	cr_assert_eq(fake->maps, 0);
	expect_counts(1, 0, 0, 0);
}

Test(camera, an_unplug_before_the_start_is_known_too)
{
	open_it("v4l2:/dev/video0");
	fake_unplug(camera);
	refuse_start(PST_DEVICE_AWAY_UNPLUGGED, "is gone");
}

Test(camera, one_that_answers_nothing_is_wedged)
{
	start_it();
	pass_one();
	fake_fail(camera, 0, -EPROTO);
	(void)push(9000);
	expect_failure(next(), PST_E_DEVICE, PST_DEVICE_AWAY_WEDGED,
		"hangs and failed to deliver a frame");
	pst_device_stop(device);
	cr_assert_eq(fake->maps, 0);
}

Test(camera, a_wedged_one_can_t_be_opened)
{
	fake_fail(camera, 0, -EPROTO);
	cr_assert_eq(pst_v4l2_open_on(&device, &fake->backend, "v4l2:/dev/video0", &error),
		PST_E_DEVICE);
	cr_assert_null(device);
	cr_assert(strstr(error.text, "/dev/video0"), "%s", error.text);
}

Test(camera, a_streaming_error_ends_the_stream)
{
	start_it();
	fake_fail(camera, VIDIOC_DQBUF, -EIO);
	(void)push(9000);
	expect_failure(next(), PST_E_DEVICE, PST_DEVICE_AWAY_FAILED, "failed to deliver a frame");
}

static int check(void)
{
	error = (struct pst_error){0};
	return pst_device_check(device, &error);
}

Test(camera, silence_is_a_stall_after_its_time)
{
	fake->now_ns = 100 * S;
	start_it();
	pass_one();
	fake->now_ns += 999 * MS;
	cr_assert_eq(check(), 0);
	fake->now_ns += 1 * MS;
	expect_failure(check(), PST_E_TIMEOUT, PST_DEVICE_AWAY_STALLED, "no frame for 1.0 s");
	pst_device_stop(device);
	cr_assert_eq(fake->maps, 0);
}

Test(camera, a_slow_camera_is_given_ten_intervals)
{
	fake->now_ns = 100 * S;
	camera->fps_most = 5;
	start_it();
	pass_one();
	fake->now_ns += 1999 * MS;
	cr_assert_eq(check(), 0);
	fake->now_ns += 1 * MS;
	cr_assert_eq(check(), PST_E_TIMEOUT);
}

/* One frame in a hundred years. */
static int slow(struct fake_camera *of, unsigned long request, void *argument, int status)
{
	if (request == VIDIOC_S_PARM || request == VIDIOC_G_PARM) {
		struct v4l2_streamparm *parm = argument;

		parm->parm.capture.timeperframe = (struct v4l2_fract){UINT32_MAX, 1};
	}
	return status;
}

Test(camera, a_rate_that_is_none_is_no_reason_to_wait_for_ever)
{
	fake->now_ns = 1000 * S;
	camera->after = slow;
	start_it();
	pass_one();
	fake->now_ns += 99 * S;
	cr_assert_eq(check(), 0);
	fake->now_ns += 1 * S;
	cr_assert_eq(check(), PST_E_TIMEOUT);
}

Test(camera, the_first_frame_may_take_longer)
{
	fake->now_ns = 100 * S;
	start_it();
	fake->now_ns += 4999 * MS;
	cr_assert_eq(check(), 0);
	fake->now_ns += 1 * MS;
	expect_failure(check(), PST_E_TIMEOUT, PST_DEVICE_AWAY_STALLED, "no frame for 5.0 s");
}

Test(camera, damaged_frames_are_no_silence)
{
	fake->now_ns = 100 * S;
	start_it();
	for (int i = 0; i < 20; i++) {
		fake->now_ns += 900 * MS;
		(void)push(0);
		cr_assert_eq(next(), PST_E_CORRUPT);
		cr_assert_eq(check(), 0);
	}
}

Test(camera, who_comes_late_to_waiting_frames_calls_it_no_stall)
{
	fake->now_ns = 100 * S;
	start_it();
	pass_one();
	(void)push(9000);
	fake->now_ns += 60 * S;
	cr_assert_eq(check(), 0);
	cr_assert_eq(next(), 1);
	pst_device_release(device, &frame);
	cr_assert_eq(check(), 0);
}

Test(camera, one_that_promises_frames_and_gives_none_is_stalled)
{
	fake->now_ns = 100 * S;
	start_it();
	pass_one();
	fake_fail(camera, VIDIOC_DQBUF, -EAGAIN);
	(void)push(9000);
	(void)push(9000);
	cr_assert_eq(next(), 0);
	fake->now_ns += 999 * MS;
	cr_assert_eq(next(), 0);
	cr_assert_eq(check(), 0);
	fake->now_ns += 1 * MS;
	cr_assert_eq(check(), 0, "it has not been asked since");
	cr_assert_eq(next(), 0);
	expect_failure(check(), PST_E_TIMEOUT, PST_DEVICE_AWAY_STALLED, "no frame for 1.0 s");
}

Test(camera, one_that_never_promises_any_is_stalled)
{
	fake->now_ns = 100 * S;
	camera->mute = true;
	start_it();
	for (int i = 0; i < 3; i++) {
		cr_assert_geq(push(9000), 0);
	}
	cr_assert_eq(next(), 0);
	fake->now_ns += 5 * S;
	cr_assert_eq(check(), PST_E_TIMEOUT);
}

Test(camera, a_size_that_is_set_otherwise_than_asked_is_refused)
{
	camera->lie = (struct v4l2_pix_format){
		.width = 320, .height = 240, .pixelformat = V4L2_PIX_FMT_MJPEG};
	cr_assert_eq(
		pst_v4l2_open_on(&device, &fake->backend, "v4l2:/dev/video0?size=640x480", &error),
		PST_E_DEVICE);
	cr_assert(
		strstr(error.text, "offers MJPG 640x480 but sets MJPG 320x240"), "%s", error.text);
}

Test(camera, a_format_that_another_program_set_meanwhile_is_set_back)
{
	start_it();
	pass_one();
	pst_device_stop(device);
	fake_camera_set_mode(camera, &camera->mode[3]);
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
	cr_assert_eq(camera->format.pixelformat, V4L2_PIX_FMT_MJPEG);
	cr_assert_eq(camera->format.width, 640);
	pass_one();
}

Test(camera, a_format_that_can_t_be_set_back_is_refused)
{
	start_it();
	pst_device_stop(device);
	camera->lie = (struct v4l2_pix_format){
		.width = 320, .height = 240, .pixelformat = V4L2_PIX_FMT_MJPEG};
	error = (struct pst_error){0};
	cr_assert_eq(pst_device_start(device, &error), PST_E_DEVICE);
	cr_assert(strstr(error.text, "but sets MJPG 320x240"), "%s", error.text);
	cr_assert_eq(pst_device_info(device)->width, 640);
}

/* @return open descriptors of this process */
static int descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(folder)) {
		count++;
	}
	(void)closedir(folder);
	return count;
}

static int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int lines = 0;

	for (int c = fgetc(maps); c != EOF; c = fgetc(maps)) {
		lines += c == '\n';
	}
	(void)fclose(maps);
	return lines;
}

Test(camera, a_thousand_starts_leave_nothing_behind)
{
	start_it();
	pass_one();
	pst_device_stop(device);
	int open_before = descriptors();
	int mapped_before = mappings();

	for (int i = 0; i < 1000; i++) {
		cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
		pass_one();
		(void)push(9000);
		if (i % 3 == 0) {
			cr_assert_eq(next(), 1, "held over the stop");
		}
		pst_device_stop(device);
		cr_assert_eq(fake->maps, 0);
	}
	cr_assert_eq(descriptors(), open_before);
	cr_assert_eq(mappings(), mapped_before);
}

Test(camera, a_thousand_starts_that_fail_leave_nothing_either)
{
	const unsigned long request[] = {
		VIDIOC_REQBUFS, VIDIOC_QUERYBUF, VIDIOC_QBUF, VIDIOC_STREAMON, VIDIOC_G_FMT};

	open_it("v4l2:/dev/video0");
	int open_before = descriptors();
	int mapped_before = mappings();

	for (uint32_t i = 0; i < 1000; i++) {
		camera->faults = 0;
		fake_fail(camera, request[i % 5], -EIO)->after =
			i % 5 == 1 || i % 5 == 2 ? i % 4 : 0;
		error = (struct pst_error){0};
		cr_assert_eq(pst_device_start(device, &error), PST_E_DEVICE);
		cr_assert_eq(fake->maps, 0);
		cr_assert_eq(camera->buffers, 0);
	}
	cr_assert_eq(descriptors(), open_before);
	cr_assert_eq(mappings(), mapped_before);
	camera->faults = 0;
	cr_assert_eq(pst_device_start(device, &error), 0);
	pass_one();
}
