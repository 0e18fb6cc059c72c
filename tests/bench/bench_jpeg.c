/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural check of one frame, beside what else could tell a whole JPEG from a damaged one:
 * libjpeg's own entropy decoding, its decode at one eighth as the worker does it, and for scale a
 * plain search for the end marker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "devices/jpeg.h"
#include "jpegs.h"
#include "worker/jpeg.h"

#define RUNS 5
#define RUN_NS (PST_NS_PER_S / 5)
#define FPS 30

static struct pst_jpeg_check *check;
static struct pst_jpeg *decoder;
static uint8_t *picture;
static volatile unsigned sink;

struct job {
	const struct pst_bytes *jpeg;
	const struct jpegs_options *options;
};

static void search(const struct job *job)
{
	sink += memmem(job->jpeg->data, job->jpeg->size, "\xff\xd9", 2) != NULL;
}

static void look(const struct job *job, enum pst_jpeg_depth depth)
{
	if (pst_jpeg_check(check, job->jpeg->data, job->jpeg->size, job->options->width,
		    job->options->height, depth, NULL) != PST_JPEG_FINDING_WHOLE) {
		abort();
	}
}

static void markers(const struct job *job)
{
	look(job, PST_JPEG_DEPTH_MARKERS);
}

static void blocks(const struct job *job)
{
	look(job, PST_JPEG_DEPTH_BLOCKS);
}

static void coefficients(const struct job *job)
{
	static struct jpeg_decompress_struct library;
	static struct jpeg_error_mgr errors;

	if (!library.err) {
		library.err = jpeg_std_error(&errors);
		jpeg_create_decompress(&library);
	}
	jpeg_mem_src(&library, job->jpeg->data, job->jpeg->size);
	(void)jpeg_read_header(&library, TRUE);
	sink += jpeg_read_coefficients(&library) != NULL;
	jpeg_abort_decompress(&library);
}

static void eighth(const struct job *job)
{
	if (pst_jpeg_decode(decoder, job->jpeg->data, job->jpeg->size, job->options->width,
		    job->options->height, 8, PST_JPEG_PIXELS_GREY8, false, picture,
		    job->options->width) < 0) {
		abort();
	}
}

/* Of this process: others on the machine do not count. */
static int64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * PST_NS_PER_S + now.tv_nsec;
}

/* The best mean of some runs, in ns per frame. */
static double measure(void (*run)(const struct job *job), const struct job *job)
{
	double best = 1e18;

	for (int i = 0; i < RUNS; i++) {
		int64_t from_ns = cpu_ns();
		int64_t took_ns = 0;
		int count = 0;

		while (took_ns < RUN_NS) {
			run(job);
			count++;
			took_ns = cpu_ns() - from_ns;
		}
		best = (double)took_ns / count < best ? (double)took_ns / count : best;
	}
	return best;
}

static const struct {
	const char *name;
	void (*run)(const struct job *job);
} ways[] = {
	{"search for the end marker", search},
	{"check, markers", markers},
	{"check, blocks counted", blocks},
	{"libjpeg, coefficients", coefficients},
	{"libjpeg, decoded at 1/8", eighth},
};

static void compare(const struct jpegs_options *options)
{
	struct pst_bytes jpeg = {0};
	struct job job = {&jpeg, options};

	jpegs_draw(options, &jpeg);
	(void)printf("%ux%u, %zu bytes%s\n", options->width, options->height, jpeg.size,
		options->interval ? ", restart markers" : "");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		double ns = measure(ways[i].run, &job);

		(void)printf("  %-28s %9.1f us  %8.0f MB/s  %6.2f %% of a core at %d/s\n",
			ways[i].name, ns / 1e3, (double)jpeg.size * 1e3 / ns, ns * FPS / 1e7, FPS);
	}
	pst_bytes_finish(&jpeg);
}

int main(void)
{
	static const struct jpegs_options frames[] = {
		{.width = 640, .height = 480, .quality = 70, .across = 2, .down = 1},
		{.width = 640,
			.height = 480,
			.quality = 70,
			.across = 2,
			.down = 1,
			.interval = 40},
		{.width = 1280, .height = 720, .quality = 80, .across = 2, .down = 2},
		{.width = 1920, .height = 1080, .quality = 80, .across = 2, .down = 1},
	};

	picture = malloc((size_t)1920 * 1080);
	if (!picture || pst_jpeg_check_create(&check) < 0 || pst_jpeg_create(&decoder) < 0) {
		return 1;
	}
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		compare(&frames[i]);
	}
	pst_jpeg_check_destroy(&check);
	pst_jpeg_destroy(&decoder);
	free(picture);
	return 0;
}
