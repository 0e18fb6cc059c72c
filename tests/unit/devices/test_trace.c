/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "devices/v4l2/camera.h"
#include "devices/v4l2/trace.h"
#include "devices/v4l2/trace_format.h"
#include "support/fake_v4l2.h"

#define URI "v4l2:serial=A?size=64x48&fps=30&format=YUYV"
#define SIZE (64u * 48 * 2)
#define HAPPENINGS_MAX 400

static struct pst_error error;
static struct pst_bytes file; /* the trace, in memory */
static size_t room;	      /* bytes that the disk takes */
static size_t at;	      /* where the input reads */
static int opened;	      /* inputs not closed yet */
static uint32_t writes;
static struct fake_v4l2 *fake;
static struct fake_camera *camera;
static struct pst_device *device;

static int write_bytes(void *user, const void *data, size_t size, struct pst_error *why)
{
	if (file.size + size > room) {
		return pst_error_set(why, -ENOSPC, "x.trace: disk full");
	}
	writes++;
	return pst_bytes_append(&file, data, size);
}

static ssize_t read_bytes(void *user, void *data, size_t size, struct pst_error *why)
{
	size_t part = size < file.size - at ? size : file.size - at;

	memcpy(data, file.data + at, part);
	at += part;
	return (ssize_t)part;
}

static int rewind_bytes(void *user, struct pst_error *why)
{
	at = 0;
	return 0;
}

static void close_bytes(void *user)
{
	opened--;
}

static const struct pst_output output = {.write = write_bytes};
static const struct pst_input input = {
	.read = read_bytes, .rewind = rewind_bytes, .close = close_bytes};

/* What a reader of the device was told, call by call. */
struct happening {
	int status;
	char text[512];
	struct pst_frame frame; /* without its bytes */
	bool mapped;
	int map_status;
	uint8_t first;
	uint8_t last;
	uint64_t sum; /* of its bytes */
	struct pst_device_counts counts;
	enum pst_device_away away;
};

static struct happening first_time[HAPPENINGS_MAX];
static size_t first_times;
static int64_t first_base_ns; /* of the frames' times */

static void set_up(void)
{
	fake = fake_v4l2_create();
	camera = fake_camera_add(fake, "/dev/video0", "A");
	camera->mode[2].width = 64;
	camera->mode[2].height = 48;
	(void)fake_camera_add(fake, "/dev/video2", "B");
	fake->now_ns = 1000 * PST_NS_PER_S;
	room = SIZE_MAX;
}

static void tear_down(void)
{
	pst_device_close(&device);
	fake_v4l2_destroy(&fake);
	pst_bytes_finish(&file);
}

TestSuite(trace, .init = set_up, .fini = tear_down);

static uint64_t sum_of(const uint8_t *bytes, size_t size)
{
	uint64_t sum = 14695981039346656037u;

	for (size_t i = 0; i < size; i++) {
		sum = (sum ^ bytes[i]) * 1099511628211u;
	}
	return sum;
}

/* Asks for one frame, looks at it or not, and notes what was said. @return the status */
static int note(struct happening *to, bool look)
{
	struct pst_error why = {0};
	struct pst_frame frame = {0};

	*to = (struct happening){.status = pst_device_next(device, &frame, &why)};
	if (to->status == 1) {
		to->frame = frame;
		to->mapped = look;
		if (look) {
			to->map_status = pst_device_map(device, &frame, &why);
		}
		if (look && to->map_status == 0) {
			to->sum = sum_of(frame.plane[0].data, frame.plane[0].size);
		}
		memset(to->frame.plane, 0, sizeof(to->frame.plane));
		pst_device_release(device, &frame);
	}
	(void)snprintf(to->text, sizeof(to->text), "%s", why.text);
	to->counts = pst_device_counts(device);
	to->away = pst_device_away(device);
	return to->status;
}

static void record_begin(const char *uri)
{
	cr_assert_eq(pst_trace_record(&device, &fake->backend, uri, &output, &error), 0, "%s",
		error.text);
	first_base_ns = fake->now_ns;
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
}

static void push(struct fake_frame frame)
{
	static uint8_t bytes[SIZE];

	if (!frame.bytes) {
		memset(bytes, (int)(first_times * 7 + 1), sizeof(bytes));
		frame.bytes = bytes;
	}
	frame.size = frame.size ? frame.size : SIZE;
	fake->now_ns += 33 * PST_NS_PER_MS;
	(void)fake_push(camera, &frame);
	fake->now_ns += 2 * PST_NS_PER_MS;
}

static int take(bool look)
{
	cr_assert_lt(first_times, HAPPENINGS_MAX);
	return note(&first_time[first_times++], look);
}

/* A camera with everything that is wrong with cameras. */
static void record_troubled(void)
{
	record_begin(URI);
	for (int i = 0; i < 20; i++) {
		push((struct fake_frame){0});
		cr_assert_eq(take(i % 3 == 0), 1);
	}
	cr_assert_eq(take(true), 0);
	first_times--;
	push((struct fake_frame){.flags = V4L2_BUF_FLAG_ERROR});
	cr_assert_eq(take(true), PST_E_CORRUPT);
	push((struct fake_frame){.skipped = 3});
	cr_assert_eq(take(true), 1);
	push((struct fake_frame){.size = 1000});
	cr_assert_eq(take(true), PST_E_CORRUPT);
	push((struct fake_frame){.clock_unknown = true});
	cr_assert_eq(take(true), 1);
	push((struct fake_frame){.stamped = true, .captured_ns = 5});
	cr_assert_eq(take(true), 1);
	push((struct fake_frame){
		.stamped = true, .captured_ns = fake->now_ns + 100 * PST_NS_PER_S});
	cr_assert_eq(take(false), 1);
	push((struct fake_frame){.flags = V4L2_BUF_FLAG_TSTAMP_SRC_SOE});
	cr_assert_eq(take(true), 1);
}

static void record_end(void)
{
	pst_device_close(&device);
}

static void play(enum pst_pace pace)
{
	at = 0;
	opened = 1;
	error = (struct pst_error){0};
	cr_assert_eq(
		pst_trace_play(&device, "file:x.trace", pace, &input, &error), 0, "%s", error.text);
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
}

static void expect_counts(const struct pst_device_counts *a, const struct pst_device_counts *b)
{
	cr_assert_arr_eq((const uint8_t *)a, (const uint8_t *)b, sizeof(*a));
}

/* @param base_ns  of the times told now */
static void expect_same(const struct happening *now, const struct happening *then, int64_t base_ns)
{
	cr_assert_eq(
		now->status, then->status, "%d, not %d: %s", now->status, then->status, now->text);
	cr_assert_str_eq(now->text, then->text);
	cr_assert_eq(now->frame.sequence, then->frame.sequence);
	cr_assert_eq(now->frame.lost, then->frame.lost);
	cr_assert_eq(now->frame.settling, then->frame.settling);
	cr_assert_eq(now->frame.format, then->frame.format);
	cr_assert_eq(now->map_status, then->map_status);
	cr_assert_eq(now->sum, then->sum);
	cr_assert_eq(now->away, then->away);
	expect_counts(&now->counts, &then->counts);
	if (then->status == 1) {
		cr_assert_eq(now->frame.captured_ns - base_ns,
			then->frame.captured_ns - first_base_ns, "%lld, not %lld",
			(long long)(now->frame.captured_ns - base_ns),
			(long long)(then->frame.captured_ns - first_base_ns));
	}
}

static void expect_all_again(int64_t base_ns)
{
	struct happening now;

	for (size_t i = 0; i < first_times; i++) {
		(void)note(&now, first_time[i].mapped);
		expect_same(&now, &first_time[i], base_ns);
	}
}

static void expect_end(void)
{
	struct pst_frame none;

	cr_assert_eq(pst_device_next(device, &none, &error), PST_E_END, "%s", error.text);
	cr_assert_eq(pst_device_next(device, &none, &error), PST_E_END, "%s", error.text);
}

Test(trace, plays_what_happened_a_hundred_times)
{
	record_troubled();
	const struct pst_device_info then = *pst_device_info(device);

	record_end();
	for (int i = 0; i < 100; i++) {
		play(PST_PACE_MAX);
		const struct pst_device_info *now = pst_device_info(device);

		cr_assert_eq(pst_device_fd(device), -1);
		cr_assert_eq(now->format, then.format);
		cr_assert_eq(now->width, then.width);
		cr_assert_eq(now->fps, then.fps);
		cr_assert_str_eq(now->name, then.name);
		cr_assert_str_eq(now->uri, "file:x.trace");
		cr_assert_not(now->live);
		expect_all_again(0);
		expect_end();
		pst_device_close(&device);
		cr_assert_eq(opened, 0);
	}
}

Test(trace, one_record_is_one_write)
{
	record_begin(URI);
	uint32_t before = writes;

	push((struct fake_frame){0});
	(void)take(true);
	cr_expect_eq(writes - before, 3, "DQBUF, frame, QBUF: %u", writes - before);
}

Test(trace, holds_no_byte_of_a_frame_nobody_looked_at)
{
	static uint8_t secret[SIZE];
	static uint8_t shown[SIZE];

	memset(secret, 0xa5, sizeof(secret));
	memset(shown, 0x5a, sizeof(shown));
	record_begin(URI);
	push((struct fake_frame){.bytes = secret});
	(void)take(false);
	push((struct fake_frame){.bytes = shown});
	(void)take(true);
	push((struct fake_frame){.bytes = secret});
	(void)take(false);
	record_end();
	cr_expect_null(memmem(file.data, file.size, secret, 16));
	cr_expect_not_null(memmem(file.data, file.size, shown, SIZE));
}

Test(trace, a_frame_nobody_looked_at_can_not_be_looked_at_later)
{
	struct pst_frame frame;

	record_begin(URI);
	push((struct fake_frame){0});
	(void)take(true);
	fake->now_ns += PST_NS_PER_S / 2;
	push((struct fake_frame){0});
	(void)take(false);
	record_end();
	play(PST_PACE_MAX);
	cr_assert_eq(pst_device_next(device, &frame, &error), 1);
	cr_expect_eq(pst_device_map(device, &frame, &error), 0);
	pst_device_release(device, &frame);
	cr_assert_eq(pst_device_next(device, &frame, &error), 1);
	cr_expect_eq(pst_device_map(device, &frame, &error), PST_E_DEVICE);
	cr_expect_not_null(strstr(error.text, "not recorded: no permit"), "%s", error.text);
	cr_expect_eq(strncmp(error.text, "file:x.trace: at 0.", 19), 0, "%s", error.text);
	pst_device_release(device, &frame);
	error = (struct pst_error){0};
	cr_expect_eq(pst_device_next(device, &frame, &error), PST_E_DEVICE);
	cr_expect_not_null(strstr(error.text, "no permit"), "%s", error.text);
}

Test(trace, a_frame_passed_over_among_others_is_passed_over_again)
{
	struct pst_frame frame;

	record_begin(URI);
	for (int i = 0; i < 7; i++) {
		push((struct fake_frame){0});
		(void)take(i != 2 && i != 3 && i != 6);
	}
	record_end();
	play(PST_PACE_MAX);
	for (size_t i = 0; i < 7; i++) {
		int want = i == 2 || i == 3 || i == 6 ? -EAGAIN : 0;

		cr_assert_eq(pst_device_next(device, &frame, &error), 1);
		cr_expect_eq(pst_device_map(device, &frame, &error), want, "%zu", i);
		cr_expect_eq(error.status, 0);
		pst_device_release(device, &frame);
	}
	expect_end();
}

Test(trace, frames_may_be_held_longer_than_they_were)
{
	struct pst_frame held[2];

	record_begin(URI);
	for (int i = 0; i < 12; i++) {
		push((struct fake_frame){0});
		(void)take(true);
	}
	record_end();
	play(PST_PACE_MAX);
	cr_assert_eq(pst_device_next(device, &held[0], &error), 1);
	for (size_t i = 1; i < 12; i++) {
		struct pst_frame *frame = &held[i % 2];

		cr_assert_eq(pst_device_next(device, frame, &error), 1, "%s", error.text);
		cr_assert_eq(pst_device_map(device, frame, &error), 0, "%s", error.text);
		cr_expect_eq(sum_of(frame->plane[0].data, frame->plane[0].size), first_time[i].sum);
		pst_device_release(device, &held[(i + 1) % 2]);
	}
	pst_device_release(device, &held[1]);
	expect_end();
}

Test(trace, frames_may_be_held_shorter_than_they_were)
{
	struct pst_frame held[2];
	uint64_t sum[10];

	record_begin(URI);
	for (size_t i = 0; i < 10; i++) {
		push((struct fake_frame){0});
		cr_assert_eq(pst_device_next(device, &held[i % 2], &error), 1);
		cr_assert_eq(pst_device_map(device, &held[i % 2], &error), 0);
		sum[i] = sum_of(held[i % 2].plane[0].data, held[i % 2].plane[0].size);
		if (i > 0) {
			pst_device_release(device, &held[(i + 1) % 2]);
		}
	}
	record_end();
	play(PST_PACE_MAX);
	for (size_t i = 0; i < 10; i++) {
		struct pst_frame *frame = &held[0];

		cr_assert_eq(pst_device_next(device, frame, &error), 1, "%s", error.text);
		cr_assert_eq(pst_device_map(device, frame, &error), 0, "%s", error.text);
		cr_expect_eq(sum_of(frame->plane[0].data, frame->plane[0].size), sum[i]);
		pst_device_release(device, frame);
	}
	expect_end();
}

Test(trace, an_unplugged_camera_is_unplugged_again)
{
	record_begin(URI);
	push((struct fake_frame){0});
	(void)take(true);
	fake_unplug(camera);
	cr_assert_eq(take(true), PST_E_DEVICE);
	cr_assert_eq(first_time[1].away, PST_DEVICE_AWAY_UNPLUGGED);
	record_end();
	play(PST_PACE_MAX);
	expect_all_again(0);
}

Test(trace, a_failed_return_of_a_buffer_fails_again)
{
	record_begin(URI);
	push((struct fake_frame){0});
	(void)take(true);
	(void)fake_fail(camera, VIDIOC_QBUF, -EIO);
	push((struct fake_frame){0});
	(void)take(true);
	push((struct fake_frame){0});
	cr_assert_eq(take(true), PST_E_DEVICE);
	record_end();
	play(PST_PACE_MAX);
	expect_all_again(0);
}

Test(trace, a_stalled_camera_stalls_again)
{
	record_begin(URI);
	push((struct fake_frame){0});
	(void)take(true);
	fake->now_ns += 3 * PST_NS_PER_S;
	struct pst_error why = {0};

	/* Right after a call the time is that of the call. */
	cr_assert_eq(pst_device_check(device, &why), 0);
	cr_assert_eq(pst_device_check(device, &why), PST_E_TIMEOUT);
	record_end();
	play(PST_PACE_MAX);
	expect_all_again(0);
	struct pst_frame none;

	cr_assert_eq(pst_device_next(device, &none, &error), PST_E_TIMEOUT, "%s", error.text);
	cr_expect_str_eq(error.text, why.text);
	cr_expect_eq(pst_device_away(device), PST_DEVICE_AWAY_STALLED);
}

Test(trace, plays_at_its_own_pace)
{
	int64_t begun_ns;
	int waited = 0;

	record_begin(URI);
	for (int i = 0; i < 6; i++) {
		push((struct fake_frame){0});
		(void)take(true);
	}
	record_end();
	begun_ns = pst_clock_mono_ns();
	play(PST_PACE_REAL);
	cr_expect(pst_device_info(device)->live);
	for (size_t i = 0; i < first_times; i++) {
		struct pollfd readable = {.fd = pst_device_fd(device), .events = POLLIN};
		struct pst_frame frame;

		int status = pst_device_next(device, &frame, &error);

		/* On a busy machine the frame may be due before it is asked for. */
		if (status == 0) {
			cr_assert_eq(poll(&readable, 1, 5000), 1);
			status = pst_device_next(device, &frame, &error);
			waited++;
		}
		cr_assert_eq(status, 1, "%s", error.text);
		cr_expect_geq(pst_clock_mono_ns(), frame.captured_ns);
		cr_expect_geq(frame.captured_ns, begun_ns - 40 * PST_NS_PER_MS);
		if (i > 0) {
			cr_expect_eq(frame.captured_ns - begun_ns,
				first_time[i].frame.captured_ns -
					first_time[i - 1].frame.captured_ns);
		}
		begun_ns = frame.captured_ns;
		cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
		pst_device_release(device, &frame);
	}
	expect_end();
	cr_expect_gt(waited, 0);
}

Test(trace, what_failed_to_open_fails_so_again)
{
	struct pst_error then = {0};

	camera->held_by_another = true;
	cr_assert_eq(pst_trace_record(&device, &fake->backend, URI, &output, &then), PST_E_DEVICE);
	cr_assert_null(device);
	at = 0;
	opened = 1;
	cr_assert_eq(pst_trace_play(&device, "file:x.trace", PST_PACE_MAX, &input, &error),
		PST_E_DEVICE);
	cr_expect_str_eq(error.text, then.text);
	cr_expect_eq(opened, 0);
}

/* Finds a record by what it asks. @return where it begins */
static size_t find_record(enum trace_kind kind, uint32_t request)
{
	size_t from = TRACE_HEADER_SIZE + strlen(URI);

	while (from < file.size) {
		const uint8_t *record = file.data + from;

		if (pst_bytes_get16(record + 4) == kind &&
			(!request || pst_bytes_get32(record + TRACE_RECORD_SIZE) == request)) {
			return from;
		}
		from += TRACE_RECORD_SIZE + pst_bytes_get32(record);
	}
	cr_assert_fail("no such record");
	return 0;
}

static void refused(const char *why)
{
	error = (struct pst_error){0};
	at = 0;
	opened = 1;
	int status = pst_trace_play(&device, "file:x.trace", PST_PACE_MAX, &input, &error);

	if (status == 0) {
		status = pst_device_start(device, &error);
		pst_device_close(&device);
	}
	cr_expect_eq(status, PST_E_DEVICE, "%s: %d", why, status);
	cr_expect_not_null(strstr(error.text, why), "%s, not: %s", why, error.text);
	cr_expect_eq(opened, 0);
}

Test(trace, what_was_not_asked_then_is_told)
{
	record_begin(URI);
	record_end();
	size_t from = find_record(TRACE_KIND_IOCTL, (uint32_t)VIDIOC_S_FMT);
	uint8_t *argument = file.data + from + TRACE_RECORD_SIZE + 8;

	argument[8] ^= 1; /* the width that was asked for */
	refused("the program asks for VIDIOC_S_FMT with other values where");
	argument[8] ^= 1;
	pst_bytes_put32(argument - 8, (uint32_t)VIDIOC_G_INPUT);
	refused("the trace goes on with VIDIOC_G_INPUT");
	pst_bytes_put32(argument - 8, (uint32_t)VIDIOC_S_FMT);
	from = find_record(TRACE_KIND_LIST, 0);
	pst_bytes_put16(file.data + from + 4, TRACE_KIND_IDENTIFY);
	refused("asks for a list of cameras where the trace goes on with identify");
}

Test(trace, a_cut_is_told_where_it_is_met)
{
	struct pst_frame frame;
	int frames = 0;
	int status;

	record_begin(URI);
	for (int i = 0; i < 5; i++) {
		push((struct fake_frame){0});
		(void)take(true);
	}
	record_end();
	size_t whole = file.size;

	file.size = whole - TRACE_RECORD_SIZE; /* its END alone */
	play(PST_PACE_MAX);
	expect_all_again(0);
	expect_end();
	pst_device_close(&device);
	file.size = find_record(TRACE_KIND_FRAME, 0) + 100;
	play(PST_PACE_MAX);
	while ((status = pst_device_next(device, &frame, &error)) == 1) {
		frames++;
		pst_device_release(device, &frame);
	}
	cr_expect_eq(frames, 1);
	cr_expect_eq(status, PST_E_DEVICE);
	cr_expect_not_null(strstr(error.text, "cut short"), "%s", error.text);
	pst_device_close(&device);
	file.size = find_record(TRACE_KIND_IOCTL, (uint32_t)VIDIOC_S_FMT);
	refused("cut short");
	file.size = 20;
	refused("cut short");
	file.size = 0;
	refused("not a trace");
}

Test(trace, another_version_or_machine_is_refused)
{
	record_begin(URI);
	record_end();
	file.data[8] = 9;
	refused("a trace of version 9; this program knows 1");
	file.data[8] = 1;
	file.data[12] = 4;
	refused("another kind of machine");
	file.data[12] = 8;
	file.data[0] = 'x';
	refused("not a trace");
}

Test(trace, no_changed_byte_does_harm)
{
	record_troubled();
	record_end();
	size_t whole = file.size;
	unsigned seed = 1;

	for (int i = 0; i < 3000; i++) {
		size_t where = i < 1500 ? (size_t)i * 3 % whole : (size_t)rand_r(&seed) % whole;
		uint8_t kept = file.data[where];
		struct happening now;

		file.data[where] ^= (uint8_t)(1 << (rand_r(&seed) % 8));
		error = (struct pst_error){0};
		at = 0;
		opened = 1;
		int status = pst_trace_play(&device, "file:x.trace", PST_PACE_MAX, &input, &error);
		if (status == 0) {
			status = pst_device_start(device, &error);
		}
		for (int n = 0; status >= 0 && n < 100; n++) {
			int next = note(&now, n % 3 == 0);

			if (next < 0 && next != PST_E_CORRUPT) {
				break;
			}
		}
		cr_expect(status >= 0 || error.text[0]);
		pst_device_close(&device);
		file.data[where] = kept;
	}
}

Test(trace, a_full_disk_ends_it)
{
	struct happening now;
	int status = 1;

	room = file.size + 40000;
	record_begin(URI);
	for (int i = 0; i < 10 && status == 1; i++) {
		push((struct fake_frame){0});
		status = note(&now, true);
	}
	cr_expect_eq(status, PST_E_DEVICE);
	pst_device_close(&device);
	room = 100;
	file.size = 0;
	error = (struct pst_error){0};
	cr_expect_eq(pst_trace_record(&device, &fake->backend, URI, &output, &error), -ENOSPC, "%s",
		error.text);
	cr_expect_str_eq(error.text, "x.trace: disk full");
}
