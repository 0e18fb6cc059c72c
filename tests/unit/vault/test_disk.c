/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <sys/mount.h>

/*
 * A disk that fails on request: SQLite's own file system layer with two calls in between.
 */
static sqlite3_vfs shim;
static sqlite3_vfs *real;
static int failing_sync;
static int failing_write; /* SQLite's result code */

/* The database and its log have different methods: one takes locks, the other does not. */
static const sqlite3_io_methods *real_methods[2];
static sqlite3_io_methods shim_methods[2];

static const sqlite3_io_methods *real_of(const sqlite3_file *file)
{
	return real_methods[file->pMethods - shim_methods];
}

static int shim_sync(sqlite3_file *file, int flags)
{
	return failing_sync ? SQLITE_IOERR_FSYNC : real_of(file)->xSync(file, flags);
}

static int shim_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	return failing_write ? failing_write : real_of(file)->xWrite(file, data, size, at);
}

static int shim_open(
	sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
	int code = real->xOpen(real, name, file, flags, ret_flags);
	int which = (flags & SQLITE_OPEN_MAIN_DB) == 0;

	if (code == SQLITE_OK && file->pMethods) {
		real_methods[which] = file->pMethods;
		shim_methods[which] = *file->pMethods;
		shim_methods[which].xSync = shim_sync;
		shim_methods[which].xWrite = shim_write;
		file->pMethods = &shim_methods[which];
	}
	return code;
}

static void set_up(void)
{
	real = sqlite3_vfs_find(NULL);
	shim = *real;
	shim.zName = "shim";
	shim.xOpen = shim_open;
	cr_assert_eq(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
	fixture_make();
}

TestSuite(disk, .init = set_up, .fini = fixture_remove);

static int try_add(uint8_t record[PST_VAULT_ID_SIZE])
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[2048] = {1};

	error = (struct pst_error){0};
	return pst_vault_add(vault, &info, template, sizeof(template), NOW, record, &error);
}

Test(disk, a_failed_sync_poisons_until_opened_again)
{
	uint8_t before[PST_VAULT_ID_SIZE], record[PST_VAULT_ID_SIZE];

	cr_assert_eq(try_add(before), 1);
	failing_sync = 1;
	cr_expect_eq(try_add(record), PST_E_VAULT);
	for (size_t i = 0; i < sizeof(record); i++) {
		cr_expect_eq(record[i], 0, "no id is given out for what may not be there");
	}
	failing_sync = 0;
	cr_expect_eq(try_add(record), PST_E_VAULT, "the disk is well again, the vault must not be");
	cr_expect_not_null(strstr(error.text, "open it again"), "%s", error.text);
	cr_expect_eq(fixture_read(before, NOW), PST_E_VAULT);
	pst_vault_close(&vault);
	fixture_open(NOW);
	cr_expect_eq(fixture_read(before, NOW), 0, "what was acknowledged is there");
	cr_expect_eq(try_add(record), 1);
}

Test(disk, full_loses_nothing_and_recovers_by_itself)
{
	uint8_t before[PST_VAULT_ID_SIZE], record[PST_VAULT_ID_SIZE];

	cr_assert_eq(try_add(before), 1);
	failing_write = SQLITE_FULL;
	cr_expect_eq(try_add(record), -ENOSPC);
	cr_expect_not_null(strstr(error.text, "disk full"), "%s", error.text);
	cr_expect_eq(fixture_read(before, NOW), 0);
	cr_expect_eq(
		fixture_read(before, NOW + 12 * HOUR), PST_E_EXPIRED, "expiry needs no free space");
	cr_expect_eq(pst_vault_purge(vault, NOW + 12 * HOUR, &error), -ENOSPC);
	failing_write = 0;
	cr_expect_eq(try_add(record), 1, "%s", error.text);
	cr_expect_eq(pst_vault_purge(vault, NOW + 12 * HOUR, &error), 1);
}

Test(disk, full_at_open_does_not_lock_the_door)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_status status;

	cr_assert_eq(try_add(record), 1);
	pst_vault_close(&vault);
	failing_write = SQLITE_FULL;
	fixture_open(NOW + 13 * HOUR);
	cr_expect_eq(fixture_read(record, NOW), PST_E_EXPIRED);
	cr_assert_eq(pst_vault_status(vault, NOW, &status, NULL), 0);
	cr_expect_eq(status.expired, 1);
	failing_write = 0;
}

Test(disk, a_write_error_poisons)
{
	uint8_t record[PST_VAULT_ID_SIZE];

	failing_write = SQLITE_IOERR_WRITE;
	cr_expect_eq(try_add(record), PST_E_VAULT);
	failing_write = 0;
	cr_expect_eq(try_add(record), PST_E_VAULT);
	pst_vault_close(&vault);
	fixture_open(NOW);
	cr_expect_eq(try_add(record), 1);
}

static void fill_ballast(void)
{
	static const uint8_t zeroes[400 * 1024];

	cr_assert_eq(
		pst_fd_replace_file(fixture_path("ballast"), zeroes, sizeof(zeroes), 0600, NULL),
		0);
}

/* A real full disk, where the test may mount one. */
Test(disk, tmpfs_of_two_megabytes)
{
	uint8_t record[PST_VAULT_ID_SIZE], last[PST_VAULT_ID_SIZE];
	struct pst_vault_status status;
	int added = 0, result;

	fixture_remove();
	fixture_dir_new();
	if (mount("tmpfs", fixture_dir, "tmpfs", 0, "size=2m") < 0) {
		cr_skip_test("needs the right to mount");
	}
	fixture_fill();
	fill_ballast();
	while ((result = try_add(record)) == 1) {
		added++;
		memcpy(last, record, sizeof(last));
	}
	cr_expect_eq(result, -ENOSPC, "%s", error.text);
	cr_expect_gt(added, 200);
	cr_expect_eq(fixture_read(last, NOW), 0);
	pst_vault_close(&vault);
	fixture_open(NOW + 1);
	cr_assert_eq(pst_vault_status(vault, NOW + 1, &status, NULL), 0);
	cr_expect_eq(status.records, (uint64_t)added, "acknowledged %d, kept %llu", added,
		(unsigned long long)status.records);
	(void)unlink(fixture_path("ballast"));
	cr_expect_eq(try_add(record), 1, "room again: %s", error.text);
	cr_expect_eq(pst_vault_purge(vault, NOW + 13 * HOUR, &error), added + 1,
		"in parts that the free space is enough for: %s", error.text);
	pst_vault_close(&vault);
	cr_expect_eq(umount2(fixture_dir, MNT_DETACH), 0);
}
