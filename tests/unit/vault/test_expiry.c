/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "state_keys.h"

#define DAY (24 * HOUR)

ssize_t __real_pwrite64(int fd, const void *data, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t offset);

static int failing_writes; /* errno of the state file's */

ssize_t __wrap_pwrite64(int fd, const void *data, size_t size, off_t offset)
{
	if (failing_writes) {
		errno = failing_writes;
		return -1;
	}
	return __real_pwrite64(fd, data, size, offset);
}

TestSuite(expiry, .init = fixture_make, .fini = fixture_remove);

static int64_t add_kept(const char *retention, int64_t retention_s, int64_t now_s,
	uint8_t record[PST_VAULT_ID_SIZE])
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[64];

	info.retention = retention;
	info.retention_s = retention_s;
	fixture_template(template, sizeof(template), 1);
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), now_s, record, &error),
		1, "%s", error.text);
	return pst_vault_kept_until_s(vault, retention_s);
}

static unsigned opened, dead;

static void count_row(const struct pst_vault_header *header, int status)
{
	opened += status == 0;
	dead += status == PST_E_EXPIRED;
}

static void count_rows(const char *name)
{
	struct pst_keyring *ring = state_keys_open();

	opened = dead = 0;
	(void)state_keys_each(ring, name, count_row);
	pst_keyring_close(&ring);
}

static uint64_t stored(void)
{
	sqlite3 *db;
	sqlite3_stmt *row;

	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	cr_assert_eq(
		sqlite3_prepare_v2(db, "SELECT count(*) FROM record", -1, &row, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	uint64_t count = (uint64_t)sqlite3_column_int64(row, 0);
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
	return count;
}

/* To the second, with the vault, and then with nothing but the keys that are left. */
Test(expiry, a_key_dies_when_its_bucket_begins)
{
	static const int64_t retentions_s[] = {1, 2, 3, 5, 8, 30, 59, 60, 600, 3599, HOUR, 5 * HOUR,
		12 * HOUR, DAY, 14 * DAY, 31 * DAY, 180 * DAY, 1000 * DAY, 15 * 366 * DAY};
	int64_t now_s = NOW;
	unsigned tried = 0;

	for (size_t i = 0; i < sizeof(retentions_s) / sizeof(retentions_s[0]); i++) {
		uint8_t record[PST_VAULT_ID_SIZE];
		int64_t until_s = add_kept("kept", retentions_s[i], now_s + 17, record);

		cr_expect_leq(until_s, now_s + 17 + retentions_s[i]);
		cr_expect_gt(until_s, now_s + 17);
		cr_expect_eq(fixture_read(record, until_s - 1), 0, "%lld s: %s",
			(long long)retentions_s[i], error.text);
		pst_vault_close(&vault);
		state_keys_copy("vault.db", "copy.db");
		count_rows("copy.db");
		cr_expect_eq(opened, 1);
		fixture_open(until_s - 1);
		cr_expect_eq(fixture_read(record, until_s), PST_E_EXPIRED);
		pst_vault_close(&vault);
		count_rows("copy.db");
		cr_expect_eq(opened, 0, "%lld s", (long long)retentions_s[i]);
		cr_expect_eq(dead, 1);
		fixture_open(until_s);
		now_s = until_s;
		tried++;
	}
	counted_tell("retentions tried to the second", tried, 19);
}

Test(expiry, a_class_that_keeps_for_another_time_has_keys_of_its_own)
{
	uint8_t first[PST_VAULT_ID_SIZE], second[PST_VAULT_ID_SIZE];
	int64_t first_s = add_kept("half-day", 12 * HOUR, NOW, first);
	int64_t second_s = add_kept("half-day", 6 * DAY, NOW, second);

	cr_expect_eq(first_s, NOW + 12 * HOUR);
	cr_expect_leq(second_s, NOW + 6 * DAY);
	cr_expect_gt(second_s, NOW + 5 * DAY);
	cr_expect_eq(fixture_read(first, first_s - 1), 0);
	cr_expect_eq(fixture_read(second, first_s), 0);
	cr_expect_eq(fixture_read(first, first_s), PST_E_EXPIRED);
	cr_expect_eq(fixture_read(second, second_s - 1), 0);
	cr_expect_eq(fixture_read(second, second_s), PST_E_EXPIRED);
}

Test(expiry, there_is_room_for_so_many_retentions)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t record[PST_VAULT_ID_SIZE], template[16] = {1};
	char name[16];

	for (int i = 0; i < PST_RATCHET_CLASSES; i++) {
		(void)snprintf(name, sizeof(name), "class-%d", i);
		(void)add_kept(name, DAY, NOW, record);
	}
	info.retention = "one-more";
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "no room for another retention"), "%s", error.text);
	info.retention = "class-7";
	info.retention_s = DAY;
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, &error), 1);
}

Test(expiry, no_row_is_purged_before_its_key_is_gone)
{
	static const int codes[] = {EIO, ENOSPC, EROFS};
	uint8_t record[PST_VAULT_ID_SIZE];

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		int64_t now_s = NOW + (int64_t)i * 2 * DAY;

		(void)add_kept("half-day", 12 * HOUR, now_s, record);
		failing_writes = codes[i];
		error = (struct pst_error){0};
		cr_expect_eq(pst_vault_purge(vault, now_s + 13 * HOUR, &error), PST_E_VAULT);
		cr_expect_not_null(strstr(error.text, "vault.state"), "%s", error.text);
		cr_expect_neq(fixture_read(record, now_s), 0, "no key in memory either");
		cr_expect_eq(pst_vault_purge(vault, now_s + 13 * HOUR, NULL), PST_E_VAULT,
			"poisoned until it is opened again");
		pst_vault_close(&vault);
		cr_expect_eq(stored(), 1);
		failing_writes = 0;
		fixture_open(now_s + 13 * HOUR);
		pst_vault_close(&vault);
		cr_expect_eq(stored(), 0);
		fixture_open(now_s + 13 * HOUR);
	}
}

Test(expiry, no_record_is_stored_before_its_class_is_durable)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[16] = {1};

	failing_writes = EIO;
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, &error), PST_E_VAULT);
	failing_writes = 0;
	pst_vault_close(&vault);
	cr_expect_eq(stored(), 0);
	fixture_open(NOW);
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, &error), 1);
}

Test(expiry, a_clock_beyond_all_buckets_is_no_time)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[16] = {1};

	cr_expect_eq(pst_vault_add(vault, &info, template, 16, UINT32_MAX, NULL, &error), -EINVAL);
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, INT64_MAX, NULL, &error), -EINVAL);
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, &error), 1);
}

/* What the promise does not cover, so that nobody takes it for covered. */
Test(expiry, an_older_state_file_beside_an_older_database_opens_it)
{
	uint8_t record[PST_VAULT_ID_SIZE];

	(void)add_kept("half-day", 12 * HOUR, NOW, record);
	pst_vault_close(&vault);
	state_keys_copy("vault.db", "copy.db");
	state_keys_copy("vault.state", "copy.state");
	fixture_open(NOW + DAY);
	pst_vault_close(&vault);
	count_rows("copy.db");
	cr_expect_eq(dead, 1);
	state_keys_copy("copy.state", "vault.state");
	count_rows("copy.db");
	cr_expect_eq(opened, 1, "the age of the oldest copy of the state file is the bound");
	fixture_open(NOW + DAY);
	pst_vault_close(&vault);
	count_rows("copy.db");
	cr_expect_eq(dead, 1, "and with the right time at hand it dies again");
}

Test(expiry, seventy_five_years_pass_one_opening_at_a_time)
{
	uint8_t record[PST_VAULT_ID_SIZE], other[PST_VAULT_ID_SIZE];
	int64_t until_s = add_kept("life", 75 * 366 * DAY, NOW, record);
	int64_t now_s = NOW;
	unsigned openings = 0;

	for (; now_s < until_s; now_s += 30 * DAY) {
		cr_assert_eq(fixture_read(record, now_s), 0, "after %u months", openings);
		(void)add_kept("half-day", 12 * HOUR, now_s, other);
		openings++;
	}
	cr_expect_eq(fixture_read(record, until_s), PST_E_EXPIRED);
	counted_tell("months of 75 years stepped through", openings, 900);
}
