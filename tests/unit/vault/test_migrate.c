/* SPDX-License-Identifier: Apache-2.0 */
#include "state_keys.h"

#include "base/bytes.h"

/*
 * tests/fixtures/vault-N: a vault as the program of schema N made it at NOW. In it: three captured
 * records, the last of which lives for ten minutes, two references, and no more what was in the
 * gallery "crew", which was removed.
 */
#define YEARS_75 (75 * 365 * 24 * HOUR)

static const struct kept {
	const char *id;
	uint8_t mark;
	int64_t retention_s;
} kept[] = {
	{"1cffc7a6e4b3620ef55b5edf0cd4285d", 1, 12 * HOUR},
	{"248219ad2d4733155b3560cdfb0987f5", 2, YEARS_75},
	{"75c7a65fa522fd176de4f9d9954458d5", 3, YEARS_75},
	{"4bf53829f99a0f286f8cb4c1f0b95057", 4, 30 * 24 * HOUR},
	{"b4c484c61dbf4d5180efba02321c0f46", 6, 600},
};

#define REMOVED "af3b268bb0e37c4b36fba830c6b03ab9"

static void copy(const char *folder, const char *name)
{
	char from[PATH_MAX];
	uint8_t *data;
	size_t size;

	(void)snprintf(from, sizeof(from), FIXTURES "/%s/%s", folder, name);
	cr_assert_eq(pst_fd_read_file(from, 1u << 20, &data, &size, &error), 0, "%s", error.text);
	cr_assert_eq(pst_fd_replace_file(fixture_path(name), data, size, 0600, NULL), 0);
	free(data);
}

static void set_up(void)
{
	static const char *const names[] = {"key", "vault.db", "vault.keys"};

	fixture_dir_new();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		copy("vault-1", names[i]);
	}
	(void)snprintf(fixture_key_path, sizeof(fixture_key_path), "%s/key", fixture_dir);
	fixture_key =
		(struct pst_key_source){.kind = PST_KEY_SOURCE_FILE, .path = fixture_key_path};
}

TestSuite(migrate, .init = set_up, .fini = fixture_remove);

static int read_hex(const char *hex, struct fixture_seen *seen, int64_t now_s)
{
	uint8_t id[PST_VAULT_ID_SIZE];

	cr_assert_eq(pst_bytes_from_hex(hex, id, sizeof(id)), 0);
	*seen = (struct fixture_seen){0};
	error = (struct pst_error){0};
	return pst_vault_read(vault, id, now_s, fixture_see, seen, &error);
}

static void check_opens(const struct kept *record, int64_t now_s)
{
	struct fixture_seen seen;
	uint8_t expected[512];

	fixture_template(expected, sizeof(expected), record->mark);
	cr_expect_eq(read_hex(record->id, &seen, now_s), 0, "%s: %s", record->id, error.text);
	cr_expect_eq(seen.size, sizeof(expected));
	cr_expect_arr_eq(seen.bytes, expected, sizeof(expected));
}

Test(migrate, every_record_of_schema_1_still_opens)
{
	struct pst_vault_status status;

	fixture_open(NOW + 1);
	cr_assert_eq(pst_vault_status(vault, NOW + 1, &status, NULL), 0);
	cr_expect_gt(status.schema, 1);
	cr_expect_eq(status.records, sizeof(kept) / sizeof(kept[0]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		check_opens(&kept[i], NOW + 1);
	}
}

Test(migrate, what_expired_or_was_removed_stays_gone)
{
	struct fixture_seen seen;

	fixture_open(NOW + HOUR);
	cr_expect_eq(read_hex(REMOVED, &seen, NOW + HOUR), PST_E_NOT_FOUND);
	cr_expect_lt(read_hex(kept[4].id, &seen, NOW + HOUR), 0);
	check_opens(&kept[1], NOW + HOUR);
}

static void schema_of(const char *path, char *text, size_t size)
{
	sqlite3 *db;
	sqlite3_stmt *row;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db,
			     "SELECT group_concat(ifnull(sql, name), ';') FROM"
			     " (SELECT sql, name FROM sqlite_schema ORDER BY name)",
			     -1, &row, NULL),
		SQLITE_OK);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	(void)snprintf(text, size, "%s", sqlite3_column_text(row, 0));
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
}

Test(migrate, has_the_tables_of_a_new_database)
{
	char old[8192], new[8192];

	fixture_open(NOW);
	pst_vault_close(&vault);
	schema_of(fixture_path("vault.db"), old, sizeof(old));
	fixture_remove();
	fixture_make();
	pst_vault_close(&vault);
	schema_of(fixture_path("vault.db"), new, sizeof(new));
	cr_expect_str_eq(old, new);
}

Test(migrate, a_database_of_other_keys_is_left_as_it_is)
{
	sqlite3 *db;
	sqlite3_stmt *row;

	fixture_sql("UPDATE meta SET value = zeroblob(16) WHERE key = 'vault'");
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &row, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	cr_expect_eq(sqlite3_column_int(row, 0), 1);
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
}

static void is_in_a_bucket(const struct pst_vault_header *header, int status)
{
	cr_expect_neq(header->bucket, 0);
	cr_expect_eq(status, 0, "%d", status);
	cr_expect_eq(header->expires_s % header->bucket, 0);
}

static bool has_seed(void)
{
	struct pst_keyring *ring = state_keys_open();
	bool has = pst_keyring_has_seed(ring);

	pst_keyring_close(&ring);
	return has;
}

Test(migrate, records_are_in_buckets_and_the_seed_is_gone)
{
	fixture_open(NOW);
	pst_vault_close(&vault);
	struct pst_keyring *ring = state_keys_open();
	cr_expect_eq(
		state_keys_each(ring, "vault.db", is_in_a_bucket), sizeof(kept) / sizeof(kept[0]));
	pst_keyring_close(&ring);
	cr_expect_not(has_seed());
}

Test(migrate, cut_off_before_its_commit_it_begins_again)
{
	state_keys_copy("vault.db", "old.db");
	state_keys_copy("vault.keys", "old.keys");
	fixture_open(NOW);
	pst_vault_close(&vault);
	/* The state file has the classes already, the database has nothing of it yet. */
	state_keys_restore("old.db");
	state_keys_copy("old.keys", "vault.keys");
	fixture_open(NOW);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		check_opens(&kept[i], NOW);
	}
	pst_vault_close(&vault);
	cr_expect_not(has_seed());
}

Test(migrate, cut_off_before_the_seed_is_erased_it_is_erased_then)
{
	state_keys_copy("vault.keys", "old.keys");
	fixture_open(NOW);
	pst_vault_close(&vault);
	state_keys_copy("old.keys", "vault.keys");
	fixture_open(NOW);
	check_opens(&kept[0], NOW);
	pst_vault_close(&vault);
	cr_expect_not(has_seed());
}

Test(migrate, a_copy_of_before_does_not_open_after)
{
	state_keys_copy("vault.db", "old.db");
	fixture_open(NOW);
	pst_vault_close(&vault);
	state_keys_restore("old.db");
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "before this vault's migration"), "%s", error.text);
}
