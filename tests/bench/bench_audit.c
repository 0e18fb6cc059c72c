/* SPDX-License-Identifier: Apache-2.0 */
/* bench_audit ENTRIES [FOLDER]: appending beside raw synced writes of the same bytes, in turns;
 * verifying and opening a log of so many entries beside raw BLAKE2b over its bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "audit/audit.h"
#include "audit/elsewhere.h"
#include "base/clock.h"

#define ROUNDS 15
#define BATCH 256
#define SINGLES 100
#define REPEATS 3
#define LARGE_BATCH 4000
#define PER_ENTRY 338 /* bytes of one, for the raw writes */

static char folder[256];
static struct pst_sign_key *key;
static struct pst_audit *audit;
static struct pst_error error;
static struct pst_audit_event events[LARGE_BATCH];

static const char payload[] =
	"{\"lane\":\"bench\",\"encounter\":1,\"category\":\"us-citizen\",\"rule\":"
	"\"citizen-offered\",\"outcome\":\"verified\",\"reason\":null,\"receipt\":"
	"\"6a3f05bfb91c14a109ee533bf7c1ac9f\",\"seen\":53,\"leased\":9,\"withheld\":44}";

static void check(int status)
{
	if (status < 0) {
		(void)fprintf(stderr, "%s\n", error.text[0] ? error.text : pst_status_text(status));
		exit(1);
	}
}

static const char *path(const char *name)
{
	static char text[512];

	(void)snprintf(text, sizeof(text), "%s/%s", folder, name);
	return text;
}

static double seconds_since(int64_t start_ns)
{
	return (double)(pst_clock_mono_ns() - start_ns) / 1e9;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), by_size);
	return values[count / 2];
}

static void row(const char *what, double ours, double raw, const char *raw_name)
{
	(void)printf("%-34s %12.0f /s   %-22s %12.0f /s   %.2fx\n", what, 1 / ours, raw_name,
		1 / raw, ours / raw);
}

/* Writes and syncs so many bytes so many times. @return seconds each */
static double raw_writes(int fd, size_t size, int times)
{
	static uint8_t bytes[BATCH * PER_ENTRY];
	int64_t start = pst_clock_mono_ns();

	for (int i = 0; i < times; i++) {
		check(write(fd, bytes, size) == (ssize_t)size && fdatasync(fd) == 0 ? 0 : -1);
	}
	return seconds_since(start) / times;
}

static double singles(void)
{
	int64_t start = pst_clock_mono_ns();

	for (int i = 0; i < SINGLES; i++) {
		check(pst_audit_append_many(audit, events, 1, NULL, &error));
	}
	return seconds_since(start) / SINGLES;
}

static double batch(void)
{
	int64_t start = pst_clock_mono_ns();

	check(pst_audit_append_many(audit, events, BATCH, NULL, &error));
	return seconds_since(start) / BATCH;
}

static void bench_append(void)
{
	double ours[ROUNDS], raw[ROUNDS], ours_one[ROUNDS], raw_one[ROUNDS];
	int fd = open(path("raw"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	check(fd);
	check(pst_audit_open(&audit, folder, key, &error));
	for (int i = 0; i < ROUNDS; i++) {
		raw_one[i] = raw_writes(fd, PER_ENTRY, SINGLES);
		ours_one[i] = singles();
		raw[i] = raw_writes(fd, (size_t)BATCH * PER_ENTRY, 1) / BATCH;
		ours[i] = batch();
	}
	check(pst_audit_close(&audit));
	(void)close(fd);
	(void)unlink(path("raw"));
	row("durable entries, one by one", median(ours_one, ROUNDS), median(raw_one, ROUNDS),
		"write and fdatasync");
	row("durable entries, batches of 256", median(ours, ROUNDS), median(raw, ROUNDS),
		"write and fdatasync");
}

static void fill(int64_t entries)
{
	check(pst_audit_open(&audit, folder, key, &error));
	int64_t start = pst_clock_mono_ns();
	for (int64_t done = 0; done < entries; done += LARGE_BATCH) {
		check(pst_audit_append_many(audit, events, LARGE_BATCH, NULL, &error));
	}
	(void)printf("%-34s %12.0f /s\n", "durable entries, batches of 4000",
		(double)entries / seconds_since(start));
	check(pst_audit_close(&audit));
}

static double raw_hash(void)
{
	static uint8_t chunk[262144], hash[32];
	crypto_generichash_state state;
	int64_t start = pst_clock_mono_ns();
	FILE *file = fopen(path(PST_AUDIT_LOG), "rbe");
	size_t n;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		(void)crypto_generichash_update(&state, chunk, n);
	}
	(void)crypto_generichash_final(&state, hash, sizeof(hash));
	(void)fclose(file);
	return seconds_since(start);
}

static double verify(const char *seeds, uint64_t *ret_entries)
{
	const struct pst_audit_trust trust = {.dir = folder, .seeds = seeds};
	struct pst_audit_report report;
	int64_t start = pst_clock_mono_ns();

	check(pst_audit_verify_all(&trust, &report, &error));
	*ret_entries = report.entries;
	return seconds_since(start);
}

static double reopen(void)
{
	int64_t start = pst_clock_mono_ns();

	check(pst_audit_open(&audit, folder, key, &error));
	double took = seconds_since(start);
	check(pst_audit_close(&audit));
	return took;
}

static long resident_kib(void)
{
	struct rusage usage;

	check(getrusage(RUSAGE_SELF, &usage));
	return usage.ru_maxrss;
}

static void bench_verify(void)
{
	double hash[REPEATS], chain[REPEATS], tags[REPEATS], open_s[REPEATS];
	char *seeds = strdup(path(PST_AUDIT_SEEDS));
	struct stat st;
	uint64_t entries = 0;
	long before = resident_kib();

	check(stat(path(PST_AUDIT_LOG), &st));
	for (int i = 0; i < REPEATS; i++) {
		hash[i] = raw_hash();
		chain[i] = verify(NULL, &entries);
		tags[i] = verify(seeds, &entries);
		open_s[i] = reopen();
	}
	long grown = resident_kib() - before;
	double raw = median(hash, REPEATS);
	double plain = median(chain, REPEATS), tagged = median(tags, REPEATS);
	(void)printf(
		"a log of %.0f MB, %ju entries:\n", (double)st.st_size / 1e6, (uintmax_t)entries);
	(void)printf("  raw BLAKE2b over its bytes       %8.2f s\n", raw);
	(void)printf("  verify, chain and signatures     %8.2f s   %.2fx\n", plain, plain / raw);
	(void)printf("  verify, with every tag           %8.2f s   %.2fx\n", tagged, tagged / raw);
	(void)printf("  open for appending               %8.3f s\n", median(open_s, REPEATS));
	(void)printf("  memory grown by all of that      %8ld KiB\n", grown);
	free(seeds);
}

static void clean(void)
{
	static const char *const names[] = {PST_AUDIT_LOG, PST_AUDIT_HEAD, PST_AUDIT_MAC,
		PST_AUDIT_PUBLIC, PST_AUDIT_SEEDS, "audit.lock"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)unlink(path(names[i]));
	}
	(void)rmdir(folder);
}

int main(int argc, char **argv)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {1};
	int64_t entries = argc > 1 ? atoll(argv[1]) : 1000000;

	(void)snprintf(
		folder, sizeof(folder), "%s/postern-audit-XXXXXX", argc > 2 ? argv[2] : "/tmp");
	if (!mkdtemp(folder) || sodium_init() < 0) {
		return 1;
	}
	check(pst_sign_key_open(&key, seed));
	for (size_t i = 0; i < LARGE_BATCH; i++) {
		events[i] = (struct pst_audit_event){"encounter.closed", payload};
	}
	bench_append();
	fill(entries);
	bench_verify();
	pst_sign_key_close(&key);
	clean();
	return 0;
}
