/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static uint8_t first[PST_VAULT_ID_SIZE], second[PST_VAULT_ID_SIZE];

static void set_up(void)
{
	fixture_make();
	fixture_add(first, 1, NOW);
	fixture_add(second, 2, NOW);
	pst_vault_close(&vault);
}

TestSuite(tamper, .init = set_up, .fini = fixture_remove);

struct states {
	int opens;
	int damaged;
	int expired;
};

static int count_state(void *user, const struct pst_vault_item *item)
{
	struct states *states = user;

	states->opens += item->state == PST_VAULT_STATE_OPENS;
	states->damaged += item->state == PST_VAULT_STATE_DAMAGED;
	states->expired += item->state == PST_VAULT_STATE_EXPIRED;
	return 0;
}

static struct states list_states(void)
{
	struct states states = {0, 0, 0};

	fixture_open(NOW);
	cr_assert_geq(pst_vault_list(vault, NULL, NOW, count_state, &states, &error), 0, "%s",
		error.text);
	pst_vault_close(&vault);
	return states;
}

/* One change from outside: the first record no longer opens, and nothing else is hurt. */
static void expect_rejected(const char *sql)
{
	fixture_sql("CREATE TABLE saved AS SELECT * FROM record");
	fixture_sql(sql);
	fixture_open(NOW);
	int status = fixture_read(first, NOW);
	cr_expect(status == PST_E_VAULT || status == PST_E_NOT_FOUND || status == PST_E_EXPIRED,
		"%s: %d", sql, status);
	pst_vault_close(&vault);
	fixture_sql("DELETE FROM record; INSERT INTO record SELECT * FROM saved;"
		    "DROP TABLE saved");
}

Test(tamper, columns)
{
	static const char *const edits[] = {
		"UPDATE record SET expires=expires+1 WHERE place=1",
		"UPDATE record SET expires=expires+100000000 WHERE place=1",
		"UPDATE record SET expires='never' WHERE place=1",
		"UPDATE record SET gallery=1 WHERE place=1",
		"UPDATE record SET subject=zeroblob(16) WHERE place=1",
		"UPDATE record SET contract=zeroblob(16) WHERE place=1",
		"UPDATE record SET contract=zeroblob(15) WHERE place=1",
		"UPDATE record SET header=zeroblob(136) WHERE place=1",
		"UPDATE record SET header=header||x'00' WHERE place=1",
		"UPDATE record SET header='text' WHERE place=1",
		"UPDATE record SET wrap=zeroblob(73) WHERE place=1",
		"UPDATE record SET wrap=x'' WHERE place=1",
		"UPDATE record SET body=x'' WHERE place=1",
		"UPDATE record SET body=substr(body, 1, length(body)-1) WHERE place=1",
		"UPDATE record SET body=body||x'00' WHERE place=1",
		"UPDATE record SET body='text' WHERE place=1",
		"DELETE FROM record WHERE place=1",
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		expect_rejected(edits[i]);
	}
	cr_expect_eq(list_states().opens, 2, "all put back");
}

Test(tamper, transplants)
{
	static const char *const parts[] = {"header", "wrap", "body", "header=b.header, wrap",
		"wrap=b.wrap, body", "header=b.header, body", "header=b.header, wrap=b.wrap, body"};
	char sql[256];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *last = strrchr(parts[i], ' ') ? strrchr(parts[i], ' ') + 1 : parts[i];

		(void)snprintf(sql, sizeof(sql),
			"UPDATE record SET %s=b.%s FROM record b WHERE record.place=1 AND "
			"b.place=2",
			parts[i], last);
		expect_rejected(sql);
	}
	expect_rejected("UPDATE record SET id=x'00000000000000000000000000000000' WHERE place=1;"
			"UPDATE record SET id=(SELECT id FROM saved WHERE place=1) WHERE place=2");
	cr_expect_eq(list_states().opens, 2);
}

Test(tamper, a_whole_row_of_another_vault)
{
	char other[PATH_MAX], sql[PATH_MAX + 160];
	char mine[64];

	(void)strcpy(mine, fixture_dir);
	(void)snprintf(other, sizeof(other), "%s", fixture_path("vault.db"));
	fixture_make();
	uint8_t foreign[PST_VAULT_ID_SIZE];
	fixture_add(foreign, 1, NOW);
	pst_vault_close(&vault);
	(void)snprintf(sql, sizeof(sql),
		"ATTACH '%s' AS o; DELETE FROM record; INSERT INTO record SELECT * FROM o.record",
		other);
	fixture_sql(sql);
	cr_expect_eq(list_states().damaged, 2);
	(void)snprintf(sql, sizeof(sql),
		"ATTACH '%s' AS o; DELETE FROM meta; INSERT INTO meta SELECT * FROM o.meta", other);
	fixture_sql(sql);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "another vault"), "%s", error.text);
	fixture_remove();
	(void)strcpy(fixture_dir, mine);
}

Test(tamper, names_are_bound_to_their_numbers)
{
	fixture_sql("UPDATE name SET text='identity' WHERE kind=1");
	cr_expect_eq(list_states().damaged, 2);
	fixture_sql("UPDATE name SET text='matching' WHERE kind=1");
	cr_expect_eq(list_states().opens, 2);
	fixture_sql("DELETE FROM name");
	cr_expect_eq(list_states().damaged, 2);
}

Test(tamper, the_clock_cannot_be_set_back_in_the_file)
{
	fixture_sql("UPDATE meta SET value=CAST(x'0100000000000000'||substr(value, 9) AS BLOB) "
		    "WHERE key='clock'");
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "clock"), "%s", error.text);
}

static int try_open(void)
{
	error = (struct pst_error){0};
	int status = pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error);
	pst_vault_close(&vault);
	return status;
}

Test(tamper, damaged_files_are_refused_in_one_line)
{
	static const char *const breaks[] = {"vault.db", "vault.keys"};
	uint8_t junk[4096];

	memset(junk, 0x5a, sizeof(junk));
	for (size_t i = 0; i < 2; i++) {
		const char *path = fixture_path(breaks[i]);
		uint8_t *data;
		size_t size;

		cr_assert_eq(pst_fd_read_file(path, 1u << 24, &data, &size, NULL), 0);
		cr_assert_eq(pst_fd_replace_file(path, junk, sizeof(junk), 0600, NULL), 0);
		cr_expect_eq(try_open(), PST_E_VAULT, "%s replaced: %s", breaks[i], error.text);
		cr_expect(strstr(error.text, breaks[i]) != NULL, "%s", error.text);
		cr_assert_eq(pst_fd_replace_file(path, data, size / 2, 0600, NULL), 0);
		cr_expect_eq(try_open(), PST_E_VAULT, "%s cut: %s", breaks[i], error.text);
		cr_assert_eq(pst_fd_replace_file(path, "", 0, 0600, NULL), 0);
		cr_expect_eq(try_open(), PST_E_VAULT, "%s empty: %s", breaks[i], error.text);
		cr_assert_eq(pst_fd_replace_file(path, data, size, 0600, NULL), 0);
		free(data);
		cr_expect_eq(try_open(), 0, "%s put back: %s", breaks[i], error.text);
	}
	(void)unlink(fixture_path("vault.db"));
	cr_expect_eq(try_open(), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "missing"), "%s", error.text);
}

Test(tamper, another_schema_version_is_refused)
{
	fixture_sql("PRAGMA user_version=99");
	cr_expect_eq(try_open(), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "schema version 99"), "%s", error.text);
	fixture_sql("PRAGMA user_version=0");
	cr_expect_eq(try_open(), PST_E_VAULT);
	fixture_sql("PRAGMA user_version=1; PRAGMA application_id=7");
	cr_expect_eq(try_open(), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "not a postern vault"), "%s", error.text);
}

Test(tamper, triggers_in_the_file_do_not_run)
{
	fixture_sql("CREATE TABLE copy(body); CREATE TRIGGER t AFTER INSERT ON record BEGIN "
		    "INSERT INTO copy VALUES(new.body); END");
	fixture_open(NOW);
	uint8_t record[PST_VAULT_ID_SIZE];
	fixture_add(record, 3, NOW);
	pst_vault_close(&vault);
	fixture_sql(
		"CREATE TABLE probe(n CHECK(n=0)); INSERT INTO probe SELECT count(*) FROM copy");
}
