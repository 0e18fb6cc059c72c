/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bench_limits.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/source.h"
#include "crypto/pace.h"
#include "crypto/ratchet_set.h"
#include "devices/jpeg.h"

#define JPEGS_MAX 300
#define READ_BYTES (64UL << 20)
#define READ_ROUNDS 7
#define SEALS 1000

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

/* A keyring as of a new vault, with one retention class. */
static int make_keyring(const char *folder, const struct pst_ratchet_class *class, int64_t now_s,
	struct pst_keyring **ret_ring)
{
	char path[PATH_MAX];
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const struct pst_key_source source = {.kind = PST_KEY_SOURCE_FILE, .path = path};

	(void)snprintf(path, sizeof(path), "%s/vault.key", folder);
	int status = pst_keyring_make_key_file(path);
	if (status == 0) {
		status = pst_keyring_create(ret_ring, &source, file, NULL);
	}
	return status < 0 ? status : pst_ratchet_add(*ret_ring, class, now_s);
}

/* In turns, so that a busy moment of the machine meets both. */
static int time_seals(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t *plain, uint8_t *body, struct pst_bench_limits *limits)
{
	const uint8_t header[PST_SEAL_HEADER_SIZE] = {0};
	uint8_t wrap[PST_SEAL_WRAP_SIZE];
	int status = 0;

	for (int i = 0; i < SEALS && status == 0; i++) {
		int64_t begun_ns = pst_clock_mono_ns();

		pst_pace_seal(header, plain, limits->sealed_bytes, wrap, body);
		int64_t between_ns = pst_clock_mono_ns();

		status = pst_seal(ring, place, header, plain, limits->sealed_bytes, wrap, body);
		pst_load_series_add(&limits->sodium, between_ns - begun_ns);
		pst_load_series_add(&limits->seal, pst_clock_mono_ns() - between_ns);
	}
	return status;
}

static int measure_seals(
	const char *folder, size_t size, struct pst_bench_limits *limits, struct pst_error *error)
{
	const struct pst_ratchet_class class = {
		.retention = 1, .width_s = 900, .retention_s = 43200};
	int64_t now_s = pst_clock_wall_s();
	const struct pst_seal_place place = {
		.retention = 1, .bucket = pst_ratchet_bucket(&class, now_s + class.retention_s)};
	struct pst_keyring *ring = NULL;
	uint8_t *bytes = calloc(2, size + PST_SEAL_OVERHEAD);

	limits->sealed_bytes = size;
	int status = bytes ? make_keyring(folder, &class, now_s, &ring) : -ENOMEM;
	if (status == 0) {
		status = time_seals(ring, place, bytes, bytes + size + PST_SEAL_OVERHEAD, limits);
	}
	pst_keyring_close(&ring);
	free(bytes);
	return status < 0 ? pst_error_set(error, status, "no seal could be measured: %s",
				    pst_status_text(status))
			  : 0;
}

int pst_bench_limits_measure(const char *uri, const char *folder, size_t size,
	struct pst_bench_limits *ret_limits, struct pst_error *error)
{
	*ret_limits = (struct pst_bench_limits){0};
	int status = uri ? measure_entropy(uri, ret_limits, error) : 0;

	if (status == 0) {
		status = measure_seals(folder, size, ret_limits, error);
	}
	return status < 0 ? status : measure_reading(ret_limits, error);
}

void pst_bench_limits_finish(struct pst_bench_limits *limits)
{
	pst_load_series_finish(&limits->entropy);
	pst_load_series_finish(&limits->seal);
	pst_load_series_finish(&limits->sodium);
}
