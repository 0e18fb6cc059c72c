/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <sys/wait.h>

#include "vault/ballast.h"
#include "vault/db.h"

/* What the vault asks of SQLite and of the disk, and what keeps a second writer out. */

TestSuite(store, .init = fixture_make, .fini = fixture_remove);

static void expect_setting(struct pst_vault_db *db, const char *sql, const char *expected)
{
	sqlite3_stmt *row;

	cr_assert_eq(pst_vault_db_prepare(db, sql, NULL, 0, &row, &error), 0, "%s", error.text);
	cr_assert_eq(pst_vault_db_step(db, row, &error), 1, "%s", error.text);
	cr_expect_str_eq((const char *)sqlite3_column_text(row, 0), expected, "%s", sql);
	(void)sqlite3_finalize(row);
}

Test(store, the_database_is_set_as_it_must_be)
{
	struct pst_vault_db db;

	pst_vault_close(&vault);
	cr_assert_eq(pst_vault_db_open(&db, fixture_path("vault.db"), false, &error), 0, "%s",
		error.text);
	expect_setting(&db, "PRAGMA journal_mode", "wal");
	expect_setting(&db, "PRAGMA synchronous", "2");
	expect_setting(&db, "PRAGMA secure_delete", "1");
	expect_setting(&db, "PRAGMA locking_mode", "exclusive");
	expect_setting(&db, "PRAGMA temp_store", "2");
	expect_setting(&db, "PRAGMA mmap_size", "0");
	expect_setting(&db, "PRAGMA trusted_schema", "0");
	cr_expect_eq(pst_vault_db_close(&db), 0);
}

/* SQLite up to 3.51.2 can lose a database to two connections, one of which resets the log. */
Test(store, a_second_connection_is_refused)
{
	struct pst_vault *second = NULL;
	sqlite3 *raw;

	cr_expect_eq(pst_vault_open(&second, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "in use by process"), "%s", error.text);
	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &raw), SQLITE_OK);
	cr_expect_eq(
		sqlite3_exec(raw, "PRAGMA wal_checkpoint(RESTART)", NULL, NULL, NULL), SQLITE_BUSY);
	cr_expect_eq(sqlite3_exec(raw, "DELETE FROM record", NULL, NULL, NULL), SQLITE_BUSY);
	(void)sqlite3_close(raw);
}

Test(store, another_process_is_refused)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		struct pst_vault *own = NULL;

		_exit(pst_vault_open(&own, fixture_dir, &fixture_key, NOW, NULL) == PST_E_VAULT
				? 0
				: 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect_eq(status, 0);
}

/* A page that cannot be read back from a full disk is a signal to a process that mapped it. */
Test(store, no_file_of_the_vault_is_mapped)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	char line[PATH_MAX];
	FILE *maps = fopen("/proc/self/maps", "re");

	cr_assert_not_null(maps);
	fixture_add(record, 1, NOW);
	while (fgets(line, sizeof(line), maps)) {
		cr_expect_null(strstr(line, fixture_dir), "%s", line);
	}
	(void)fclose(maps);
}

static bool has_ballast(void)
{
	struct pst_vault_status status;

	cr_assert_eq(pst_vault_status(vault, NOW, &status, NULL), 0);
	return status.ballast;
}

Test(store, the_ballast_has_its_place)
{
	struct stat st;

	cr_expect(has_ballast());
	cr_assert_eq(stat(fixture_path("vault.ballast"), &st), 0);
	cr_expect_geq((uint64_t)st.st_blocks * 512, PST_VAULT_BALLAST_SIZE);
	cr_expect_eq(st.st_mode & 0777, 0600);
}

Test(store, a_lost_ballast_shows_and_comes_back_with_the_next_purge)
{
	cr_assert_eq(unlink(fixture_path("vault.ballast")), 0);
	cr_expect_not(has_ballast());
	cr_assert_eq(pst_vault_purge(vault, NOW, &error), 0, "%s", error.text);
	cr_expect(has_ballast());
}

Test(store, a_hollow_ballast_is_none)
{
	cr_assert_eq(unlink(fixture_path("vault.ballast")), 0);
	int fd = open(fixture_path("vault.ballast"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, PST_VAULT_BALLAST_SIZE), 0);
	(void)close(fd);
	cr_expect_not(pst_vault_ballast_is_there(fixture_path("vault.ballast")));
	cr_expect_eq(pst_vault_ballast_allocate(fixture_path("vault.ballast")), 0);
	cr_expect(pst_vault_ballast_is_there(fixture_path("vault.ballast")));
	cr_expect(pst_vault_ballast_release(fixture_path("vault.ballast")));
	cr_expect_not(pst_vault_ballast_release(fixture_path("vault.ballast")), "nothing is left");
}

Test(store, what_was_deleted_stands_in_no_file)
{
	uint8_t record[PST_VAULT_ID_SIZE];

	fixture_add(record, 9, NOW);
	cr_expect(fixture_dir_holds(record, sizeof(record)));
	cr_assert_eq(pst_vault_purge(vault, NOW + 13 * HOUR, &error), 1, "%s", error.text);
	cr_expect_not(fixture_dir_holds(record, sizeof(record)));
}
