/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_VAULT_FIXTURE_H
#define PST_TEST_VAULT_FIXTURE_H

#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/fd.h"
#include "base/text.h"
#include "vault/vault.h"

/* A vault of its own in a folder of its own, at a time that the test decides. */

/* A bucket of 900 s begins: what is kept for 12 hours expires to the second. */
#define NOW 1700000100LL
#define HOUR 3600LL

static char fixture_dir[64];
static char fixture_key_path[96];
static struct pst_key_source fixture_key;
static struct pst_vault *vault;
static struct pst_error error;

static inline void fixture_open(int64_t now_s)
{
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, now_s, &error), 0, "%s",
		error.text);
}

static inline void fixture_dir_new(void)
{
	(void)strcpy(fixture_dir, "/tmp/postern-vault-XXXXXX");
	cr_assert_not_null(mkdtemp(fixture_dir));
}

/* Key, vault, opened. */
static inline void fixture_fill(void)
{
	(void)snprintf(fixture_key_path, sizeof(fixture_key_path), "%s/key", fixture_dir);
	fixture_key =
		(struct pst_key_source){.kind = PST_KEY_SOURCE_FILE, .path = fixture_key_path};
	cr_assert_eq(pst_keyring_make_key_file(fixture_key_path), 0);
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_init(fixture_dir, &fixture_key, NOW, &error), 0, "%s", error.text);
	fixture_open(NOW);
}

static inline void fixture_make(void)
{
	fixture_dir_new();
	fixture_fill();
}

static inline void fixture_remove(void)
{
	DIR *dir = opendir(fixture_dir);
	const struct dirent *entry;

	pst_vault_close(&vault);
	while (dir && (entry = readdir(dir))) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, entry->d_name);
		(void)unlink(path);
	}
	(void)closedir(dir);
	(void)rmdir(fixture_dir);
}

static inline const char *fixture_path(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture_dir, name);
	return path;
}

static inline struct pst_vault_record_info fixture_info(void)
{
	return (struct pst_vault_record_info){
		.store = "matching",
		.retention = "half-day",
		.retention_s = 12 * HOUR,
		.category = "us-citizen",
		.purpose = "verify",
		.lane = "lane-1",
		.subject = "S001",
		.contract = {1, 2, 3},
		.permit = {9, 9},
		.audit_sequence = 77,
	};
}

/* A template that cannot be taken for anything else. */
static inline void fixture_template(uint8_t *template, size_t size, uint8_t mark)
{
	for (size_t i = 0; i < size; i++) {
		template[i] = (uint8_t)(mark ^ (i * 37 + 11));
	}
}

struct fixture_seen {
	int count;
	uint64_t key;
	size_t size;
	uint8_t bytes[4096];
};

static inline int fixture_see(void *user, uint64_t key, const uint8_t *template, size_t size)
{
	struct fixture_seen *seen = user;

	seen->count++;
	seen->key = key;
	seen->size = size;
	memcpy(seen->bytes, template, size < sizeof(seen->bytes) ? size : sizeof(seen->bytes));
	return 0;
}

static inline void fixture_add(uint8_t record[PST_VAULT_ID_SIZE], uint8_t mark, int64_t now_s)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[512];

	fixture_template(template, sizeof(template), mark);
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), now_s, record, &error),
		1, "%s", error.text);
}

static inline int fixture_read(const uint8_t record[PST_VAULT_ID_SIZE], int64_t now_s)
{
	struct fixture_seen seen = {0};

	error = (struct pst_error){0};
	int status = pst_vault_read(vault, record, now_s, fixture_see, &seen, &error);
	cr_assert_eq(seen.count, status == 0, "a template was handed out with status %d", status);
	return status;
}

/* Changes the database from outside, while the vault is closed. */
static inline void fixture_sql(const char *sql)
{
	sqlite3 *db;
	char *text = NULL;

	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &text), SQLITE_OK, "%s: %s", sql, text);
	(void)sqlite3_close(db);
}

/* Whether any file of the folder but the key holds the bytes. */
static inline bool fixture_dir_holds(const void *bytes, size_t size)
{
	DIR *dir = opendir(fixture_dir);
	const struct dirent *entry;
	bool found = false;

	cr_assert_not_null(dir);
	while ((entry = readdir(dir))) {
		uint8_t *data;
		size_t length;

		if (entry->d_type != DT_REG || strcmp(entry->d_name, "key") == 0) {
			continue;
		}
		cr_assert_eq(pst_fd_read_file(
				     fixture_path(entry->d_name), 1u << 30, &data, &length, NULL),
			0);
		found = found || memmem(data, length, bytes, size) != NULL;
		free(data);
	}
	(void)closedir(dir);
	return found;
}

#endif
