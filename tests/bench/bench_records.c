/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the vault: sealing beside raw libsodium, storing and reading beside SQLCipher (if its
 * program is given), opening a large gallery to a callback and into a match worker, the transform.
 *
 *   bench_records GALLERY [bench_sqlcipher]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "crypto/pace.h"
#include "crypto/ratchet.h"
#include "crypto/seal.h"
#include "host/adds.h"
#include "host/catalog.h"
#include "vault/vault.h"

#include "rows.h"
#include "turns.h"

#define NOW 1700000000LL
#define ROUNDS 21
#define SEALS 1000
#define SINGLES 200
#define BATCH 2000
#define FLOATS_MAX (ROW_TEMPLATE / 4)

static char folder[] = "/tmp/postern-bench-XXXXXX";
static char key_path[64];
static struct pst_key_source key = {.kind = PST_KEY_SOURCE_FILE, .path = key_path};
static struct pst_error error;
static FILE *to_peer, *from_peer;

static void check(int status)
{
	if (status < 0) {
		(void)fprintf(stderr, "%s\n", error.text[0] ? error.text : pst_status_text(status));
		exit(1);
	}
}

struct seals {
	struct pst_keyring *ring;
	uint8_t header[PST_SEAL_HEADER_SIZE];
	uint8_t plain[ROW_TEMPLATE];
	uint8_t wrap[PST_SEAL_WRAP_SIZE];
	uint8_t body[ROW_TEMPLATE + PST_SEAL_OVERHEAD];
	uint8_t record_key[32], wrap_key[32];
};

static void raw_seal(void *user, int count)
{
	struct seals *s = user;

	for (int i = 0; i < count; i++) {
		pst_pace_seal(s->header, s->plain, sizeof(s->plain), s->wrap, s->body);
	}
}

static void raw_unseal(void *user, int count)
{
	struct seals *s = user;
	uint8_t bound[41] = {0};

	for (int i = 0; i < count; i++) {
		(void)crypto_generichash(bound, 32, s->header, sizeof(s->header), NULL, 0);
		check(crypto_aead_xchacha20poly1305_ietf_decrypt(s->record_key, NULL, NULL,
			s->wrap + 25, 48, bound, sizeof(bound), s->wrap + 1, s->wrap_key));
		check(crypto_aead_xchacha20poly1305_ietf_decrypt(s->plain, NULL, NULL, s->body + 24,
			sizeof(s->body) - 24, s->header, sizeof(s->header), s->body,
			s->record_key));
	}
}

static const struct pst_ratchet_class class = {
	.retention = 1, .width_s = 900, .retention_s = 43200};
static const struct pst_seal_place place = {.retention = 1, .bucket = NOW / 900 + 7};

static void our_seal(void *user, int count)
{
	struct seals *s = user;

	for (int i = 0; i < count; i++) {
		check(pst_seal(
			s->ring, place, s->header, s->plain, sizeof(s->plain), s->wrap, s->body));
	}
}

static void our_unseal(void *user, int count)
{
	struct seals *s = user;

	for (int i = 0; i < count; i++) {
		check(pst_unseal(
			s->ring, place, s->header, s->wrap, s->body, sizeof(s->body), s->plain));
	}
}

/* What a turn of unsealing opens was sealed by the same side just before. */
static void raw_seal_unseal(void *user, int count)
{
	raw_seal(user, 1);
	raw_unseal(user, count);
}

static void our_seal_unseal(void *user, int count)
{
	our_seal(user, 1);
	our_unseal(user, count);
}

static void bench_seal(void)
{
	static struct seals seals;
	struct turns turns = {.busy = true};
	uint8_t file[PST_KEYRING_FILE_SIZE];

	check(pst_keyring_create(&seals.ring, &key, file, NULL));
	check(pst_ratchet_add(seals.ring, &class, NOW));
	turns_run(&turns, raw_seal, our_seal, &seals, ROUNDS, SEALS);
	turns_print(&turns, "libsodium: the calls of a seal, 2 KiB", "seal 2 KiB");
	turns_run(&turns, raw_seal_unseal, our_seal_unseal, &seals, ROUNDS, SEALS);
	turns_print(&turns, "libsodium: the calls of an unseal, 2 KiB", "unseal 2 KiB");
	pst_keyring_close(&seals.ring);
}

static struct pst_vault_record_info info_of(const char *subject)
{
	return (struct pst_vault_record_info){.store = "matching",
		.retention = "half-day",
		.retention_s = 43200,
		.category = "us-citizen",
		.purpose = "verify",
		.lane = "bench",
		.subject = subject,
		.template_format = PST_VAULT_FORMAT_FLOAT32};
}

/* Subjects S<first>... into a gallery, a batch at a time. */
static void add_rows(struct pst_vault *vault, int first, int count, int batch, size_t size)
{
	static struct pst_vault_record_info infos[BATCH];
	static struct pst_vault_entry entries[BATCH];
	static char subjects[BATCH][16];
	static float template[FLOATS_MAX];

	for (size_t i = 0; i < FLOATS_MAX; i++) {
		template[i] = (float)randombytes_uniform(2000) / 1000 - 1;
	}
	for (int done = 0; done < count; done += batch) {
		int now = count - done < batch ? count - done : batch;

		for (int i = 0; i < now; i++) {
			(void)snprintf(subjects[i], sizeof(subjects[i]), "S%d", first + done + i);
			infos[i] = info_of(subjects[i]);
			entries[i] = (struct pst_vault_entry){.info = &infos[i],
				.gallery = "bench",
				.template = (const uint8_t *)template,
				.size = size};
		}
		check(pst_vault_add_many(vault, entries, (size_t)now, NOW, &error));
	}
}

static double ask_peer(const char *what)
{
	char line[64];

	(void)fputs(what, to_peer);
	(void)fflush(to_peer);
	if (!fgets(line, sizeof(line), from_peer)) {
		(void)fprintf(stderr, "bench_sqlcipher ended\n");
		exit(1);
	}
	return strtod(line, NULL);
}

static void start_peer(const char *program)
{
	char path[96];
	int in[2], out[2];

	(void)snprintf(path, sizeof(path), "%s/peer.db", folder);
	check(pipe(in));
	check(pipe(out));
	if (fork() == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)close(in[1]);
		(void)close(out[0]);
		(void)execl(program, program, path, (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	to_peer = fdopen(in[1], "w");
	from_peer = fdopen(out[0], "r");
}

struct stores {
	struct pst_vault *vault;
	int next;
	int batch;
};

static void our_rows(void *user, int count)
{
	struct stores *s = user;

	add_rows(s->vault, s->next, count, s->batch, ROW_TEMPLATE);
	s->next += count;
}

static void their_rows(void *user, int count)
{
	const struct stores *s = user;
	char what[64];

	(void)snprintf(what, sizeof(what), "add %d %d\n", count, s->batch);
	(void)ask_peer(what);
}

static int ignore(void *user, uint64_t subject_key, const uint8_t *opened, size_t size)
{
	return 0;
}

static void our_gallery(void *user, int count)
{
	struct stores *s = user;

	check(pst_vault_gallery_each(s->vault, "bench", NULL, NOW, ignore, NULL, &error));
}

static void their_gallery(void *user, int count)
{
	(void)ask_peer("read\n");
}

static void bench_side(struct stores *stores, turn_fn theirs, turn_fn ours, int rounds, int count,
	const char *name)
{
	struct turns turns = {.busy = false};
	char a[64], b[64];

	(void)snprintf(a, sizeof(a), "SQLCipher: %s", name);
	(void)snprintf(b, sizeof(b), "%s", name);
	if (to_peer) {
		turns_run(&turns, theirs, ours, stores, rounds, count);
		turns_print(&turns, a, b);
		return;
	}
	for (turns.count = 0; turns.count < rounds; turns.count++) {
		turns.ns[0][turns.count] = turns_time(ours, stores, count, false);
	}
	double ns = turns_median(turns.ns[0], rounds);
	(void)printf(
		"%-46s %10.2f us %12.0f /s   (SQLCipher is not here)\n", b, ns / 1e3, 1e9 / ns);
}

static void bench_stores(struct pst_vault *vault)
{
	struct stores stores = {.vault = vault, .batch = 1};

	bench_side(
		&stores, their_rows, our_rows, ROUNDS, SINGLES, "add 2 KiB, durable, one by one");
	stores.batch = BATCH;
	bench_side(
		&stores, their_rows, our_rows, ROUNDS, BATCH, "add 2 KiB, durable, 2 000 at once");
	bench_side(&stores, their_gallery, our_gallery, 5, stores.next,
		"read a gallery, per row of 2 KiB");
}

struct handing {
	struct pst_worker *worker;
};

static int hand_over(void *user, uint64_t subject_key, const uint8_t *opened, size_t size)
{
	struct handing *handing = user;

	return pst_worker_add_more(
		handing->worker, subject_key, opened, (uint32_t)size, 20000, &error);
}

/* As a lane does it at its start. */
static void into_worker(struct pst_vault *vault, int count)
{
	struct pst_catalog *catalog = NULL;
	struct pst_worker_config config = {
		.kind = PST_WORKER_MATCH, .sandbox = PST_WORKER_SANDBOX_STRICT};
	struct handing handing = {0};

	check(pst_catalog_load(&catalog, &error));
	check(pst_catalog_find(catalog, PST_PLUGIN_MATCHER, "cosine", &config.matcher, &error));
	check(pst_worker_create(&config, &handing.worker, &error));
	check(pst_worker_wait_ready(handing.worker, 20000, &error));
	int64_t begin = pst_clock_mono_ns();
	check(pst_vault_gallery_each(vault, "bench", NULL, NOW, hand_over, &handing, &error));
	check(pst_worker_add_rest(handing.worker, 20000, &error));
	int64_t added = pst_clock_mono_ns();
	check(pst_worker_seal(handing.worker, 60000, &error));
	int64_t end = pst_clock_mono_ns();
	(void)printf("%-46s %10.2f s, %d references, and %.2f s until it can search\n",
		"open a gallery into a match worker", (double)(added - begin) / 1e9, count,
		(double)(end - added) / 1e9);
	pst_worker_destroy(&handing.worker);
	pst_catalog_destroy(&catalog);
}

static void open_vault(struct pst_vault **vault, const char *name)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	check(pst_vault_init(path, &key, NOW, &error));
	check(pst_vault_open(vault, path, &key, NOW, &error));
}

static void bench_gallery(const char *name, int count, size_t size)
{
	struct pst_vault *vault;
	double seconds[3], busy[3];
	char what[64];

	open_vault(&vault, name);
	add_rows(vault, 0, count, BATCH, size);
	for (int i = 0; i < 3; i++) {
		struct stores stores = {.vault = vault};

		clock_t begin = clock();

		seconds[i] = turns_time(our_gallery, &stores, 1, false) / 1e9;
		busy[i] = (double)(clock() - begin) / CLOCKS_PER_SEC;
	}
	(void)snprintf(what, sizeof(what), "open a gallery, templates of %zu bytes", size);
	(void)printf("%-46s %10.2f s, %d references, %.2f s of processor time\n", what,
		turns_median(seconds, 3), count, turns_median(busy, 3));
	into_worker(vault, count);
	pst_vault_close(&vault);
}

struct turning {
	struct pst_vault *vault;
	size_t size;
};

static void turn_probes(void *user, int count)
{
	const struct turning *turning = user;
	float template[FLOATS_MAX];
	const uint8_t *probe;

	memset(template, 0x3e, sizeof(template));
	for (int i = 0; i < count; i++) {
		check(pst_vault_transform_probe(turning->vault, PST_VAULT_FORMAT_FLOAT32,
			(const uint8_t *)template, turning->size, &probe, &error));
	}
}

static void bench_transform(void)
{
	struct turning turning;

	open_vault(&turning.vault, "transform");
	check(pst_vault_transform_renew(turning.vault, NOW, &error));
	for (int floats = 128; floats <= 512; floats *= 4) {
		double ns[ROUNDS];

		turning.size = (size_t)floats * 4;
		double first = turns_time(turn_probes, &turning, 1, true);
		for (int i = 0; i < ROUNDS; i++) {
			ns[i] = turns_time(turn_probes, &turning, 100, true);
		}
		(void)printf("transform %d floats %27s %10.2f us; the matrix once %.1f ms\n",
			floats, "", turns_median(ns, ROUNDS) / 1e3, first / 1e6);
	}
	add_rows(turning.vault, 0, 10000, BATCH, 512);
	int64_t begin = pst_clock_mono_ns();
	check(pst_vault_transform_renew(turning.vault, NOW, &error));
	(void)printf("%-46s %10.2f s, 10 000 references of 128 floats\n", "renew the transform",
		(double)(pst_clock_mono_ns() - begin) / 1e9);
	pst_vault_close(&turning.vault);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0;
	struct pst_vault *vault;
	char command[96];

	if (count < 1 || !mkdtemp(folder) || sodium_init() < 0) {
		(void)fprintf(stderr, "usage: bench_records GALLERY [bench_sqlcipher]\n");
		return 2;
	}
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	check(pst_keyring_make_key_file(key_path));
	bench_seal();
	if (argc > 2) {
		start_peer(argv[2]);
	}
	open_vault(&vault, "rows");
	bench_stores(vault);
	pst_vault_close(&vault);
	bench_gallery("small", count, 512);
	bench_gallery("large", count, ROW_TEMPLATE);
	bench_transform();
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? 0 : 1;
}
