/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/clock.h"
#include "devices/v4l2/settle.h"
#include "devices/v4l2/stamp.h"

#define S PST_NS_PER_S
#define MS PST_NS_PER_MS
#define SOE V4L2_BUF_FLAG_TSTAMP_SRC_SOE

static struct v4l2_stamp stamp;
static struct pst_frame frame;
static bool used;

static void arrive_as(uint32_t flags, uint32_t sequence, int64_t driver_ns, int64_t now_ns)
{
	struct v4l2_buffer buffer = {.flags = flags, .sequence = sequence};

	buffer.timestamp.tv_sec = driver_ns / S;
	buffer.timestamp.tv_usec = driver_ns % S / 1000;
	frame = (struct pst_frame){0};
	used = pst_v4l2_stamp_frame(&stamp, &buffer, now_ns, &frame);
}

static void arrive(uint32_t sequence, int64_t driver_ns, int64_t now_ns)
{
	arrive_as(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | SOE, sequence, driver_ns, now_ns);
}

static void expect(uint64_t sequence, uint32_t lost, int64_t captured_ns)
{
	cr_assert_eq(frame.sequence, sequence, "%llu", (unsigned long long)frame.sequence);
	cr_assert_eq(frame.lost, lost, "%u", frame.lost);
	cr_assert_eq(frame.captured_ns, captured_ns, "%lld", (long long)frame.captured_ns);
}

Test(stamp, gaps_in_the_driver_s_numbers_are_losses)
{
	arrive(0, 1 * S, 1 * S);
	expect(0, 0, 1 * S);
	arrive(1, 2 * S, 2 * S);
	expect(1, 0, 2 * S);
	arrive(5, 3 * S, 3 * S);
	expect(5, 3, 3 * S);
	cr_assert_eq(stamp.gap, 3);
	stamp.lost = 2;
	arrive(6, 4 * S, 4 * S);
	expect(6, 2, 4 * S);
	cr_assert_eq(stamp.gap, 0, "what is carried over is not counted twice");
}

Test(stamp, a_first_number_that_is_small_tells_of_losses)
{
	arrive(3, 1 * S, 1 * S);
	expect(3, 3, 1 * S);
	arrive(4, 2 * S, 2 * S);
	expect(4, 0, 2 * S);
	stamp = (struct v4l2_stamp){0};
	arrive(70, 1 * S, 1 * S);
	expect(0, 0, 1 * S);
	arrive(72, 2 * S, 2 * S);
	expect(2, 1, 2 * S);
}

Test(stamp, the_driver_s_numbers_wrap)
{
	arrive(0xfffffffeU, 1 * S, 1 * S);
	arrive(0xffffffffU, 2 * S, 2 * S);
	expect(1, 0, 2 * S);
	arrive(0, 3 * S, 3 * S);
	expect(2, 0, 3 * S);
	arrive(3, 4 * S, 4 * S);
	expect(5, 2, 4 * S);
}

Test(stamp, a_counter_that_stands_still_or_starts_over_is_no_loss)
{
	arrive(100, 1 * S, 1 * S);
	arrive(100, 2 * S, 2 * S);
	expect(1, 0, 2 * S);
	arrive(0, 3 * S, 3 * S);
	expect(2, 0, 3 * S);
	arrive(1, 4 * S, 4 * S);
	expect(3, 0, 4 * S);
}

Test(stamp, a_frame_that_comes_after_its_successor_is_told_once)
{
	cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, 0), "nothing came before");
	arrive(0xfffffffeU, 1 * S, 1 * S);
	cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, 0xfffffffdU), "it was never counted");
	arrive(2, 2 * S, 2 * S);
	arrive(4, 3 * S, 3 * S);
	cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, 4));
	cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, 2), "it was there");
	cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, 5));
	for (uint32_t i = 0; i < 4; i++) {
		const uint32_t late[] = {3, 0xffffffffU, 1, 0};

		cr_assert(pst_v4l2_stamp_is_overtaken(&stamp, late[i]), "%u", late[i]);
		cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, late[i]), "%u", late[i]);
	}
	arrive(5, 4 * S, 4 * S);
	cr_assert_eq(stamp.sequence, 7);
	arrive(100, 5 * S, 5 * S);
	cr_assert(pst_v4l2_stamp_is_overtaken(&stamp, 68));
	cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, 67), "too long ago");
	arrive(0, 6 * S, 6 * S);
	cr_assert(!pst_v4l2_stamp_is_overtaken(&stamp, 0xffffffffU), "it started over");
}

Test(stamp, the_begin_of_exposure_is_told_whatever_the_driver_stamps)
{
	stamp.interval_ns = 40 * MS;
	arrive_as(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | SOE, 0, 5 * S, 5 * S + 41 * MS);
	expect(0, 0, 5 * S);
	cr_assert(used);
	arrive_as(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 1, 5 * S + 80 * MS, 5 * S + 81 * MS);
	expect(1, 0, 5 * S + 40 * MS);
	cr_assert(used);
}

Test(stamp, an_end_of_frame_that_is_yet_to_come_is_no_fault)
{
	stamp.interval_ns = 200 * MS;
	arrive_as(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 0, 5 * S + 199 * MS, 5 * S);
	cr_assert(used);
	expect(0, 0, 5 * S - 1 * MS);
}

Test(stamp, times_before_the_stream_are_of_no_use)
{
	stamp.started_ns = 100 * S;
	stamp.interval_ns = 40 * MS;
	arrive(0, 50 * S, 101 * S);
	cr_assert_not(used);
	expect(0, 0, 101 * S - 40 * MS);
	arrive(1, 101 * S, 101 * S + 20 * MS);
	cr_assert(used);
	expect(1, 0, 101 * S);
	stamp = (struct v4l2_stamp){.started_ns = 100 * S, .interval_ns = 40 * MS};
	arrive_as(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 0, 100 * S + 10 * MS, 100 * S + 11 * MS);
	cr_assert(used);
	expect(0, 0, 100 * S);
}

Test(stamp, a_late_frame_is_as_old_as_its_driver_says)
{
	stamp.started_ns = 100 * S;
	stamp.interval_ns = 40 * MS;
	arrive(0, 101 * S, 160 * S);
	cr_assert(used);
	expect(0, 0, 101 * S);
}

Test(stamp, unusable_times_are_replaced_and_never_go_back)
{
	arrive(0, 0, 5 * S);
	cr_assert_not(used);
	expect(0, 0, 5 * S);
	arrive(1, 4 * S, 6 * S);
	cr_assert_not(used, "backwards");
	expect(1, 0, 6 * S);
	arrive(2, 6 * S + S / 2, 6 * S + 1 * MS);
	cr_assert(used, "within what is tolerated");
	expect(2, 0, 6 * S + 1 * MS);
	arrive(3, 60 * S, 6 * S + 2 * MS);
	cr_assert_not(used, "in the future");
	expect(3, 0, 6 * S + 2 * MS);
	arrive(4, 6 * S, 6 * S + 2 * MS);
	expect(4, 0, 6 * S + 2 * MS + 1);
	arrive_as(V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN | SOE, 5, 8 * S, 9 * S);
	cr_assert_not(used, "another clock");
	expect(5, 0, 9 * S);
	arrive_as(V4L2_BUF_FLAG_TIMESTAMP_COPY, 6, 10 * S, 10 * S);
	cr_assert_not(used);
}

Test(stamp, what_is_no_time_at_all_is_none)
{
	const struct timeval none[] = {{-1, 0}, {INT64_MAX, 0}, {INT64_MIN, INT64_MIN},
		{8, 1000000}, {8, -1}, {8, INT64_MAX}};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct v4l2_buffer buffer = {.flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | SOE,
			.timestamp = none[i],
			.sequence = (uint32_t)i};

		cr_assert_not(pst_v4l2_stamp_frame(&stamp, &buffer, 9 * S + (int64_t)i, &frame));
		cr_assert_eq(frame.captured_ns, 9 * S + (int64_t)i);
	}
}

Test(stamp, a_frozen_clock_is_replaced_frame_by_frame)
{
	stamp.interval_ns = 40 * MS;
	for (uint32_t i = 0; i < 5; i++) {
		arrive(i, 7 * S, 7 * S + i * 40 * MS);
		cr_assert_eq(used, i == 0);
		expect(i, 0, 7 * S + (i ? (i - 1) * 40 * MS + (i == 1) : 0));
	}
}

Test(stamp, times_rise_strictly_whatever_a_driver_says)
{
	int64_t before = -1;

	srandom(7);
	stamp.interval_ns = 33 * MS;
	stamp.started_ns = 10 * S;
	for (uint32_t i = 0; i < 20000; i++) {
		int64_t now_ns = 10 * S + i * 33 * MS;
		int64_t off = (random() % 4000 - 2000) * MS;
		uint32_t flags = random() % 2 ? V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC : 0;

		arrive_as(
			flags | (random() % 2 ? SOE : 0), (uint32_t)random(), now_ns + off, now_ns);
		cr_assert_gt(frame.captured_ns, before);
		cr_assert_leq(frame.captured_ns, now_ns);
		before = frame.captured_ns;
	}
}

static struct v4l2_settle settle;

static bool settling(uint32_t bytes, int64_t ms)
{
	return pst_v4l2_settle_frame(&settle, bytes, ms * MS);
}

Test(settle, sizes_that_stay_alike_tell_that_it_has)
{
	settle = (struct v4l2_settle){.bound_ns = 500 * MS, .bound_frames = 15, .by_size = true};
	cr_assert(settling(5000, 0));
	cr_assert(settling(9000, 33));
	cr_assert(settling(14000, 66));
	cr_assert(settling(20000, 100));
	cr_assert(settling(20100, 133));
	cr_assert(settling(19900, 166));
	cr_assert_not(settling(20400, 200));
	cr_assert_not(settling(5000, 233), "once settled, it is");
}

Test(settle, the_bounds_hold_for_what_never_stays_alike)
{
	settle = (struct v4l2_settle){.bound_ns = 500 * MS, .bound_frames = 15, .by_size = true};
	for (uint32_t i = 0; i < 15; i++) {
		cr_assert(settling(i % 2 ? 1000 : 9000, i * 10), "%u", i);
	}
	cr_assert_not(settling(1000, 150));
	settle = (struct v4l2_settle){.bound_ns = 500 * MS, .bound_frames = 15, .by_size = true};
	cr_assert(settling(1000, 1000), "counted from the first frame on, however late");
	cr_assert(settling(9000, 1499));
	cr_assert_not(settling(1000, 1500));
}

Test(settle, raw_frames_are_given_their_time)
{
	settle = (struct v4l2_settle){.bound_ns = 200 * MS};
	for (uint32_t i = 0; i < 200; i++) {
		cr_assert(settling(614400, i));
	}
	cr_assert_not(settling(614400, 200));
}

Test(settle, where_there_is_nothing_to_wait_for_the_first_frame_will_do)
{
	settle = (struct v4l2_settle){.done = true};
	cr_assert_not(settling(5000, 0));
	settle = (struct v4l2_settle){0};
	cr_assert_not(settling(5000, 0));
}
