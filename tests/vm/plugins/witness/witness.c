/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A detector that sees nobody and tells of every picture it is given: which frame of which camera
 * it is, or that it is damaged, and when that was. Then it takes its time, as a slow one does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "postern/detector.h"
#include "counter.h"

struct witness {
	const struct pst_host *host;
	int64_t sleep_ms;
};

static int init(void *self, const struct pst_host *host)
{
	struct witness *witness = self;

	witness->host = host;
	return host->option_int(host, "sleep", &witness->sleep_ms);
}

static void finish(void *self)
{
}

/* The warm-up's picture, before any camera's, is of one colour. */
static bool is_plain(const struct pst_image *image)
{
	for (uint32_t y = 0; y < image->height; y++) {
		const uint8_t *row = image->pixels + (size_t)y * image->stride;

		if (row[0] != image->pixels[0] || memcmp(row, row + 1, image->width - 1) != 0) {
			return false;
		}
	}
	return true;
}

static int detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	struct witness *witness = self;
	struct size size = {(uint16_t)image->width, (uint16_t)image->height};
	struct pst_error error = {0};
	struct timespec now;
	uint32_t number = 0;
	char mark = '?', line[200];

	if (is_plain(image)) {
		return 0;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	int status = counter_read(FORMAT_GREY, size, image->pixels,
		(size_t)image->stride * image->height, &mark, &number, &error);

	(void)snprintf(line, sizeof(line), "saw %u of %c at %" PRId64 ", %.100s", number, mark,
		now.tv_sec * INT64_C(1000000000) + now.tv_nsec,
		status == 0 && image->stride == image->width ? "whole" : error.text);
	witness->host->log(witness->host, PST_LOG_WARNING, line);
	(void)usleep((useconds_t)witness->sleep_ms * 1000);
	return 0;
}

static const struct pst_detector calls = {.size = sizeof(calls), .detect = detect};

PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {
	.size = sizeof(pst_plugin_entry),
	.abi_major = PST_ABI_MAJOR,
	.abi_minor = PST_ABI_MINOR,
	.kind = PST_PLUGIN_DETECTOR,
	.id = "witness",
	.version = "1.0.0",
	.instance_size = sizeof(struct witness),
	.init = init,
	.finish = finish,
	.calls = &calls,
};
