/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings that are cut off or have flipped bits: each is opened and played to its end, every
 * frame decoded. It may be refused or lose frames, with one line that says so; it may not crash,
 * hang, or hand over a frame whose planes don't hold it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "clip.h"
#include "devices/replay/replay.h"

#define FRAMES 20
#define CUTS 30
#define FLIPS 70
#define FRAMES_MAX 2000 /* no clip this small holds more */

static const struct {
	const char *name;
	struct clip_options options;
} clips[] = {
	{"mjpeg.avi", {.encoder = "mjpeg", .muxer = "avi", .pixels = "yuvj420p"}},
	{"mjpeg.mkv", {.encoder = "mjpeg", .muxer = "matroska", .pixels = "yuvj422p"}},
	{"bare.mjpeg", {.encoder = "mjpeg", .muxer = "mjpeg", .pixels = "yuvj420p"}},
	{"mpeg4.mp4", {.encoder = "mpeg4", .muxer = "mp4", .pixels = "yuv420p", .b_frames = 2}},
	{"mpeg4.avi", {.encoder = "mpeg4", .muxer = "avi", .pixels = "yuv420p"}},
	{"h264.mp4", {.encoder = "libx264", .muxer = "mp4", .pixels = "yuv420p", .b_frames = 2}},
	{"ffv1.mkv", {.encoder = "ffv1", .muxer = "matroska", .pixels = "yuv420p"}},
	{"raw.y4m", {.encoder = "wrapped_avframe", .muxer = "yuv4mpegpipe", .pixels = "gray"}},
};

static int tried;
static int refused;
static int damaged;
static long handed_over;
static int failures;

static uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 7;

	/* Knuth's MMIX generator */
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((state >> 33) % limit);
}

static void fail(const char *path, const char *what)
{
	(void)printf("%s: %s\n", path, what);
	failures++;
}

static void check_frame(struct pst_device *device, struct pst_frame *frame, const char *path)
{
	struct pst_error error = {0};

	handed_over++;
	if (pst_device_map(device, frame, &error) < 0) {
		damaged++;
		if (!error.text[0]) {
			fail(path, "a frame was refused without a word");
		}
		return;
	}
	error = (struct pst_error){0};
	if (pst_frame_check(frame, &error) < 0) {
		fail(path, error.text);
		return;
	}
	volatile uint8_t sum = 0;

	for (uint32_t i = 0; i < pst_frame_format_planes(frame->format); i++) {
		sum += frame->plane[i].data[0];
		sum += frame->plane[i].data[frame->plane[i].size - 1];
	}
}

static void play(const char *path)
{
	struct pst_device *device = NULL;
	struct pst_error error = {0};
	struct pst_frame frame;
	int status = pst_replay_open(&device, path, PST_PACE_MAX, &error);
	int frames = 0;

	tried++;
	if (status < 0) {
		refused++;
		if (status != PST_E_DEVICE || !strstr(error.text, path)) {
			fail(path, error.text);
		}
		return;
	}
	status = pst_device_start(device, &error);
	while (status >= 0 || status == PST_E_CORRUPT) {
		status = pst_device_next(device, &frame, &error);
		if (status == 1) {
			check_frame(device, &frame, path);
			pst_device_release(device, &frame);
		}
		damaged += status == PST_E_CORRUPT;
		if (status == 0 || ++frames > FRAMES_MAX) {
			fail(path, "it does not end");
			break;
		}
	}
	if (status != PST_E_END && status != PST_E_DEVICE) {
		fail(path, pst_status_name(status));
	}
	pst_device_close(&device);
}

static void write_and_play(const char *path, const uint8_t *data, size_t size)
{
	struct pst_error error = {0};

	if (pst_fd_replace_file(path, data, size, 0600, &error) < 0) {
		fail(path, error.text);
		return;
	}
	play(path);
}

static void damage(const char *path)
{
	struct pst_error error = {0};
	uint8_t *data;
	size_t size;

	if (pst_fd_read_file(path, 64 << 20, &data, &size, &error) < 0) {
		fail(path, error.text);
		return;
	}
	play(path);
	for (uint32_t i = 0; i < CUTS; i++) {
		write_and_play(path, data, i < 5 ? i : random_below((uint32_t)size));
	}
	for (uint32_t i = 0; i < FLIPS; i++) {
		uint8_t *copy = malloc(size);
		/* Half of them where the headers are. */
		uint32_t reach = i % 2 && size > 1024 ? 1024 : (uint32_t)size;

		if (!copy) {
			fail(path, "out of memory");
			break;
		}
		memcpy(copy, data, size);
		for (uint32_t k = 0; k <= i % 8; k++) {
			copy[random_below(reach)] ^= (uint8_t)(1 << random_below(8));
		}
		write_and_play(path, copy, size);
		free(copy);
	}
	free(data);
	(void)unlink(path);
}

int main(void)
{
	char folder[] = "/tmp/postern-damaged-XXXXXX";
	char path[128];

	if (!mkdtemp(folder)) {
		return 1;
	}
	for (size_t i = 0; i < sizeof(clips) / sizeof(clips[0]); i++) {
		struct clip_options options = clips[i].options;

		options.frames = FRAMES;
		options.gop = 8;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, clips[i].name);
		int status = clip_write(path, &options);

		if (status == 0) {
			damage(path);
		} else if (status < 0) {
			fail(path, "can't be made");
		}
	}
	(void)rmdir(folder);
	(void)printf(
		"%d recordings: %d refused; of the others %ld frames, %d damaged; %d failures\n",
		tried, refused, handed_over, damaged, failures);
	return failures == 0 && tried >= 500 && refused > 0 && damaged > 0 ? 0 : 1;
}
