/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing beside raw libsodium; durable records and audit entries beside raw synced writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "crypto/ratchet.h"
#include "crypto/seal.h"
#include "vault/vault.h"

#define SIZE 2048 /* bytes of a template */
#define SEALS 20000
#define RECORDS 2000
#define ENTRIES 2000
#define NOW 1700000000LL

static char folder[] = "/tmp/postern-bench-XXXXXX";
static char key_path[64];
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

static void row(const char *what, int64_t start_ns, int count, const char *note)
{
	double each = (double)(pst_clock_mono_ns() - start_ns) / count;

	(void)printf("%-36s %10.2f us %12.0f /s  %s\n", what, each / 1e3, 1e9 / each, note);
}

/* The calls that sealing cannot do without: body, key, hash of the header. */
static void bench_raw_seal(void)
{
	uint8_t sealed[SIZE + 16], opened[SIZE], nonce[24], data_key[32], aad[136] = {0};
	uint8_t wrapped[32 + 16], wrap_nonce[24], wrap_key[32] = {1}, bound[32];
	int64_t start = pst_clock_mono_ns();

	for (int i = 0; i < SEALS; i++) {
		randombytes_buf(data_key, sizeof(data_key));
		randombytes_buf(nonce, sizeof(nonce));
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
			sealed, NULL, template, SIZE, aad, sizeof(aad), NULL, nonce, data_key);
		(void)crypto_generichash(bound, sizeof(bound), aad, sizeof(aad), NULL, 0);
		randombytes_buf(wrap_nonce, sizeof(wrap_nonce));
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped, NULL, data_key,
			sizeof(data_key), bound, sizeof(bound), NULL, wrap_nonce, wrap_key);
	}
	row("libsodium: the calls of a seal", start, SEALS, "2 KiB");
	start = pst_clock_mono_ns();
	for (int i = 0; i < SEALS; i++) {
		(void)crypto_generichash(bound, sizeof(bound), aad, sizeof(aad), NULL, 0);
		check(crypto_aead_xchacha20poly1305_ietf_decrypt(data_key, NULL, NULL, wrapped,
			sizeof(wrapped), bound, sizeof(bound), wrap_nonce, wrap_key));
		check(crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL, sealed,
			sizeof(sealed), aad, sizeof(aad), nonce, data_key));
	}
	row("libsodium: the calls of an unseal", start, SEALS, "");
}

static void bench_seal(void)
{
	struct pst_keyring *ring;
	uint8_t file[PST_KEYRING_FILE_SIZE], header[PST_SEAL_HEADER_SIZE] = {0};
	uint8_t wrap[PST_SEAL_WRAP_SIZE], body[SIZE + PST_SEAL_OVERHEAD], opened[SIZE];
	const struct pst_ratchet_class class = {.retention = 1, .retention_s = 43200};
	const struct pst_seal_place place = {.retention = 1, .bucket = NOW / 900 + 40};

	check(pst_keyring_create(&ring, &key, file, NULL));
	check(pst_ratchet_add(ring, &class, NOW));
	int64_t start = pst_clock_mono_ns();
	for (int i = 0; i < SEALS; i++) {
		check(pst_seal(ring, place, header, template, SIZE, wrap, body));
	}
	row("seal 2 KiB", start, SEALS, "");
	start = pst_clock_mono_ns();
	for (int i = 0; i < SEALS; i++) {
		check(pst_unseal(ring, place, header, wrap, body, sizeof(body), opened));
	}
	row("unseal 2 KiB", start, SEALS, "");
	pst_keyring_close(&ring);
}

static void bench_raw_write(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/raw", folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int64_t start = pst_clock_mono_ns();
	for (int i = 0; i < ENTRIES; i++) {
		check(write(fd, template, 256) == 256 && fdatasync(fd) == 0 ? 0 : PST_E_DEVICE);
	}
	row("write and fdatasync 256 bytes", start, ENTRIES, "what the disk allows");
	(void)close(fd);
	(void)unlink(path);
}

static int ignore(void *user, uint64_t subject_key, const uint8_t *opened, size_t size)
{
	return 0;
}

static void bench_vault(struct pst_vault *vault)
{
	struct pst_vault_record_info info = {.store = "matching",
		.retention = "half-day",
		.retention_s = 43200,
		.category = "us-citizen",
		.purpose = "verify",
		.lane = "bench"};
	char subject[16];

	int64_t start = pst_clock_mono_ns();
	for (int i = 0; i < RECORDS; i++) {
		check(pst_vault_add(vault, &info, template, SIZE, NOW, NULL, &error));
	}
	row("add a record of 2 KiB, durable", start, RECORDS, "one by one");
	info.subject = subject;
	for (int i = 0; i < RECORDS; i++) {
		(void)snprintf(subject, sizeof(subject), "S%d", i);
		check(pst_vault_gallery_add(
			vault, "bench", &info, template, SIZE, NOW, NULL, &error));
	}
	start = pst_clock_mono_ns();
	for (int i = 0; i < 10; i++) {
		check(pst_vault_gallery_each(vault, "bench", NULL, NOW, ignore, NULL, &error));
	}
	row("open a gallery, per reference", start, 10 * RECORDS, "");
	start = pst_clock_mono_ns();
	check(pst_vault_purge(vault, NOW + 86400, &error));
	row("purge, per record", start, 2 * RECORDS, "");
}

static void bench_audit(const struct pst_vault *vault)
{
	struct pst_audit *audit;
	struct pst_audit_report report;
	const char *json =
		"{\"lane\":\"bench\",\"encounter\":1,\"category\":\"us-citizen\",\"rule\":"
		"\"citizen-offered\",\"outcome\":\"verified\",\"seen\":53,\"leased\":9}";

	check(pst_audit_open(&audit, folder, pst_vault_signer(vault), &error));
	int64_t start = pst_clock_mono_ns();
	for (int i = 0; i < ENTRIES; i++) {
		check(pst_audit_append(audit, "encounter.closed", json, NULL, &error));
	}
	row("append an audit entry, durable", start, ENTRIES, "one by one");
	check(pst_audit_close(&audit));
	start = pst_clock_mono_ns();
	for (int i = 0; i < 20; i++) {
		check(pst_audit_verify(folder, NULL, 0, &report, &error));
	}
	row("verify the log, per entry", start, 20 * (int)report.entries, "");
}

int main(void)
{
	struct pst_vault *vault;
	char command[96];

	if (!mkdtemp(folder) || sodium_init() < 0) {
		return 1;
	}
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	check(pst_keyring_make_key_file(key_path));
	bench_raw_seal();
	bench_seal();
	bench_raw_write();
	check(pst_vault_init(folder, &key, NOW, &error));
	check(pst_vault_open(&vault, folder, &key, NOW, &error));
	bench_vault(vault);
	bench_audit(vault);
	pst_vault_close(&vault);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? 0 : 1;
}
