/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "devices/v4l2/camera.h"
#include "support/fake_v4l2.h"
#include "support/fake_v4l2_answer.h"

#define S PST_NS_PER_S
#define MS PST_NS_PER_MS

static struct fake_v4l2 *fake;
static struct fake_camera *camera;
static struct pst_device *device;
static struct pst_error error;
static struct pst_frame frame;

static void plug_in(void)
{
	fake = fake_v4l2_create();
	camera = fake_camera_add(fake, "/dev/video0", "A");
}

static void pull_out(void)
{
	pst_device_close(&device);
	fake_v4l2_destroy(&fake);
}

TestSuite(camera, .init = plug_in, .fini = pull_out);

static void open_it(const char *uri)
{
	int status = pst_v4l2_open_on(&device, &fake->backend, uri, &error);

	cr_assert_eq(status, 0, "%s", error.text);
}

static void start_as(const char *uri)
{
	open_it(uri);
	int status = pst_device_start(device, &error);

	cr_assert_eq(status, 0, "%s", error.text);
}

static void start_it(void)
{
	start_as("v4l2:/dev/video0?size=640x480");
}

static int next(void)
{
	error = (struct pst_error){0};
	return pst_device_next(device, &frame, &error);
}

static int push(size_t size)
{
	return fake_push(camera, &(struct fake_frame){.size = size});
}

/* One good frame, from the camera and back to it. */
static void pass_one(void)
{
	cr_assert_geq(push(9000), 0);
	cr_assert_eq(next(), 1, "%s", error.text);
	pst_device_release(device, &frame);
}

static uint64_t made(void)
{
	const struct pst_device_counts counts = pst_device_counts(device);

	return counts.good + counts.lost + counts.flagged + counts.undersized + counts.torn;
}

static void expect_counts(uint64_t good, uint64_t lost, uint64_t flagged, uint64_t undersized)
{
	const struct pst_device_counts counts = pst_device_counts(device);

	cr_assert_eq(counts.good, good, "good %llu", (unsigned long long)counts.good);
	cr_assert_eq(counts.lost, lost, "lost %llu", (unsigned long long)counts.lost);
	cr_assert_eq(counts.flagged, flagged, "flagged %llu", (unsigned long long)counts.flagged);
	cr_assert_eq(counts.undersized, undersized, "undersized %llu",
		(unsigned long long)counts.undersized);
	cr_assert_eq(counts.torn, 0);
}

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

Test(camera, a_frame_comes_with_the_bytes_the_camera_made)
{
	uint8_t bytes[300];

	memset(bytes, 0x5a, sizeof(bytes));
	start_it();
	cr_assert_eq(pst_device_info(device)->format, PST_FRAME_FORMAT_MJPEG);
	cr_assert_geq(fake_push(camera, &(struct fake_frame){.bytes = bytes, .size = 300}), 0);
	cr_assert_eq(next(), 1, "%s", error.text);
	cr_assert_eq(frame.plane[0].size, 300);
	cr_assert_arr_eq(frame.plane[0].data, bytes, 300);
	pst_device_release(device, &frame);
	cr_assert_eq(next(), 0);
	expect_counts(1, 0, 0, 0);
}

Test(camera, the_planes_of_raw_frames_lie_in_the_driver_s_rows)
{
	camera->stride = 1344;
	start_as("v4l2:/dev/video0?size=640x480&format=YUYV");
	cr_assert_geq(push(1344 * 480), 0);
	cr_assert_eq(next(), 1, "%s", error.text);
	cr_assert_eq(frame.plane[0].stride, 1344);
	cr_assert_eq(frame.plane[0].size, 1344 * 480);
	cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
	pst_device_release(device, &frame);
	cr_assert_geq(push(1344 * 480 - 1), 0);
	cr_assert_eq(next(), PST_E_CORRUPT);
	expect_counts(1, 0, 0, 1);
}

Test(camera, damaged_frames_are_counted_by_cause_and_kept_back)
{
	start_it();
	pass_one();
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .flags = V4L2_BUF_FLAG_ERROR});
	cr_assert_eq(next(), PST_E_CORRUPT);
	(void)push(0);
	cr_assert_eq(next(), PST_E_CORRUPT);
	(void)push(63);
	cr_assert_eq(next(), PST_E_CORRUPT);
	(void)push(640 * 480 * 2 + 1);
	cr_assert_eq(next(), PST_E_CORRUPT, "more than its buffer holds");
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .skipped = 3});
	cr_assert_eq(next(), 1);
	cr_assert_eq(frame.sequence, 8);
	cr_assert_eq(frame.lost, 3);
	pst_device_release(device, &frame);
	expect_counts(2, 3, 2, 2);
	cr_assert_eq(made(), camera->pushed);
}

Test(camera, a_loss_before_a_damaged_frame_is_told_with_the_next_good_one)
{
	start_it();
	pass_one();
	(void)fake_push(camera, &(struct fake_frame){.size = 0, .skipped = 2});
	cr_assert_eq(next(), PST_E_CORRUPT);
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .skipped = 1});
	cr_assert_eq(next(), 1);
	cr_assert_eq(frame.lost, 3);
	pst_device_release(device, &frame);
	expect_counts(2, 3, 0, 1);
	cr_assert_eq(made(), camera->pushed);
}

Test(camera, frames_lost_before_the_first_are_counted)
{
	start_it();
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .skipped = 2});
	cr_assert_eq(next(), 1);
	cr_assert_eq(frame.lost, 2);
	pst_device_release(device, &frame);
	cr_assert_eq(made(), camera->pushed);
}

Test(camera, a_counter_that_starts_over_is_no_loss)
{
	start_it();
	for (int i = 0; i < 20; i++) {
		pass_one();
	}
	camera->sequence = 0;
	pass_one();
	pass_one();
	expect_counts(22, 0, 0, 0);
}

Test(camera, no_driver_is_asked_in_vain_for_a_frame)
{
	start_it();
	for (int i = 0; i < 300; i++) {
		struct pollfd poller = {.fd = pst_device_fd(device), .events = POLLIN};

		cr_assert_eq(poll(&poller, 1, 0), 0);
		cr_assert_geq(push(9000), 0);
		cr_assert_eq(poll(&poller, 1, 0), 1);
		cr_assert_eq(next(), 1);
		pst_device_release(device, &frame);
	}
	cr_assert_eq(fake_calls(camera, VIDIOC_DQBUF), 300);
	cr_assert_eq(fake_failed(camera, VIDIOC_DQBUF), 0);
	cr_assert_eq(fake_calls(camera, VIDIOC_QBUF), 304, "one each, besides the first four");
}

Test(camera, two_buffers_are_with_the_driver_while_two_are_held)
{
	struct pst_frame held[2];

	start_it();
	for (int i = 0; i < 50; i++) {
		for (int k = 0; k < 2; k++) {
			cr_assert_geq(push(9000), 0);
			cr_assert_eq(next(), 1);
			held[k] = frame;
		}
		cr_assert_geq(push(9000), 0);
		pst_device_release(device, &held[0]);
		pst_device_release(device, &held[1]);
		cr_assert_eq(next(), 1);
		pst_device_release(device, &frame);
	}
	cr_assert_geq(camera->queued_least, 2);
	cr_assert_eq(camera->overrun, 0);
	cr_assert_eq(made(), camera->pushed);
}

Test(camera, what_a_late_reader_makes_the_driver_lose_is_counted)
{
	start_it();
	for (int i = 0; i < 10; i++) {
		(void)push(9000);
	}
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(next(), 1);
		pst_device_release(device, &frame);
	}
	cr_assert_eq(next(), 0);
	pass_one();
	expect_counts(5, 6, 0, 0);
	cr_assert_eq(camera->overrun, 6);
	cr_assert_eq(made(), camera->pushed);
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
	expect_failure(next(), PST_E_DEVICE, PST_DEVICE_AWAY_WEDGED, "deliver a frame");
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
	cr_assert(strstr(error.text, "offers MJPG 640x480 but sets 320x240"), "%s", error.text);
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
	cr_assert(strstr(error.text, "but sets 320x240"), "%s", error.text);
	cr_assert_eq(pst_device_info(device)->width, 640);
}

static void arrive_at(int64_t driver_ns, int64_t now_ns)
{
	fake->now_ns = now_ns;
	(void)fake_push(camera, &(struct fake_frame){.size = 9000,
					.flags = V4L2_BUF_FLAG_TSTAMP_SRC_SOE,
					.stamped = true,
					.captured_ns = driver_ns});
	cr_assert_eq(next(), 1);
	pst_device_release(device, &frame);
}

Test(camera, times_that_are_of_no_use_are_replaced_and_counted)
{
	fake->now_ns = 100 * S;
	start_it();
	arrive_at(101 * S, 101 * S);
	arrive_at(100 * S, 102 * S);
	arrive_at(103 * S, 103 * S);
	arrive_at(103 * S, 104 * S);
	arrive_at(200 * S, 105 * S);
	arrive_at(3 * S, 106 * S);
	arrive_at(107 * S, 107 * S);
	cr_assert_eq(pst_device_counts(device).restamped, 4);
	expect_counts(7, 0, 0, 0);
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .clock_unknown = true});
	cr_assert_eq(next(), 1);
	cr_assert_eq(pst_device_counts(device).restamped, 5);
	pst_device_release(device, &frame);
}

static int settling_frames(const uint32_t *sizes, int count)
{
	int settling = 0;

	for (int i = 0; i < count; i++) {
		fake->now_ns += 33 * MS;
		(void)push(sizes[i]);
		cr_assert_eq(next(), 1);
		settling += frame.settling;
		cr_assert(!frame.settling || settling == i + 1, "never again after");
		pst_device_release(device, &frame);
	}
	return settling;
}

Test(camera, frames_settle_after_each_start)
{
	const uint32_t sizes[] = {3000, 9000, 15000, 20000, 20500, 20300, 20100, 20000, 9000};

	fake->now_ns = 100 * S;
	for (int i = 0; i < 2; i++) {
		if (i == 0) {
			start_it();
		} else {
			cr_assert_eq(pst_device_start(device, &error), 0);
		}
		cr_assert_eq(settling_frames(sizes, 9), 6);
		pst_device_stop(device);
	}
	cr_assert_eq(pst_device_counts(device).settling, 12);
	expect_counts(18, 0, 0, 0);
}

Test(camera, exposure_by_hand_is_settled_from_the_first_frame_on)
{
	const uint32_t sizes[] = {3000, 9000, 15000, 20000};

	fake->now_ns = 100 * S;
	fake_control_of(camera, V4L2_CID_EXPOSURE_AUTO)->value = V4L2_EXPOSURE_MANUAL;
	start_it();
	cr_assert_eq(settling_frames(sizes, 4), 0);
}

Test(camera, how_long_frames_settle_can_be_asked_for)
{
	const uint32_t sizes[] = {3000, 9000, 3000, 9000, 3000, 9000, 3000, 9000};

	fake->now_ns = 100 * S;
	start_as("v4l2:/dev/video0?settle=off");
	cr_assert_eq(settling_frames(sizes, 8), 0);
	pst_device_close(&device);
	start_as("v4l2:/dev/video0?settle=100");
	cr_assert_eq(settling_frames(sizes, 8), 4);
}

Test(camera, raw_frames_settle_for_a_bounded_time)
{
	fake->now_ns = 100 * S;
	start_as("v4l2:/dev/video0?size=640x480&format=YUYV");
	uint32_t sizes[20];

	for (int i = 0; i < 20; i++) {
		sizes[i] = 640 * 480 * 2;
	}
	cr_assert_eq(settling_frames(sizes, 20), 15);
}

Test(camera, a_format_for_libv4l_is_converted_only_when_mapped)
{
	static uint8_t bytes[64 * 48 * 2];
	struct v4l2_camera *opened;
	struct v4l2_pix_format source = {.width = 64,
		.height = 48,
		.pixelformat = V4L2_PIX_FMT_YVYU,
		.bytesperline = 128,
		.sizeimage = sizeof(bytes)};

	for (size_t i = 0; i < sizeof(bytes); i += 4) {
		memcpy(bytes + i, (uint8_t[]){200, 90, 201, 160}, 4);
	}
	camera->mode[0] = (struct fake_mode){V4L2_PIX_FMT_MJPEG, 64, 48, {30}};
	start_as("v4l2:/dev/video0?size=64x48");
	opened = (struct v4l2_camera *)device;
	cr_assert(pst_v4l2_convert_takes(V4L2_PIX_FMT_YVYU));
	cr_assert_not(pst_v4l2_convert_takes(V4L2_PIX_FMT_MJPEG));
	cr_assert_eq(pst_v4l2_convert_create(&opened->convert, &opened->node, &source, &error), 0,
		"%s", error.text);
	device->info.format = PST_FRAME_FORMAT_I420;
	(void)fake_push(camera, &(struct fake_frame){.bytes = bytes, .size = sizeof(bytes)});
	cr_assert_eq(next(), 1);
	cr_assert_null(frame.plane[0].data);
	cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
	cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
	cr_assert_eq(frame.plane[0].data[0], 200);
	cr_assert_eq(frame.plane[0].data[1], 201);
	cr_assert_eq(frame.plane[1].data[0], 160, "Cb");
	cr_assert_eq(frame.plane[2].data[0], 90, "Cr");
	pst_device_release(device, &frame);
	(void)fake_push(camera, &(struct fake_frame){.bytes = bytes, .size = 100});
	cr_assert_eq(next(), 1);
	cr_assert_eq(pst_device_map(device, &frame, &error), PST_E_CORRUPT);
	cr_assert(strstr(error.text, "can't be converted"), "%s", error.text);
	pst_device_release(device, &frame);
	cr_assert_eq(pst_device_counts(device).torn, 1);
	cr_assert_eq(made(), camera->pushed);
}

/* Frames of all kinds, taken in bursts, and each of them is in one count at the end. */
static void run_at_random(unsigned seed, int frames)
{
	uint64_t lost = 0;
	uint64_t flagged = 0;
	uint64_t undersized = 0;
	uint64_t last = 0;

	srandom(seed);
	for (int i = 0; i < frames; i++) {
		struct fake_frame one = {.size = 9000};
		bool final = i == frames - 1;

		if (!final) {
			one.skipped = random() % 8 ? 0 : (uint32_t)random() % 3;
			one.size = random() % 10 ? 9000 : (size_t)random() % 64;
			one.flags = random() % 10 ? 0 : V4L2_BUF_FLAG_ERROR;
		}
		fake->now_ns += 33 * MS;
		lost += one.skipped;
		if (fake_push(camera, &one) < 0) {
			lost++;
		} else if (one.flags) {
			flagged++;
		} else if (one.size < 64) {
			undersized++;
		}
		if (random() % 3 == 0 && !final) {
			continue;
		}
		int status = next();

		while (status == 1 || status == PST_E_CORRUPT) {
			if (status == 1) {
				cr_assert(frame.sequence > last || last == 0);
				last = frame.sequence;
				pst_device_release(device, &frame);
			}
			status = next();
		}
		cr_assert_eq(status, 0, "%s", error.text);
	}
	const struct pst_device_counts counts = pst_device_counts(device);

	/* The last one may have found no buffer; then nobody knows of the losses before it. */
	cr_assert_eq(made() + (camera->sequence - 1 - last), camera->pushed, "seed %u", seed);
	cr_assert_eq(counts.flagged, flagged);
	cr_assert_eq(counts.undersized, undersized);
	cr_assert_eq(counts.lost + (camera->sequence - 1 - last), lost);
}

Test(camera, every_frame_is_in_exactly_one_count)
{
	for (unsigned seed = 1; seed <= 50; seed++) {
		fake->now_ns = 100 * S;
		camera->pushed = 0;
		start_it();
		run_at_random(seed, 400);
		pst_device_close(&device);
	}
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
