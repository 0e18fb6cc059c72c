/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "jpegs.h"
#include "rig.h"

TestSuite(frames, .init = plug_in, .fini = pull_out);

Test(frames, a_frame_comes_with_the_bytes_the_camera_made)
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

Test(frames, the_planes_of_raw_frames_lie_in_the_driver_s_rows)
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

Test(frames, damaged_frames_are_counted_by_cause_and_kept_back)
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

Test(frames, a_loss_before_a_damaged_frame_is_told_with_the_next_good_one)
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

Test(frames, frames_lost_before_the_first_are_counted)
{
	start_it();
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .skipped = 2});
	cr_assert_eq(next(), 1);
	cr_assert_eq(frame.lost, 2);
	pst_device_release(device, &frame);
	cr_assert_eq(made(), camera->pushed);
}

Test(frames, a_counter_that_starts_over_is_no_loss)
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

Test(frames, a_frame_that_its_successor_overtook_stays_lost)
{
	start_it();
	pass_one();
	(void)fake_push(camera, &(struct fake_frame){.size = 9000, .skipped = 1});
	cr_assert_eq(next(), 1);
	pst_device_release(device, &frame);
	camera->sequence = 1;
	(void)push(9000);
	cr_assert_eq(next(), 0);
	expect_counts(2, 1, 0, 0);
	camera->sequence = 3;
	(void)push(9000);
	cr_assert_eq(next(), 1);
	cr_assert_eq(frame.sequence, 3);
	cr_assert_eq(frame.lost, 0);
	pst_device_release(device, &frame);
	expect_counts(3, 1, 0, 0);
}

Test(frames, no_driver_is_asked_in_vain_for_a_frame)
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

Test(frames, two_buffers_are_with_the_driver_while_two_are_held)
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

Test(frames, what_a_late_reader_makes_the_driver_lose_is_counted)
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

Test(frames, times_that_are_of_no_use_are_replaced_and_counted)
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

Test(frames, frames_settle_after_each_start)
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

Test(frames, exposure_by_hand_is_settled_from_the_first_frame_on)
{
	const uint32_t sizes[] = {3000, 9000, 15000, 20000};

	fake->now_ns = 100 * S;
	fake_control_of(camera, V4L2_CID_EXPOSURE_AUTO)->value = V4L2_EXPOSURE_MANUAL;
	start_it();
	cr_assert_eq(settling_frames(sizes, 4), 0);
}

Test(frames, how_long_frames_settle_can_be_asked_for)
{
	const uint32_t sizes[] = {3000, 9000, 3000, 9000, 3000, 9000, 3000, 9000};

	fake->now_ns = 100 * S;
	start_as("v4l2:/dev/video0?settle=off");
	cr_assert_eq(settling_frames(sizes, 8), 0);
	pst_device_close(&device);
	start_as("v4l2:/dev/video0?settle=100");
	cr_assert_eq(settling_frames(sizes, 8), 4);
}

Test(frames, raw_frames_settle_for_a_bounded_time)
{
	fake->now_ns = 100 * S;
	start_as("v4l2:/dev/video0?size=640x480&format=YUYV");
	uint32_t sizes[20];

	for (int i = 0; i < 20; i++) {
		sizes[i] = 640 * 480 * 2;
	}
	cr_assert_eq(settling_frames(sizes, 20), 15);
}

static struct pst_bytes picture;

static void draw(void)
{
	const struct jpegs_options options = {.width = 640, .height = 480, .quality = 80};

	picture.size = 0;
	jpegs_draw(&options, &picture);
}

/* Makes a frame of the picture's first bytes. @return what mapping it answers */
static int map_of(size_t size)
{
	(void)fake_push(camera, &(struct fake_frame){.bytes = picture.data, .size = size});
	cr_assert_eq(next(), 1, "%s", error.text);
	int status = pst_device_map(device, &frame, &error);

	pst_device_release(device, &frame);
	return status;
}

Test(frames, a_torn_jpeg_is_found_when_it_is_mapped)
{
	draw();
	start_it();
	cr_assert_eq(map_of(picture.size), 0, "%s", error.text);
	cr_assert_eq(map_of(picture.size / 2), PST_E_CORRUPT);
	cr_assert(strstr(error.text, "/dev/video0: frame 1 of"), "%s", error.text);
	cr_assert(strstr(error.text, "is torn at"), "%s", error.text);
	memset(picture.data + picture.size / 2, 0xff, 64);
	cr_assert_eq(map_of(picture.size), PST_E_CORRUPT, "a hole in the middle");
	picture.data[0] = 0;
	cr_assert_eq(map_of(picture.size), PST_E_CORRUPT, "no JPEG");
	draw();
	cr_assert_eq(map_of(picture.size), 0, "no memory of the torn ones");
	const struct pst_device_counts counts = pst_device_counts(device);

	cr_assert_eq(counts.good, 2);
	cr_assert_eq(counts.torn, 3);
	cr_assert_eq(made(), camera->pushed);
	pst_bytes_finish(&picture);
}

Test(frames, a_jpeg_of_another_size_is_torn)
{
	const struct jpegs_options options = {.width = 320, .height = 240, .quality = 80};

	jpegs_draw(&options, &picture);
	start_it();
	cr_assert_eq(map_of(picture.size), PST_E_CORRUPT);
	cr_assert(strstr(error.text, "another size"), "%s", error.text);
	pst_bytes_finish(&picture);
}

Test(frames, bytes_behind_the_end_of_a_jpeg_are_no_damage)
{
	draw();
	cr_assert_eq(pst_bytes_append(&picture, (uint8_t[700]){0}, 700), 0);
	start_it();
	cr_assert_eq(map_of(picture.size), 0, "%s", error.text);
	pst_bytes_finish(&picture);
}

Test(frames, a_frame_that_is_not_mapped_is_not_looked_into)
{
	draw();
	start_it();
	(void)fake_push(
		camera, &(struct fake_frame){.bytes = picture.data, .size = picture.size / 2});
	cr_assert_eq(next(), 1);
	pst_device_release(device, &frame);
	expect_counts(1, 0, 0, 0);
	pst_bytes_finish(&picture);
}

Test(frames, a_format_for_libv4l_is_converted_only_when_mapped)
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

struct tally {
	uint64_t lost;
	uint64_t flagged;
	uint64_t undersized;
	uint64_t torn;
	uint64_t last; /* number of the last frame handed over */
	bool torn_at[1000];
};

/* A frame of any kind; the last one of a run is good. */
static void make_one(struct tally *tally, bool final)
{
	struct fake_frame one = {.bytes = picture.data, .size = picture.size};
	bool torn = false;

	if (!final) {
		one.skipped = random() % 8 ? 0 : (uint32_t)random() % 3;
		torn = random() % 10 == 0;
		one.size = torn ? picture.size / 2 : one.size;
		one.size = random() % 10 ? one.size : (size_t)random() % 64;
		one.flags = random() % 10 ? 0 : V4L2_BUF_FLAG_ERROR;
	}
	fake->now_ns += 33 * MS;
	tally->lost += one.skipped;
	tally->torn_at[camera->sequence + one.skipped] = torn;
	if (fake_push(camera, &one) < 0) {
		tally->lost++;
	} else if (one.flags) {
		tally->flagged++;
	} else if (one.size < 64) {
		tally->undersized++;
	}
}

/* Takes all there is, and maps some of it. */
static void take_all(struct tally *tally)
{
	int status = next();

	while (status == 1 || status == PST_E_CORRUPT) {
		if (status == 1) {
			bool torn = tally->torn_at[frame.sequence];

			cr_assert(frame.sequence > tally->last || tally->last == 0);
			tally->last = frame.sequence;
			if (random() % 2) {
				cr_assert_eq(pst_device_map(device, &frame, &error),
					torn ? PST_E_CORRUPT : 0, "%s", error.text);
				tally->torn += torn;
			}
			pst_device_release(device, &frame);
		}
		status = next();
	}
	cr_assert_eq(status, 0, "%s", error.text);
}

static void run_at_random(unsigned seed, int frames)
{
	struct tally tally = {0};

	srandom(seed);
	for (int i = 0; i < frames; i++) {
		make_one(&tally, i == frames - 1);
		if (random() % 3 || i == frames - 1) {
			take_all(&tally);
		}
	}
	const struct pst_device_counts counts = pst_device_counts(device);
	/* Where the last one found no buffer, nobody knows yet of the losses before it. */
	uint64_t unknown = camera->sequence - 1 - tally.last;

	cr_assert_eq(made() + unknown, camera->pushed, "seed %u", seed);
	cr_assert_eq(counts.flagged, tally.flagged);
	cr_assert_eq(counts.undersized, tally.undersized);
	cr_assert_eq(counts.torn, tally.torn);
	cr_assert_eq(counts.lost + unknown, tally.lost);
}

Test(frames, every_frame_is_in_exactly_one_count)
{
	draw();
	for (unsigned seed = 1; seed <= 15; seed++) {
		fake->now_ns = 100 * S;
		camera->pushed = 0;
		start_it();
		run_at_random(seed, 400);
		pst_device_close(&device);
	}
	pst_bytes_finish(&picture);
}
