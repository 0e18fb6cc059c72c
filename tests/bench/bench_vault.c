/* SPDX-License-Identifier: Apache-2.0 */
/* Durable records and audit entries beside raw synced writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "crypto/ratchet.h"
#include "vault/vault.h"

#define SIZE 2048 /* bytes of a template */
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
	bench_raw_write();
	check(pst_vault_init(folder, &key, NOW, &error));
	check(pst_vault_open(&vault, folder, &key, NOW, &error));
	bench_vault(vault);
	bench_audit(vault);
	pst_vault_close(&vault);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? 0 : 1;
}
