/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes every JPEG of a recording as a worker does, from memory, once.
 * usage: bench_decode CLIP bgr|luma REDUCE; prints frames and seconds of processor time and of the
 * clock, reading left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "devices/replay/replay.h"
#include "worker/jpeg.h"

#define FRAMES_MAX 10000

static struct pst_bytes jpegs[FRAMES_MAX];

static void die(const char *what, const struct pst_error *error)
{
	(void)fprintf(stderr, "bench_decode: %s: %s\n", what, error->text);
	exit(1);
}

static int64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * PST_NS_PER_S + now.tv_nsec;
}

static uint32_t load(struct pst_device *device)
{
	struct pst_error error = {0};
	struct pst_frame frame;
	uint32_t count = 0;
	int status = pst_device_start(device, &error);

	while (status >= 0 && count < FRAMES_MAX &&
		(status = pst_device_next(device, &frame, &error)) == 1) {
		if (pst_bytes_append(&jpegs[count++], frame.plane[0].data, frame.plane[0].size) <
			0) {
			die("memory", &(struct pst_error){.text = "there is none"});
		}
		pst_device_release(device, &frame);
	}
	if (status < 0 && status != PST_E_END) {
		die("recording", &error);
	}
	return count;
}

int main(int argc, char **argv)
{
	uint32_t reduce = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
	bool luma = argc == 4 && strcmp(argv[2], "luma") == 0;
	struct pst_device *device = NULL;
	struct pst_jpeg *jpeg = NULL;
	struct pst_error error = {0};

	if (reduce != 1 && reduce != 2 && reduce != 4 && reduce != 8) {
		(void)fprintf(stderr, "usage: bench_decode CLIP bgr|luma 1|2|4|8\n");
		return 2;
	}
	if (pst_replay_open(&device, argv[1], PST_PACE_MAX, &error) < 0) {
		die(argv[1], &error);
	}
	const struct pst_device_info *info = pst_device_info(device);
	uint32_t stride = (info->width + reduce - 1) / reduce * (luma ? 1 : 3);
	uint8_t *picture = malloc((size_t)stride * info->height);
	uint32_t count = load(device);

	if (!picture || count == 0 || info->format != PST_FRAME_FORMAT_MJPEG ||
		pst_jpeg_create(&jpeg) < 0) {
		die(argv[1], &(struct pst_error){.text = "no JPEGs, or no memory"});
	}
	int64_t begun_ns = pst_clock_mono_ns(), begun_cpu_ns = cpu_ns();

	for (uint32_t i = 0; i < count; i++) {
		if (pst_jpeg_decode(jpeg, jpegs[i].data, jpegs[i].size, info->width, info->height,
			    reduce, luma ? PST_JPEG_PIXELS_GREY8 : PST_JPEG_PIXELS_BGR24, false,
			    picture, stride) < 0) {
			die(argv[1], &(struct pst_error){.text = "a JPEG is damaged"});
		}
	}
	(void)printf("%u %.6f %.6f\n", count, (double)(cpu_ns() - begun_cpu_ns) / PST_NS_PER_S,
		(double)(pst_clock_mono_ns() - begun_ns) / PST_NS_PER_S);
	for (uint32_t i = 0; i < count; i++) {
		pst_bytes_finish(&jpegs[i]);
	}
	pst_jpeg_destroy(&jpeg);
	pst_device_close(&device);
	free(picture);
	return 0;
}
