/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What key death costs: a million records unreadable by one write, beside deleting their rows;
 * opening records of many buckets beside those of one; years of steps.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/fd.h"
#include "crypto/ratchet.h"
#include "crypto/seal.h"
#include "vault/record.h"
#include "vault/state.h"
#include "vault/vault.h"

#define SIZE 128 /* bytes of a template: keys are what is measured */
#define BATCH 10000
#define OPENINGS 100000
#define REPEATS 5
#define NOW 1700000100LL
#define DAY 86400LL
#define YEAR 31557600LL

static char folder[] = "/tmp/postern-bench-XXXXXX";
static char key_path[64], db_path[64], keys_path[64], state_path[64];
static struct pst_key_source key = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
static uint8_t template[SIZE];
static struct pst_error error;

static void check(int status)
{
	if (status < 0) {
		(void)fprintf(stderr, "%s\n", error.text[0] ? error.text : pst_status_text(status));
		exit(1);
	}
}

static double since(int64_t start_ns)
{
	return (double)(pst_clock_mono_ns() - start_ns) / 1e9;
}

static void row(const char *what, double seconds, const char *note)
{
	(void)printf("%-52s %12.6f s  %s\n", what, seconds, note);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, REPEATS, sizeof(values[0]), by_size);
	return values[REPEATS / 2];
}

static void fill(struct pst_vault *vault, int count)
{
	static struct pst_vault_entry entries[BATCH];
	const struct pst_vault_record_info info = {.store = "matching",
		.retention = "half-day",
		.retention_s = DAY / 2,
		.category = "us-citizen",
		.purpose = "verify",
		.lane = "bench"};

	for (int i = 0; i < BATCH; i++) {
		entries[i] =
			(struct pst_vault_entry){.info = &info, .template = template, .size = SIZE};
	}
	for (int done = 0; done < count; done += BATCH) {
		check(pst_vault_add_many(vault, entries, BATCH, NOW, &error));
	}
}

static struct pst_keyring *ring_of_state(void)
{
	struct pst_vault_state_file state;
	struct pst_ratchet_stamp stamp;
	struct pst_keyring *ring;
	uint8_t *file;
	size_t size;

	check(pst_fd_read_file(keys_path, 1u << 20, &file, &size, &error));
	check(pst_keyring_open(&ring, &key, file, size, NULL));
	check(pst_vault_state_open(&state, state_path, ring, &stamp, &error));
	pst_vault_state_close(&state);
	free(file);
	return ring;
}

/* Tries every row with the keys that are left, whatever the time. @return how many open */
static int try_all(int *ret_rows)
{
	struct pst_keyring *ring = ring_of_state();
	uint8_t plain[SIZE];
	sqlite3 *db;
	sqlite3_stmt *rows;
	int opened = 0;

	check(sqlite3_open(db_path, &db) == SQLITE_OK ? 0 : PST_E_DEVICE);
	check(sqlite3_prepare_v2(db, "SELECT header, wrap, body FROM record", -1, &rows, NULL) ==
				SQLITE_OK
			? 0
			: PST_E_DEVICE);
	for (*ret_rows = 0; sqlite3_step(rows) == SQLITE_ROW; (*ret_rows)++) {
		struct pst_vault_header header;
		const uint8_t *bytes = sqlite3_column_blob(rows, 0);

		check(pst_vault_header_decode(bytes, &header));
		const struct pst_seal_place place = {
			pst_ratchet_number(
				header.retention, (uint32_t)(header.expires_s / header.bucket)),
			header.bucket};
		opened +=
			pst_unseal(ring, place, bytes, sqlite3_column_blob(rows, 1),
				sqlite3_column_blob(rows, 2), SIZE + PST_SEAL_OVERHEAD, plain) == 0;
	}
	(void)sqlite3_finalize(rows);
	(void)sqlite3_close(db);
	pst_keyring_close(&ring);
	return opened;
}

static void bench_million(int count)
{
	struct pst_vault *vault;
	struct pst_vault_clock_status clock;
	char what[96];
	int rows;

	check(pst_vault_init(folder, &key, NOW, &error));
	check(pst_vault_open(&vault, folder, &key, NOW, &error));
	fill(vault, count);
	pst_vault_close(&vault);
	int opened = try_all(&rows);
	(void)printf("before: %d of %d rows open\n", opened, rows);

	check(pst_vault_open(&vault, folder, &key, NOW, &error));
	int64_t start = pst_clock_mono_ns();
	check(pst_vault_clock_read(vault, NOW + DAY / 2, &clock, &error));
	double died = since(start);
	pst_vault_close(&vault);
	opened = try_all(&rows);
	(void)snprintf(what, sizeof(what), "%d records unreadable, durably", rows);
	row(what, died, "one write of the state file");
	(void)printf("after: %d of %d rows open\n", opened, rows);

	start = pst_clock_mono_ns();
	check(pst_vault_open(&vault, folder, &key, NOW + DAY / 2, &error));
	row("deleting their rows, at the next opening", since(start), "hygiene");
	pst_vault_close(&vault);
	if (opened != 0) {
		exit(1);
	}
}

struct openings {
	struct pst_keyring *ring;
	uint32_t first;
	uint32_t buckets;
	uint8_t header[PST_SEAL_HEADER_SIZE];
	uint8_t (*wraps)[PST_SEAL_WRAP_SIZE];
	uint8_t (*bodies)[SIZE + PST_SEAL_OVERHEAD];
};

/* In no order: the next one is 7919 further. */
static struct pst_seal_place place_of(const struct openings *openings, uint32_t i)
{
	return (struct pst_seal_place){1, openings->first + i * 7919 % openings->buckets};
}

static double open_all(const struct openings *openings)
{
	uint8_t plain[SIZE];
	int64_t start = pst_clock_mono_ns();

	for (uint32_t i = 0; i < OPENINGS; i++) {
		check(pst_unseal(openings->ring, place_of(openings, i), openings->header,
			openings->wraps[i], openings->bodies[i], sizeof(openings->bodies[i]),
			plain));
	}
	return since(start);
}

static void prepare(struct openings *openings, int64_t retention_s, uint32_t buckets)
{
	const struct pst_ratchet_class class = {.retention = 1, .retention_s = retention_s};
	struct pst_ratchet_class made;
	uint8_t file[PST_KEYRING_FILE_SIZE];

	memset(openings, 0, sizeof(*openings));
	check(pst_keyring_create(&openings->ring, &key, file, NULL));
	check(pst_ratchet_add(openings->ring, &class, NOW));
	check(pst_ratchet_find(openings->ring, 1, &made));
	openings->first = made.bucket;
	openings->buckets = buckets;
	openings->wraps = calloc(OPENINGS, sizeof(*openings->wraps));
	openings->bodies = calloc(OPENINGS, sizeof(*openings->bodies));
	check(openings->wraps && openings->bodies ? 0 : PST_E_DEVICE);
	for (uint32_t i = 0; i < OPENINGS; i++) {
		check(pst_seal(openings->ring, place_of(openings, i), openings->header, template,
			SIZE, openings->wraps[i], openings->bodies[i]));
	}
}

static void bench_buckets(void)
{
	static const struct {
		int64_t retention_s;
		uint32_t buckets;
	} cases[] = {{75 * YEAR, 1}, {DAY / 2, 48}, {75 * YEAR, 913}};
	struct openings openings[3];
	double seconds[3][REPEATS], base = 0;

	for (size_t i = 0; i < 3; i++) {
		prepare(&openings[i], cases[i].retention_s, cases[i].buckets);
	}
	for (int repeat = 0; repeat < REPEATS; repeat++) {
		for (size_t i = 0; i < 3; i++) {
			seconds[i][repeat] = open_all(&openings[i]);
		}
	}
	for (size_t i = 0; i < 3; i++) {
		char what[96], note[32];
		double middle = median(seconds[i]);

		base = i == 0 ? middle : base;
		(void)snprintf(what, sizeof(what), "%d records of %u buckets, in no order",
			OPENINGS, cases[i].buckets);
		(void)snprintf(note, sizeof(note), "%.2f times", middle / base);
		row(what, middle, note);
		free(openings[i].wraps);
		free(openings[i].bodies);
		pst_keyring_close(&openings[i].ring);
	}
}

static void bench_steps(void)
{
	const struct pst_ratchet_class class = {.retention = 1, .retention_s = 75 * YEAR};
	const struct pst_ratchet_stamp stamp = {.clock_s = NOW};
	struct pst_vault_state_file state;
	struct pst_ratchet_stamp read;
	struct pst_keyring *ring;
	uint8_t file[PST_KEYRING_FILE_SIZE], slot[PST_RATCHET_SLOT_SIZE] = {1};
	double ours[REPEATS], raw[REPEATS];

	check(pst_keyring_create(&ring, &key, file, NULL));
	check(pst_ratchet_add(ring, &class, NOW));
	uint64_t steps = pst_ratchet_due(ring, NOW + 75 * YEAR);
	int64_t start = pst_clock_mono_ns();
	pst_ratchet_step(ring, NOW + 75 * YEAR);
	(void)printf("%-52s %12.6f s  %llu steps\n", "75 years in one go, in memory", since(start),
		(unsigned long long)steps);
	(void)unlink(state_path);
	check(pst_vault_state_create(state_path, ring, &stamp, &error));
	check(pst_vault_state_open(&state, state_path, ring, &read, &error));
	for (int i = 0; i < REPEATS; i++) {
		start = pst_clock_mono_ns();
		for (unsigned at = 0; at < 2; at++) {
			check(pwrite(state.fd, slot, sizeof(slot),
				      (off_t)at * (off_t)sizeof(slot)) == sizeof(slot) &&
						fdatasync(state.fd) == 0
					? 0
					: PST_E_DEVICE);
		}
		raw[i] = since(start);
		start = pst_clock_mono_ns();
		check(pst_vault_state_write(&state, ring, &stamp, &error));
		ours[i] = since(start);
	}
	row("two plain writes and syncs of 8 KiB", median(raw), "what the disk allows");
	row("a write of the state file", median(ours), "");
	pst_vault_state_close(&state);
	pst_keyring_close(&ring);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : BATCH;
	char command[96];

	if (!mkdtemp(folder) || count < BATCH) {
		return 1;
	}
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	(void)snprintf(db_path, sizeof(db_path), "%s/vault.db", folder);
	(void)snprintf(keys_path, sizeof(keys_path), "%s/vault.keys", folder);
	(void)snprintf(state_path, sizeof(state_path), "%s/vault.state", folder);
	check(pst_keyring_make_key_file(key_path));
	bench_buckets();
	bench_million(count);
	bench_steps();
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? 0 : 1;
}
