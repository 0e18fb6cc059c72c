/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bench_limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/source.h"
#include "devices/jpeg.h"

#define JPEGS_MAX 300
#define READ_BYTES (64UL << 20)
#define READ_ROUNDS 7

static int measure_jpegs(struct pst_device *device, struct pst_jpeg_check *check,
	struct pst_bench_limits *limits, struct pst_error *error)
{
	struct pst_frame frame;
	int status = pst_device_start(device, error);

	while (status >= 0 && limits->entropy.count < JPEGS_MAX) {
		status = pst_device_next(device, &frame, error);
		if (status != 1) {
			break;
		}
		int64_t begun_ns = pst_clock_mono_ns();

		if (pst_jpeg_check(check, frame.plane[0].data, frame.plane[0].size, frame.width,
			    frame.height, PST_JPEG_DEPTH_BLOCKS, NULL) == PST_JPEG_FINDING_WHOLE) {
			pst_load_series_add(&limits->entropy, pst_clock_mono_ns() - begun_ns);
			limits->jpeg_bytes += frame.plane[0].size;
		}
		pst_device_release(device, &frame);
	}
	pst_device_stop(device);
	return status < 0 && status != PST_E_END && status != PST_E_CORRUPT ? status : 0;
}

static int measure_entropy(
	const char *uri, struct pst_bench_limits *limits, struct pst_error *error)
{
	struct pst_jpeg_check *check = NULL;
	struct pst_device *device = NULL;
	int status = pst_cli_source_open(&device, uri, PST_PACE_MAX, NULL, NULL, error);

	if (status == 0 && pst_device_info(device)->format == PST_FRAME_FORMAT_MJPEG) {
		status = pst_jpeg_check_create(&check);
		status = status < 0 ? pst_error_set(error, status, "out of memory")
				    : measure_jpegs(device, check, limits, error);
	}
	pst_jpeg_check_destroy(&check);
	pst_device_close(&device);
	return status;
}

/* The best of some rounds: what others on the machine take is no limit of it. */
static int measure_reading(struct pst_bench_limits *limits, struct pst_error *error)
{
	static volatile uint64_t sink;
	uint64_t *words = aligned_alloc(64, READ_BYTES);

	if (!words) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	memset(words, 1, READ_BYTES);
	for (int round = 0; round < READ_ROUNDS; round++) {
		int64_t begun_ns = pst_clock_mono_ns();
		uint64_t sum[8] = {0};

		for (size_t i = 0; i < READ_BYTES / sizeof(*words); i += 8) {
			for (size_t k = 0; k < 8; k++) {
				sum[k] += words[i + k];
			}
		}
		sink = sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
		double rate = (double)READ_BYTES / (double)(pst_clock_mono_ns() - begun_ns);

		limits->read_gb_s = rate > limits->read_gb_s ? rate : limits->read_gb_s;
	}
	(void)sink;
	free(words);
	return 0;
}

int pst_bench_limits_measure(
	const char *uri, struct pst_bench_limits *ret_limits, struct pst_error *error)
{
	*ret_limits = (struct pst_bench_limits){0};
	int status = uri ? measure_entropy(uri, ret_limits, error) : 0;

	return status < 0 ? status : measure_reading(ret_limits, error);
}

void pst_bench_limits_finish(struct pst_bench_limits *limits)
{
	pst_load_series_finish(&limits->entropy);
}
