/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "devices/replay/replay.h"
#include "devices/replay/writer.h"
#include "jpegs.h"

#define FRAMES 5
#define PAD 24 /* bytes behind each row */

static struct pst_error error;
static struct pst_bytes file; /* the recording, in memory */
static size_t room;	      /* bytes that the disk takes */
static size_t at;	      /* where the input reads */
static size_t damaged_at;     /* the input fails from there on */
static int opened;	      /* inputs not closed yet */

static int write_bytes(void *user, const void *data, size_t size, struct pst_error *why)
{
	if (file.size + size > room) {
		return pst_error_set(why, -ENOSPC, "x.mkv: disk full");
	}
	return pst_bytes_append(&file, data, size);
}

static ssize_t read_bytes(void *user, void *data, size_t size, struct pst_error *why)
{
	size_t end = damaged_at < file.size ? damaged_at : file.size;
	size_t part = size < end - at ? size : end - at;

	if (part == 0 && end < file.size) {
		return pst_error_set(why, PST_E_CORRUPT, "cut short");
	}
	if (part > 0) {
		memcpy(data, file.data + at, part);
	}
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

static void set_up(void)
{
	room = SIZE_MAX;
	damaged_at = SIZE_MAX;
}

static void tear_down(void)
{
	pst_bytes_finish(&file);
}

TestSuite(writer, .init = set_up, .fini = tear_down);

struct picture {
	struct pst_frame frame;
	uint8_t *bytes; /* of all planes, rows padded */
};

static struct picture drawn(uint32_t width, uint32_t height, unsigned seed)
{
	const struct jpegs_options options = {
		.width = width, .height = height, .quality = 75, .seed = seed};
	struct pst_bytes jpeg = {0};

	jpegs_draw(&options, &jpeg);
	return (struct picture){
		.frame = {.format = PST_FRAME_FORMAT_MJPEG,
			.width = width,
			.height = height,
			.plane = {{.data = jpeg.data, .size = (uint32_t)jpeg.size}}},
		.bytes = jpeg.data};
}

static struct picture picture(
	enum pst_frame_format format, uint32_t width, uint32_t height, unsigned seed)
{
	struct picture made = {.frame = {.format = format, .width = width, .height = height}};
	size_t size = 0;
	size_t offset = 0;

	if (format == PST_FRAME_FORMAT_MJPEG) {
		return drawn(width, height, seed);
	}
	for (uint32_t i = 0; i < pst_frame_format_planes(format); i++) {
		made.frame.plane[i].stride =
			pst_frame_plane_row_bytes(format, i, width) + (i == 0 ? PAD : 3);
		made.frame.plane[i].size =
			made.frame.plane[i].stride * pst_frame_plane_rows(format, i, height);
		size += made.frame.plane[i].size;
	}
	made.bytes = malloc(size);
	cr_assert_not_null(made.bytes);
	for (size_t i = 0; i < size; i++) {
		made.bytes[i] = (uint8_t)(i * 31 + seed * 7 + (i >> 8));
	}
	for (uint32_t i = 0; i < pst_frame_format_planes(format); i++) {
		made.frame.plane[i].data = made.bytes + offset;
		offset += made.frame.plane[i].size;
	}
	return made;
}

/* The times of the frames: a beginning that is not 0, a pause of minutes, parts of milliseconds. */
static const int64_t times_ns[FRAMES] = {
	512345678, 545999999, 579000000, 200579000001, 200612345678};

static void record(
	enum pst_frame_format format, uint32_t width, uint32_t height, enum pst_domain domain)
{
	const struct pst_device_info info = {
		.format = format, .width = width, .height = height, .fps = 30, .domain = domain};
	struct pst_replay_writer *writer;

	cr_assert_eq(pst_replay_writer_open(&writer, &info, &output, &error), 0, "%s", error.text);
	for (unsigned i = 0; i < FRAMES; i++) {
		struct picture made = picture(format, width, height, i);

		made.frame.captured_ns = times_ns[i];
		cr_assert_eq(
			pst_replay_writer_put(writer, &made.frame, &error), 0, "%s", error.text);
		free(made.bytes);
	}
	cr_assert_eq(pst_replay_writer_finish(writer, &error), 0, "%s", error.text);
	pst_replay_writer_close(&writer);
	cr_assert_null(writer);
}

static struct pst_device *play(void)
{
	struct pst_device *device;

	at = 0;
	opened = 1;
	cr_assert_eq(pst_replay_open_input(&device, "file:x.mkv", PST_PACE_MAX, &input, &error), 0,
		"%s", error.text);
	cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
	return device;
}

static void expect_equal(const struct pst_frame *got, const struct pst_frame *made)
{
	if (made->format == PST_FRAME_FORMAT_MJPEG) {
		cr_assert_eq(got->plane[0].size, made->plane[0].size);
		cr_expect_arr_eq(got->plane[0].data, made->plane[0].data, made->plane[0].size);
		return;
	}
	for (uint32_t i = 0; i < pst_frame_format_planes(made->format); i++) {
		uint32_t row = pst_frame_plane_row_bytes(made->format, i, made->width);

		for (uint32_t y = 0; y < pst_frame_plane_rows(made->format, i, made->height); y++) {
			cr_assert_arr_eq(got->plane[i].data + (size_t)y * got->plane[i].stride,
				made->plane[i].data + (size_t)y * made->plane[i].stride, row,
				"%s plane %u row %u", pst_frame_format_name(made->format), i, y);
		}
	}
}

static void expect_frames(
	struct pst_device *device, enum pst_frame_format format, uint32_t width, uint32_t height)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		struct picture made = picture(format, width, height, i);
		struct pst_frame frame;

		cr_assert_eq(pst_device_next(device, &frame, &error), 1, "%s", error.text);
		cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
		cr_expect_eq(frame.format, format, "%s", pst_frame_format_name(frame.format));
		cr_expect_eq(frame.captured_ns, times_ns[i] / 1000000 * 1000000);
		cr_expect_eq(frame.sequence, i);
		expect_equal(&frame, &made.frame);
		pst_device_release(device, &frame);
		free(made.bytes);
	}
	struct pst_frame none;

	cr_expect_eq(pst_device_next(device, &none, &error), PST_E_END);
}

Test(writer, every_format_comes_back_as_it_was)
{
	static const struct {
		enum pst_frame_format format;
		uint32_t width;
		uint32_t height;
	} all[] = {
		{PST_FRAME_FORMAT_MJPEG, 640, 480},
		{PST_FRAME_FORMAT_YUYV, 64, 48},
		{PST_FRAME_FORMAT_NV12, 64, 48},
		{PST_FRAME_FORMAT_GREY, 61, 47},
		{PST_FRAME_FORMAT_UYVY, 64, 48},
		{PST_FRAME_FORMAT_I420, 64, 48},
		{PST_FRAME_FORMAT_I420, 61, 47},
		{PST_FRAME_FORMAT_UYVY, 64, 48},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		pst_bytes_finish(&file);
		record(all[i].format, all[i].width, all[i].height, PST_DOMAIN_DRAWN);
		struct pst_device *device = play();
		cr_expect_eq(pst_device_info(device)->domain, PST_DOMAIN_DRAWN);
		expect_frames(device, all[i].format, all[i].width, all[i].height);
		pst_device_stop(device);
		cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
		expect_frames(device, all[i].format, all[i].width, all[i].height);
		pst_device_close(&device);
		cr_expect_eq(opened, 0);
	}
}

Test(writer, photographs_stay_photographs)
{
	record(PST_FRAME_FORMAT_MJPEG, 64, 48, PST_DOMAIN_PHOTOGRAPH);
	struct pst_device *device = play();

	cr_expect_eq(pst_device_info(device)->domain, PST_DOMAIN_PHOTOGRAPH);
	pst_device_close(&device);
}

Test(writer, a_full_disk_is_told_in_its_own_words)
{
	const struct pst_device_info info = {
		.format = PST_FRAME_FORMAT_YUYV, .width = 320, .height = 240, .fps = 30};
	struct pst_replay_writer *writer;
	struct picture made = picture(info.format, info.width, info.height, 1);
	int status = 0;

	room = 400000;
	cr_assert_eq(pst_replay_writer_open(&writer, &info, &output, &error), 0);
	for (int i = 0; i < 100 && status == 0; i++) {
		status = pst_replay_writer_put(writer, &made.frame, &error);
	}
	cr_expect_eq(status, -ENOSPC);
	cr_expect_str_eq(error.text, "x.mkv: disk full");
	cr_expect_eq(pst_replay_writer_finish(writer, &error), -ENOSPC);
	pst_replay_writer_close(&writer);
	free(made.bytes);
}

Test(writer, a_frame_of_another_size_is_left_out)
{
	const struct pst_device_info info = {
		.format = PST_FRAME_FORMAT_GREY, .width = 64, .height = 48, .fps = 30};
	struct pst_replay_writer *writer;
	struct picture other = picture(info.format, 32, 48, 1);

	cr_assert_eq(pst_replay_writer_open(&writer, &info, &output, &error), 0);
	cr_expect_eq(pst_replay_writer_put(writer, &other.frame, &error), PST_E_CORRUPT);
	cr_expect_not_null(strstr(error.text, "32x48"), "%s", error.text);
	pst_replay_writer_close(&writer);
	free(other.bytes);
}

Test(writer, what_ends_too_early_is_no_end)
{
	record(PST_FRAME_FORMAT_MJPEG, 64, 48, PST_DOMAIN_DRAWN);
	damaged_at = file.size - 1500;
	struct pst_device *device = play();
	struct pst_frame frame;
	int status;

	while ((status = pst_device_next(device, &frame, &error)) == 1) {
		pst_device_release(device, &frame);
	}
	cr_expect_eq(status, PST_E_DEVICE, "%d", status);
	cr_expect_str_eq(error.text, "x.mkv: cut short");
	pst_device_close(&device);
	cr_expect_eq(opened, 0);
}

Test(writer, what_can_not_be_opened_is_closed)
{
	const char *const wrong[] = {"file:x.mkv?loop=x", "file:x.mkv"};
	struct pst_device *device = NULL;

	for (size_t i = 0; i < 2; i++) {
		error = (struct pst_error){0};
		at = 0;
		opened = 1;
		cr_expect_lt(
			pst_replay_open_input(&device, wrong[i], PST_PACE_MAX, &input, &error), 0);
		cr_expect_eq(opened, 0);
		cr_expect(error.text[0]);
	}
}

Test(writer, pixels_without_a_name_are_refused)
{
	const enum pst_frame_format none[] = {
		PST_FRAME_FORMAT_BGR24, PST_FRAME_FORMAT_Y16, PST_FRAME_FORMAT_UNSET};
	struct pst_replay_writer *writer = NULL;

	for (size_t i = 0; i < 3; i++) {
		const struct pst_device_info info = {.format = none[i], .width = 64, .height = 48};

		error = (struct pst_error){0};
		cr_expect_eq(pst_replay_writer_open(&writer, &info, &output, &error), PST_E_FORMAT);
		cr_expect_not_null(strstr(error.text, "no place"), "%s", error.text);
		cr_expect_null(writer);
	}
}
