/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "player.h"

#define FRAMES 60

TestSuite(replay, .init = open_folder, .fini = remove_folder);

/* An absent encoder is no failure of the product: MJPEG and MPEG-4 are always there. */
static const char *make(const char *name, const struct clip_options *options)
{
	const char *path = in_folder(name);
	int status = clip_write(path, options);

	if (status == 1) {
		cr_skip_test("no encoder %s here", options->encoder);
	}
	cr_assert_eq(status, 0, "%s", name);
	return path;
}

static const char *make_mjpeg(const char *name, const char *muxer, const char *comment)
{
	return make(name, &(struct clip_options){.encoder = "mjpeg",
				  .muxer = muxer,
				  .pixels = "yuvj420p",
				  .frames = FRAMES,
				  .comment = comment});
}

Test(replay, jpegs_are_handed_over_undecoded)
{
	static const char *const files[][3] = {{"a.avi", "avi", "mjpeg in avi"},
		{"a.mkv", "matroska", "mjpeg in mkv"}, {"a.mjpeg", "mjpeg", "mjpeg in a stream"}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct pst_device_info *info =
			open_at(make_mjpeg(files[i][0], files[i][1], NULL), PST_PACE_MAX);

		cr_assert_str_eq(info->name, files[i][0]);
		cr_assert_str_eq(info->driver, files[i][2]);
		cr_assert_eq(info->format, PST_FRAME_FORMAT_MJPEG);
		cr_assert_eq(info->width, CLIP_WIDTH);
		cr_assert_eq(info->height, CLIP_HEIGHT);
		cr_assert_float_eq(info->fps, 25, 0.01, "%s: %f", files[i][0], info->fps);
		cr_assert_not(info->live);
		cr_assert_eq(info->domain, PST_DOMAIN_PHOTOGRAPH);
		cr_assert_eq(pst_device_fd(device), -1);
		expect_undecoded(FRAMES);
	}
}

Test(replay, the_comment_tells_that_it_was_drawn)
{
	static const char *const muxers[] = {"avi", "matroska"};

	for (int i = 0; i < 2; i++) {
		const char *path = make_mjpeg("drawn", muxers[i], PST_DOMAIN_DRAWN_MARK);

		cr_assert_eq(open_at(path, PST_PACE_MAX)->domain, PST_DOMAIN_DRAWN);
		path = make_mjpeg("drawn", muxers[i], "postern-domain=photograph");
		cr_assert_eq(open_at(path, PST_PACE_MAX)->domain, PST_DOMAIN_PHOTOGRAPH);
	}
}

static void expect_mapped(struct pst_frame *frame, int number)
{
	error = (struct pst_error){0};
	cr_assert_null(frame->plane[0].data);
	cr_assert_eq(pst_device_map(device, frame, &error), 0, "%d: %s", number, error.text);
	cr_assert_eq(pst_frame_check(frame, &error), 0, "%s", error.text);
	cr_assert_eq(clip_read_number(frame->plane[0].data, frame->plane[0].stride), number);
}

/* Maps the frames that the gate's pattern lets through; each must be the right one. */
static void play_gated(const char *path, bool (*is_open)(int number))
{
	struct pst_frame frame;

	open_at(path, PST_PACE_MAX);
	for (int i = 0; i < FRAMES; i++) {
		next_frame(&frame, i);
		if (is_open(i)) {
			expect_mapped(&frame, i);
		}
		pst_device_release(device, &frame);
	}
	expect_end();
}

static bool always(int number)
{
	(void)number;
	return true;
}

static bool now_and_then(int number)
{
	return number % 7 == 3;
}

static bool in_spells(int number)
{
	return number % 20 >= 13;
}

static bool late(int number)
{
	return number > 50;
}

static void play_all(const char *path)
{
	play_gated(path, always);
	play_gated(path, now_and_then);
	play_gated(path, in_spells);
	play_gated(path, late);
}

static const struct {
	const char *name;
	struct clip_options options;
	enum pst_frame_format format;
} decoded[] = {
	{"h264.mp4",
		{.encoder = "libx264",
			.muxer = "mp4",
			.pixels = "yuv420p",
			.frames = FRAMES,
			.gop = 12,
			.b_frames = 3},
		PST_FRAME_FORMAT_I420},
	{"h264.mkv",
		{.encoder = "libx264",
			.muxer = "matroska",
			.pixels = "yuv420p",
			.frames = FRAMES,
			.gop = 250,
			.b_frames = 2},
		PST_FRAME_FORMAT_I420},
	{"mpeg4.mp4",
		{.encoder = "mpeg4",
			.muxer = "mp4",
			.pixels = "yuv420p",
			.frames = FRAMES,
			.gop = 12,
			.b_frames = 2},
		PST_FRAME_FORMAT_I420},
	{"mpeg4.avi",
		{.encoder = "mpeg4",
			.muxer = "avi",
			.pixels = "yuv420p",
			.frames = FRAMES,
			.gop = 12},
		PST_FRAME_FORMAT_I420},
	{"420.y4m",
		{.encoder = "wrapped_avframe",
			.muxer = "yuv4mpegpipe",
			.pixels = "yuv420p",
			.frames = FRAMES},
		PST_FRAME_FORMAT_I420},
	{"444.y4m",
		{.encoder = "wrapped_avframe",
			.muxer = "yuv4mpegpipe",
			.pixels = "yuv444p",
			.frames = FRAMES},
		PST_FRAME_FORMAT_I420},
	{"grey.y4m",
		{.encoder = "wrapped_avframe",
			.muxer = "yuv4mpegpipe",
			.pixels = "gray",
			.frames = FRAMES},
		PST_FRAME_FORMAT_GREY},
	{"422.mkv", {.encoder = "ffv1", .muxer = "matroska", .pixels = "yuv422p", .frames = FRAMES},
		PST_FRAME_FORMAT_I420},
};

Test(replay, all_else_is_decoded_when_mapped_only)
{
	for (size_t i = 0; i < sizeof(decoded) / sizeof(decoded[0]); i++) {
		const char *path = in_folder(decoded[i].name);
		int status = clip_write(path, &decoded[i].options);

		if (status == 1) {
			continue;
		}
		cr_assert_eq(status, 0, "%s", path);
		cr_assert_eq(open_at(path, PST_PACE_MAX)->format, decoded[i].format);
		play_all(path);
	}
}

Test(replay, a_far_key_frame_is_not_waited_for_in_memory)
{
	struct pst_frame frame;
	const char *path = make("long.mp4", &(struct clip_options){.encoder = "mpeg4",
						    .muxer = "mp4",
						    .pixels = "yuv420p",
						    .frames = 700,
						    .gop = 600});

	open_at(path, PST_PACE_MAX);
	for (int i = 0; i < 700; i++) {
		next_frame(&frame, i);
		if (i == 500) {
			cr_assert_eq(pst_device_map(device, &frame, &error), PST_E_CORRUPT);
			cr_assert(strstr(error.text, "no key frame"), "%s", error.text);
			cr_assert_null(frame.plane[0].data);
		}
		if (i >= 600) {
			expect_mapped(&frame, i);
		}
		pst_device_release(device, &frame);
	}
	expect_end();
}

Test(replay, frames_stored_out_of_order_without_times_are_refused)
{
	struct pst_frame frame;
	const char *path = make("b.avi", &(struct clip_options){.encoder = "mpeg4",
						 .muxer = "avi",
						 .pixels = "yuv420p",
						 .frames = 20,
						 .b_frames = 2});
	int status = 0;

	open_at(path, PST_PACE_MAX);
	for (int i = 0; i < 20 && status != PST_E_DEVICE; i++) {
		error = (struct pst_error){0};
		cr_assert_eq(pst_device_next(device, &frame, &error), 1, "%d: %s", i, error.text);
		status = pst_device_map(device, &frame, &error);
		pst_device_release(device, &frame);
	}
	cr_assert_eq(status, PST_E_DEVICE);
	cr_assert(strstr(error.text, "B-frames"), "%s", error.text);
}

Test(replay, two_frames_may_be_held)
{
	struct pst_frame frame[3];

	open_at(make_mjpeg("a.avi", "avi", NULL), PST_PACE_MAX);
	next_frame(&frame[0], 0);
	next_frame(&frame[1], 1);
	cr_assert_neq(frame[0].plane[0].data, frame[1].plane[0].data);
	for (int i = 2; i < 20; i++) {
		pst_device_release(device, &frame[i % 2]);
		next_frame(&frame[i % 2], i);
		cr_assert_eq(frame[(i + 1) % 2].plane[0].data[1], 0xd8);
	}
	pst_device_stop(device);
}

Test(replay, started_again_it_begins_at_the_first_frame)
{
	struct pst_frame frame;
	const char *path = make("a.mp4", &decoded[2].options);

	open_at(path, PST_PACE_MAX);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 30; i++) {
			next_frame(&frame, i);
			expect_mapped(&frame, i);
			pst_device_release(device, &frame);
		}
		pst_device_stop(device);
		cr_assert_eq(pst_device_start(device, &error), 0, "%s", error.text);
	}
}

Test(replay, a_loop_goes_on_in_number_and_time)
{
	struct pst_frame frame;
	char uri[300];

	(void)snprintf(uri, sizeof(uri), "file:%s?loop=3", make_mjpeg("a.avi", "avi", NULL));
	open_at(uri, PST_PACE_MAX);
	for (int i = 0; i < 3 * FRAMES; i++) {
		next_frame(&frame, i);
		pst_device_release(device, &frame);
	}
	expect_end();
	(void)snprintf(uri, sizeof(uri), "%s?loop=0", make("h.mp4", &decoded[2].options));
	open_at(uri, PST_PACE_MAX);
	for (int i = 0; i < 10 * FRAMES; i++) {
		next_frame(&frame, i);
		if (i > 3 * FRAMES) {
			expect_mapped(&frame, i % FRAMES);
		}
		pst_device_release(device, &frame);
	}
}

Test(replay, real_pace_hands_out_frames_when_they_are_due)
{
	struct pst_frame frame;
	int got = 0;
	int64_t begin = pst_clock_mono_ns();

	cr_assert(open_at(make("a.mp4", &decoded[2].options), PST_PACE_REAL)->live);
	struct pollfd poller = {.fd = pst_device_fd(device), .events = POLLIN};

	cr_assert_geq(poller.fd, 0);
	while (got < 12) {
		cr_assert_eq(poll(&poller, 1, 2000), 1);
		int status = pst_device_next(device, &frame, &error);

		cr_assert(status == 0 || status == 1);
		if (status == 1) {
			int64_t now = pst_clock_mono_ns();

			cr_assert_geq(now, frame.captured_ns);
			cr_assert_geq(frame.captured_ns, begin + got * PERIOD_NS);
			cr_assert_eq(frame.sequence, got);
			expect_mapped(&frame, got);
			pst_device_release(device, &frame);
			cr_assert_eq(pst_device_next(device, &frame, &error), 0);
			got++;
		}
	}
	cr_assert_geq(pst_clock_mono_ns() - begin, 11 * PERIOD_NS);
}

Test(replay, real_pace_ends_readable)
{
	struct pst_frame frame;
	int status = 0;
	const char *path = make("s.avi",
		&(struct clip_options){
			.encoder = "mjpeg", .muxer = "avi", .pixels = "yuvj420p", .frames = 3});

	open_at(path, PST_PACE_REAL);
	struct pollfd poller = {.fd = pst_device_fd(device), .events = POLLIN};

	while (status >= 0) {
		cr_assert_eq(poll(&poller, 1, 2000), 1);
		status = pst_device_next(device, &frame, &error);
		if (status == 1) {
			pst_device_release(device, &frame);
		}
	}
	cr_assert_eq(status, PST_E_END);
}

Test(replay, what_is_no_recording_is_refused_in_one_line)
{
	refused(folder, PST_E_DEVICE, "holds no picture");
	refused("/nowhere/clip.avi", PST_E_DEVICE, "/nowhere/clip.avi: can't be opened: No such");
	refused("/nowhere/%03d.jpg", PST_E_DEVICE, "no such pictures");
	refused("/dev/null", PST_E_DEVICE, "v4l2:/dev/videoN");
	cr_assert_eq(pst_fd_replace_file(in_folder("a.avi"), "", 0, 0600, &error), 0);
	refused(in_folder("a.avi"), PST_E_DEVICE, "no recording that postern reads");
	cr_assert_eq(pst_fd_replace_file(in_folder("a.jpg"), "text", 4, 0600, &error), 0);
	refused(in_folder("a.jpg"), PST_E_DEVICE, "holds no readable frame");
	cr_assert_eq(pst_fd_replace_file(in_folder("l.m3u8"),
			     "#EXTM3U\n#EXTINF:1\nfile:///etc/passwd\n", 37, 0600, &error),
		0);
	refused(in_folder("l.m3u8"), PST_E_DEVICE, "no recording that postern reads");
}

Test(replay, a_recording_cut_off_before_its_index_is_refused)
{
	const char *path = make("a.mp4", &decoded[2].options);
	struct stat at;

	cr_assert_eq(stat(path, &at), 0);
	cr_assert_eq(truncate(path, at.st_size / 2), 0);
	refused(path, PST_E_DEVICE, "damaged");
}

Test(replay, a_cut_off_avi_plays_up_to_the_cut)
{
	const char *path = make_mjpeg("a.avi", "avi", NULL);
	struct pst_frame frame;
	struct stat at;
	int good = 0;
	int status;

	cr_assert_eq(stat(path, &at), 0);
	cr_assert_eq(truncate(path, at.st_size / 2), 0);
	open_at(path, PST_PACE_MAX);
	while ((status = pst_device_next(device, &frame, &error)) != PST_E_END) {
		cr_assert(status == 1 || status == PST_E_CORRUPT, "%s", error.text);
		if (status == 1) {
			good++;
			pst_device_release(device, &frame);
		}
	}
	cr_assert(good > 10 && good < FRAMES);
}

Test(replay, frames_of_an_uneven_recording_keep_their_times)
{
	static const char *const made[][3] = {{"mjpeg", "matroska", "yuvj420p"},
		{"mpeg4", "mp4", "yuv420p"}, {"ffv1", "matroska", "yuv420p"}};
	struct pst_frame frame;

	for (size_t i = 0; i < 3; i++) {
		const char *path = make("uneven", &(struct clip_options){.encoder = made[i][0],
							  .muxer = made[i][1],
							  .pixels = made[i][2],
							  .uneven = true,
							  .frames = FRAMES});

		open_at(path, PST_PACE_MAX);
		for (int n = 0; n < FRAMES; n++) {
			cr_assert_eq(pst_device_next(device, &frame, &error), 1);
			cr_assert(
				llabs(frame.captured_ns - clip_uneven_ms(n) * 1000000LL) <= 1000000,
				"%s: %d at %lld", made[i][1], n, (long long)frame.captured_ns);
			pst_device_release(device, &frame);
		}
		expect_end();
	}
}

Test(replay, odd_sizes_are_whole)
{
	static const char *const made[][4] = {{"mjpeg", "avi", "yuvj444p", "mjpeg"},
		{"ffv1", "matroska", "yuv420p", "i420"},
		{"rawvideo", "matroska", "yuyv422", "yuyv"},
		{"rawvideo", "matroska", "uyvy422", "uyvy"},
		{"wrapped_avframe", "yuv4mpegpipe", "yuv420p", "i420"},
		{"wrapped_avframe", "yuv4mpegpipe", "yuv444p", "i420"},
		{"wrapped_avframe", "yuv4mpegpipe", "gray", "grey"}};
	struct pst_frame frame;

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		const char *path = make("odd", &(struct clip_options){.encoder = made[i][0],
						       .muxer = made[i][1],
						       .pixels = made[i][2],
						       .width = 163,
						       .height = 97,
						       .frames = 5});
		const struct pst_device_info *info = open_at(path, PST_PACE_MAX);

		cr_assert_eq(info->width, 163);
		cr_assert_eq(info->height, 97);
		for (int n = 0; n < 5; n++) {
			cr_assert_eq(pst_device_next(device, &frame, &error), 1);
			cr_assert_str_eq(pst_frame_format_name(frame.format), made[i][3]);
			cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
			cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
			if (frame.format == PST_FRAME_FORMAT_I420 ||
				frame.format == PST_FRAME_FORMAT_GREY) {
				cr_assert_eq(clip_read_number(
						     frame.plane[0].data, frame.plane[0].stride),
					n);
			}
			pst_device_release(device, &frame);
		}
		expect_end();
	}
}

/* Writes the files one behind the other, as a recorder that was started again leaves them. */
static const char *join(const char *name, const char *first, const char *second)
{
	char command[600];
	const char *path = in_folder(name);

	(void)snprintf(command, sizeof(command), "cat %s %s >%s", first, second, path);
	cr_assert_eq(system(command), 0);
	return path;
}

Test(replay, joined_recordings_play_one_after_the_other)
{
	static const char *const made[][3] = {{"mjpeg", "avi", "yuvj420p"},
		{"mjpeg", "matroska", "yuvj420p"}, {"mjpeg", "mjpeg", "yuvj420p"},
		{"mpeg4", "matroska", "yuv420p"}};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		const struct clip_options options = {.encoder = made[i][0],
			.muxer = made[i][1],
			.pixels = made[i][2],
			.frames = FRAMES / 2};
		const char *half = make("half", &options);
		struct pst_frame frame;

		open_at(join("both", half, half), PST_PACE_MAX);
		for (int n = 0; n < FRAMES; n++) {
			next_frame(&frame, n);
			pst_device_release(device, &frame);
		}
		expect_end();
	}
}

Test(replay, joined_mp4s_are_refused_rather_than_cut)
{
	const char *path = make("a.mp4", &decoded[2].options);

	refused(join("both.mp4", path, path), PST_E_DEVICE, "2 MP4 recordings joined");
}

/* The squares of a turned picture, looked at from where they are after a turn of the head. */
static int number_turned_by(const struct pst_frame *frame, int turn)
{
	uint8_t upright[CLIP_HEIGHT][CLIP_WIDTH];

	for (int y = 0; y < CLIP_HEIGHT; y++) {
		for (int x = 0; x < CLIP_WIDTH; x++) {
			int row = turn == 90	? x
				  : turn == 180 ? CLIP_HEIGHT - 1 - y
						: CLIP_WIDTH - 1 - x;
			int column = turn == 90	   ? CLIP_HEIGHT - 1 - y
				     : turn == 180 ? CLIP_WIDTH - 1 - x
						   : y;

			upright[y][x] =
				frame->plane[0].data[(uint32_t)row * frame->plane[0].stride +
						     (uint32_t)column];
		}
	}
	return clip_read_number(upright[0], CLIP_WIDTH);
}

Test(replay, what_is_shown_turned_is_turned)
{
	static const char *const made[][3] = {{"mpeg4", "mp4", "yuv420p"},
		{"mjpeg", "mp4", "yuvj420p"}, {"mjpeg", "mp4", "yuvj422p"}};
	struct pst_frame frame;

	for (size_t i = 0; i < 9; i++) {
		int turn = 90 * (int)(i % 3 + 1);
		const char *path =
			make("turned.mp4", &(struct clip_options){.encoder = made[i / 3][0],
						   .muxer = made[i / 3][1],
						   .pixels = made[i / 3][2],
						   .turn = turn,
						   .frames = 20});
		const struct pst_device_info *info = open_at(path, PST_PACE_MAX);

		cr_assert_eq(info->width, turn == 180 ? CLIP_WIDTH : CLIP_HEIGHT);
		cr_assert_eq(info->height, turn == 180 ? CLIP_HEIGHT : CLIP_WIDTH);
		for (int n = 0; n < 20; n++) {
			cr_assert_eq(pst_device_next(device, &frame, &error), 1, "%s", error.text);
			cr_assert_null(frame.plane[0].data);
			cr_assert_eq(pst_device_map(device, &frame, &error), 0, "%s", error.text);
			cr_assert_eq(pst_frame_check(&frame, &error), 0, "%s", error.text);
			cr_assert_eq(number_turned_by(&frame, turn), n, "turned by %d", turn);
			pst_device_release(device, &frame);
		}
		expect_end();
	}
}

Test(replay, what_is_shown_askew_is_refused)
{
	struct clip_options options = decoded[2].options;

	options.turn = 30;
	refused(make("askew.mp4", &options), PST_E_DEVICE, "turned by other than quarters");
	options = decoded[2].options;
	options.flat = true;
	refused(make("flat.mp4", &options), PST_E_DEVICE, "turned by other than quarters");
}

Test(replay, wrong_options_are_refused_by_name)
{
	char uri[300];

	make_mjpeg("a.avi", "avi", NULL);
	static const char *const cases[][2] = {{"lop=1", "unknown option 'lop'"},
		{"loop=-1", "loop=-1"}, {"loop=x", "loop=x"}, {"fps=0", "fps=0"},
		{"fps=nan", "fps=nan"}, {"fps=", "fps="}, {"loop", "loop=VALUE"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(uri, sizeof(uri), "%s?%s", in_folder("a.avi"), cases[i][0]);
		refused(uri, PST_E_CONFIG, cases[i][1]);
	}
	refused("file:", PST_E_CONFIG, "names no file");
	refused("", PST_E_CONFIG, "names no file");
}
