/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "vault/verify.h"

/* Each way to change a vault from outside, and the flaw by which it is found. */

#define RECORDS 12

TestSuite(verify, .init = fixture_make, .fini = fixture_remove);

static uint8_t record[RECORDS][PST_VAULT_ID_SIZE];
static struct pst_vault_told told;

static void fill(void)
{
	for (uint8_t i = 0; i < RECORDS; i++) {
		struct pst_vault_record_info info = fixture_info();
		uint8_t template[256];

		info.subject = i % 2 ? "S001" : "S002";
		info.contract[0] = i;
		fixture_template(template, sizeof(template), i);
		int status = i % 3 ? pst_vault_add(vault, &info, template, sizeof(template), NOW,
					     record[i], &error)
				   : pst_vault_gallery_add(vault, i % 2 ? "staff" : "crew", &info,
					     template, sizeof(template), NOW, record[i], &error);
		cr_assert_eq(status, 1, "%s", error.text);
	}
}

/* As the audit log would know it. */
static void tell(void)
{
	told.has_set = true;
	pst_vault_set(vault, &told.set);
	pst_vault_told_sort(&told);
}

static void save(const char *from, const char *to)
{
	uint8_t *data;
	size_t size;

	cr_assert_eq(pst_fd_read_file(fixture_path(from), 1u << 28, &data, &size, NULL), 0);
	cr_assert_eq(pst_fd_replace_file(fixture_path(to), data, size, 0600, NULL), 0);
	free(data);
}

struct seen {
	int lines;
	uint64_t done, total;
	int calls;
};

static void see(void *user, enum pst_vault_flaw flaw, const char *text)
{
	struct seen *seen = user;

	cr_expect_gt(strlen(text), 0);
	cr_expect_neq((int)flaw, PST_VAULT_FLAW_UNSET);
	seen->lines++;
}

static void see_progress(void *user, uint64_t done, uint64_t total)
{
	struct seen *seen = user;

	cr_expect_eq(done, seen->done + 1);
	seen->done = done;
	seen->total = total;
	seen->calls++;
}

static struct pst_vault_verification verify(int64_t now_s)
{
	struct pst_vault_verification found;
	struct seen seen = {0};
	const struct pst_vault_listener listener = {see, see_progress, &seen};

	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_verify(vault, &told, now_s, &listener, &found, &error), 0, "%s",
		error.text);
	cr_expect_eq(seen.lines, (int)found.found);
	cr_expect_eq(seen.done, (uint64_t)seen.calls);
	return found;
}

/* Edits the closed vault, opens it again and expects one kind of flaw among what is found. */
static void expect(const char *sql, enum pst_vault_flaw flaw)
{
	pst_vault_close(&vault);
	fixture_sql(sql);
	fixture_open(NOW);
	struct pst_vault_verification found = verify(NOW);
	cr_expect_gt(found.flaws[flaw], 0, "%s: %s is not found", sql, pst_vault_flaw_name(flaw));
}

Test(verify, finds_nothing_where_nothing_is)
{
	fill();
	tell();
	struct pst_vault_verification found = verify(NOW);
	cr_expect_eq(found.found, 0);
	cr_expect_eq(found.records, RECORDS);
	cr_expect_eq(found.expired, 0);
	cr_expect(found.compared);
	cr_expect_gt(found.names, 4);
	found = verify(NOW + 13 * HOUR);
	cr_expect_eq(found.found, 0, "expired is no flaw");
	cr_expect_eq(found.expired, RECORDS);
}

Test(verify, a_deleted_row)
{
	fill();
	expect("DELETE FROM record WHERE place=3", PST_VAULT_FLAW_SET);
}

Test(verify, rows_exchanged_one_for_one)
{
	fill();
	pst_vault_close(&vault);
	save("vault.db", "old.db");
	fixture_open(NOW);
	cr_assert_eq(
		pst_vault_gallery_remove(vault, "crew", "S002", NOW, &error), 2, "%s", error.text);
	tell();
	pst_vault_close(&vault);
	char sql[PATH_MAX + 256];
	(void)snprintf(sql, sizeof(sql),
		"ATTACH '%s' AS old; INSERT INTO record SELECT * FROM old.record WHERE id NOT IN"
		" (SELECT id FROM main.record) LIMIT 1; DELETE FROM record WHERE place=2",
		fixture_path("old.db"));
	fixture_sql(sql);
	fixture_open(NOW);
	struct pst_vault_verification found = verify(NOW);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_RECORD], 0, "each of them opens");
	cr_expect_gt(found.flaws[PST_VAULT_FLAW_SET], 0);
}

Test(verify, an_old_row_inserted_again)
{
	fill();
	pst_vault_close(&vault);
	save("vault.db", "old.db");
	fixture_open(NOW);
	cr_assert_eq(pst_vault_gallery_remove(vault, "crew", "S002", NOW, &error), 2);
	char sql[PATH_MAX + 256];
	(void)snprintf(sql, sizeof(sql),
		"ATTACH '%s' AS old; INSERT INTO record SELECT * FROM old.record WHERE id NOT IN"
		" (SELECT id FROM main.record) LIMIT 1",
		fixture_path("old.db"));
	expect(sql, PST_VAULT_FLAW_SET);
}

Test(verify, a_database_put_back)
{
	uint8_t late[PST_VAULT_ID_SIZE];

	fill();
	pst_vault_close(&vault);
	save("vault.db", "old.db");
	fixture_open(NOW);
	fixture_add(late, 99, NOW);
	tell();
	pst_vault_close(&vault);
	save("old.db", "vault.db");
	fixture_open(NOW);
	struct pst_vault_verification found = verify(NOW);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_ROLLBACK], 1);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_SET], 0, "in itself it is sound");
}

Test(verify, a_database_put_back_and_written_on)
{
	uint8_t late[PST_VAULT_ID_SIZE];

	fill();
	pst_vault_close(&vault);
	save("vault.db", "old.db");
	fixture_open(NOW);
	fixture_add(late, 99, NOW);
	tell();
	pst_vault_close(&vault);
	save("old.db", "vault.db");
	fixture_open(NOW);
	fixture_add(late, 98, NOW);
	struct pst_vault_verification found = verify(NOW);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_ROLLBACK], 1, "same count of changes, other ones");
}

Test(verify, a_column_edited_so_that_a_purge_deletes_the_row)
{
	fill();
	pst_vault_close(&vault);
	fixture_sql("UPDATE record SET expires=1 WHERE place=5");
	fixture_open(NOW);
	struct pst_vault_status status;
	cr_assert_eq(pst_vault_status(vault, NOW, &status, NULL), 0);
	cr_assert_eq(status.purged_at_open, 1, "the purge believes the column");
	struct pst_vault_verification found = verify(NOW);
	cr_expect_gt(found.flaws[PST_VAULT_FLAW_SET], 0);
}

Test(verify, edits_of_rows_and_names)
{
	fill();
	expect("UPDATE record SET subject=zeroblob(16) WHERE place=1", PST_VAULT_FLAW_RECORD);
	expect("UPDATE record SET wrap=(SELECT wrap FROM record WHERE place=2) WHERE place=3",
		PST_VAULT_FLAW_RECORD);
	expect("UPDATE record SET header=zeroblob(136) WHERE place=4", PST_VAULT_FLAW_SET);
	expect("UPDATE name SET text='other' WHERE kind=1", PST_VAULT_FLAW_NAME);
}

static void bury(const char *subject)
{
	const struct pst_vault_whom whom = {.subject = subject};
	struct pst_vault_graves graves;

	cr_assert_gt(pst_vault_find(vault, &whom, NOW, &graves, &error), 0);
	for (size_t i = 0; i < graves.count; i++) {
		cr_assert_eq(pst_vault_told_tombstone(&told, &graves.grave[i].tombstone), 0);
	}
	cr_assert_gt(pst_vault_forget(vault, &graves, NOW, &error), 0, "%s", error.text);
	pst_vault_graves_finish(&graves);
}

Test(verify, edited_and_missing_tombstones)
{
	fill();
	bury("S001");
	tell();
	cr_expect_eq(verify(NOW).found, 0);
	expect("UPDATE tombstone SET until=until+1 WHERE hash=(SELECT min(hash) FROM tombstone)",
		PST_VAULT_FLAW_TOMBSTONE);
	expect("DELETE FROM tombstone WHERE hash=(SELECT max(hash) FROM tombstone)",
		PST_VAULT_FLAW_TOMBSTONE);
	expect("DELETE FROM tombstone WHERE hash=(SELECT max(hash) FROM tombstone)",
		PST_VAULT_FLAW_SET);
}

Test(verify, a_tombstone_edited_so_that_a_purge_drops_it)
{
	fill();
	bury("S001");
	told.tombstones = 0;
	expect("UPDATE tombstone SET until=1", PST_VAULT_FLAW_SET);
}

Test(verify, somebody_who_was_deleted_and_is_there)
{
	fill();
	pst_vault_close(&vault);
	save("vault.db", "old.db");
	fixture_open(NOW);
	bury("S001");
	pst_vault_close(&vault);
	save("old.db", "vault.db");
	fixture_open(NOW);
	tell();
	struct pst_vault_verification found = verify(NOW);
	cr_expect_eq(
		found.flaws[PST_VAULT_FLAW_FORGOTTEN], RECORDS / 2, "the log alone knows of it");
}

Test(verify, an_edited_set_row_does_not_open)
{
	fill();
	pst_vault_close(&vault);
	fixture_sql("UPDATE meta SET value=zeroblob(80) WHERE key='set'");
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(
		strstr(error.text, "count of its records was changed"), "%s", error.text);
}

Test(verify, a_lost_ballast)
{
	fill();
	struct pst_vault_verification found = verify(NOW);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_BALLAST], 0);
	cr_assert_eq(truncate(fixture_path("vault.ballast"), 0), 0);
	found = verify(NOW);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_BALLAST], 1);
}
