/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <sys/wait.h>

TestSuite(vault, .init = fixture_make, .fini = fixture_remove);

Test(vault, gives_back_what_was_added)
{
	uint8_t record[PST_VAULT_ID_SIZE], template[512];
	struct fixture_seen seen = {0};

	fixture_add(record, 1, NOW);
	fixture_template(template, sizeof(template), 1);
	cr_assert_eq(pst_vault_read(vault, record, NOW, fixture_see, &seen, &error), 0);
	cr_expect_eq(seen.size, sizeof(template));
	cr_expect_arr_eq(seen.bytes, template, sizeof(template));
	cr_expect_eq(seen.key, pst_vault_subject_key(vault, "S001"));

	pst_vault_close(&vault);
	cr_expect_null(vault);
	fixture_open(NOW + 1);
	cr_expect_eq(fixture_read(record, NOW + 1), 0, "after opening again");
	record[0] ^= 1;
	cr_expect_eq(fixture_read(record, NOW + 1), PST_E_NOT_FOUND);
}

Test(vault, a_class_that_stores_nothing_writes_nothing)
{
	struct pst_vault_record_info info = fixture_info();
	struct pst_vault_status status;
	uint8_t record[PST_VAULT_ID_SIZE] = {1}, template[16] = {1};

	info.retention_s = 0;
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, record, &error), 0);
	for (size_t i = 0; i < sizeof(record); i++) {
		cr_expect_eq(record[i], 0);
	}
	cr_expect_eq(pst_vault_gallery_add(vault, "g", &info, template, 16, NOW, NULL, &error), 0);
	cr_assert_eq(pst_vault_status(vault, NOW, &status, &error), 0);
	cr_expect_eq(status.records, 0);
	cr_expect_eq(status.galleries, 0);
}

Test(vault, refuses_bad_descriptions)
{
	static uint8_t template[PST_SEAL_PLAIN_MAX + 1];
	struct pst_vault_status status;
	struct pst_vault_record_info info = fixture_info();

	cr_expect_eq(pst_vault_add(vault, &info, template, 0, NOW, NULL, NULL), -EINVAL);
	cr_expect_eq(
		pst_vault_add(vault, &info, template, sizeof(template), NOW, NULL, NULL), -EINVAL);
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, 0, NULL, NULL), -EINVAL);
	info.store = "two words";
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "'two words' is no store name"), "%s", error.text);
	info = fixture_info();
	info.category = NULL;
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, NULL), -EINVAL);
	info = fixture_info();
	info.retention_s = PST_VAULT_RETENTION_MAX_S + 1;
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, NULL), -EINVAL);
	info.retention_s = -1;
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, NULL), -EINVAL);
	info = fixture_info();
	info.subject = "";
	cr_expect_eq(pst_vault_add(vault, &info, template, 16, NOW, NULL, NULL), -EINVAL);
	cr_assert_eq(pst_vault_status(vault, NOW, &status, NULL), 0);
	cr_expect_eq(status.records, 0);
}

Test(vault, nothing_opens_after_its_retention)
{
	uint8_t record[PST_VAULT_ID_SIZE];

	fixture_add(record, 2, NOW);
	cr_expect_eq(fixture_read(record, NOW + 12 * HOUR - 1), 0);
	cr_expect_eq(fixture_read(record, NOW + 12 * HOUR), PST_E_EXPIRED);
	cr_expect_eq(fixture_read(record, NOW + 12 * HOUR + 1), PST_E_EXPIRED);
	cr_expect_eq(fixture_read(record, NOW), PST_E_EXPIRED, "the clock went back");
}

Test(vault, a_clock_set_back_revives_nothing)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_status status;

	fixture_add(record, 3, NOW);
	cr_assert_eq(pst_vault_status(vault, NOW + 13 * HOUR, &status, NULL), 0);
	cr_expect_eq(status.expired, 1, "expired, and not purged yet");
	cr_expect_eq(fixture_read(record, NOW + 1), PST_E_EXPIRED);
	pst_vault_close(&vault);
	fixture_open(NOW + 1);
	cr_assert_eq(pst_vault_status(vault, NOW + 2, &status, NULL), 0);
	cr_expect_eq(
		status.now_s, NOW + 13 * HOUR, "the time was kept: %lld", (long long)status.now_s);
	cr_expect_eq(status.purged_at_open, 1);

	struct pst_vault_record_info info = fixture_info();
	uint8_t template[16] = {1};
	cr_assert_eq(pst_vault_add(vault, &info, template, 16, NOW + 5, record, &error), 1);
	cr_expect_eq(fixture_read(record, NOW + 25 * HOUR - 1), 0,
		"retention runs from the vault's own time");
	cr_expect_eq(fixture_read(record, NOW + 25 * HOUR), PST_E_EXPIRED);
}

Test(vault, opening_purges)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_status status;

	fixture_add(record, 4, NOW);
	fixture_add(record, 5, NOW + HOUR);
	pst_vault_close(&vault);
	fixture_open(NOW + 12 * HOUR + 1);
	cr_assert_eq(pst_vault_status(vault, NOW, &status, NULL), 0);
	cr_expect_eq(status.records, 1);
	cr_expect_eq(status.purged_at_open, 1);
	cr_expect_eq(status.next_expiry_s, NOW + 13 * HOUR);
}

Test(vault, purge_leaves_no_bytes)
{
	uint8_t record[PST_VAULT_ID_SIZE], other[PST_VAULT_ID_SIZE];
	sqlite3 *db;
	sqlite3_stmt *row;
	uint8_t body[64], wrap[32];

	fixture_add(record, 6, NOW);
	for (int i = 0; i < 20; i++) {
		fixture_add(other, 7, NOW + HOUR);
	}
	pst_vault_close(&vault);
	cr_assert_eq(sqlite3_open(fixture_path("vault.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db,
			     "SELECT substr(body, 100, 64), substr(wrap, 20, 32)"
			     " FROM record WHERE place=1",
			     -1, &row, NULL),
		SQLITE_OK);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	memcpy(body, sqlite3_column_blob(row, 0), sizeof(body));
	memcpy(wrap, sqlite3_column_blob(row, 1), sizeof(wrap));
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
	cr_expect(fixture_dir_holds(body, sizeof(body)), "the probe itself works");

	fixture_open(NOW + HOUR);
	fixture_add(other, 8, NOW + HOUR);
	cr_expect_eq(pst_vault_purge(vault, NOW + 12 * HOUR, &error), 1, "%s", error.text);
	cr_expect_not(fixture_dir_holds(body, sizeof(body)), "the body stands after the purge");
	cr_expect_not(fixture_dir_holds(wrap, sizeof(wrap)), "the wrap stands after the purge");
	cr_expect_not(fixture_dir_holds(record, sizeof(record)), "the id stands after the purge");
	cr_expect_eq(fixture_read(other, NOW + 12 * HOUR), 0);
}

Test(vault, templates_and_names_never_rest_in_plain)
{
	uint8_t record[PST_VAULT_ID_SIZE], template[512];
	struct pst_vault_record_info info = fixture_info();

	info.subject = "CANARY-SUBJECT-1234";
	for (int i = 0; i < 200; i++) {
		fixture_template(template, sizeof(template), (uint8_t)i);
		cr_assert_eq(pst_vault_add(
				     vault, &info, template, sizeof(template), NOW, record, &error),
			1);
		if (i % 50 == 0) {
			cr_expect_not(fixture_dir_holds(template, 16), "open, record %d", i);
		}
	}
	cr_expect_not(fixture_dir_holds(info.subject, strlen(info.subject)));
	pst_vault_close(&vault);
	for (int i = 0; i < 200; i++) {
		fixture_template(template, sizeof(template), (uint8_t)i);
		cr_assert_not(fixture_dir_holds(template, 16), "closed, record %d", i);
	}
	cr_expect_not(fixture_dir_holds(info.subject, strlen(info.subject)));
}

Test(vault, a_second_opener_is_refused_and_told_by_whom)
{
	struct pst_vault *second;
	char pid[32];

	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_open(&second, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_null(second);
	(void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
	cr_expect_not_null(strstr(error.text, pid), "%s", error.text);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_init(fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	pst_vault_close(&vault);
	fixture_open(NOW);
}

Test(vault, a_killed_holder_blocks_nobody)
{
	pst_vault_close(&vault);
	pid_t child = fork();
	if (child == 0) {
		struct pst_vault *held;
		uint8_t template[64] = {1};
		struct pst_vault_record_info info = fixture_info();

		if (pst_vault_open(&held, fixture_dir, &fixture_key, NOW, NULL) == 0 &&
			pst_vault_add(held, &info, template, 64, NOW, NULL, NULL) == 1) {
			(void)raise(SIGKILL);
		}
		_exit(1);
	}
	int result;
	cr_assert_eq(waitpid(child, &result, 0), child);
	cr_assert(WIFSIGNALED(result));
	fixture_open(NOW);
	struct pst_vault_status status;
	cr_assert_eq(pst_vault_status(vault, NOW, &status, NULL), 0);
	cr_expect_eq(status.records, 1, "what was acknowledged is there");
}

Test(vault, init_never_touches_what_is_there)
{
	uint8_t record[PST_VAULT_ID_SIZE];

	fixture_add(record, 9, NOW);
	pst_vault_close(&vault);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_init(fixture_dir, &fixture_key, NOW, &error), -EEXIST);
	cr_expect_not_null(strstr(error.text, "nothing changed"), "%s", error.text);
	cr_assert_eq(rename(fixture_path("vault.keys"), "/tmp/postern-keys-aside"), 0);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_init(fixture_dir, &fixture_key, NOW, &error), -EEXIST);
	cr_expect_not_null(strstr(error.text, "vault.keys"), "%s", error.text);
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, NULL), PST_E_NOT_FOUND);
	cr_assert_eq(rename("/tmp/postern-keys-aside", fixture_path("vault.keys")), 0);
	fixture_open(NOW);
	cr_expect_eq(fixture_read(record, NOW), 0);
}

Test(vault, an_init_cut_off_before_its_last_step_is_completed)
{
	pst_vault_close(&vault);
	char from[PATH_MAX];

	(void)snprintf(from, sizeof(from), "%s", fixture_path("vault.db"));
	cr_assert_eq(rename(from, fixture_path("vault.db.new")), 0);
	fixture_open(NOW);
	pst_vault_close(&vault);
	cr_assert_eq(rename(from, fixture_path("vault.db.new")), 0);
	(void)snprintf(from, sizeof(from), "%s", fixture_path("vault.state"));
	cr_assert_eq(rename(from, fixture_path("vault.state.new")), 0);
	fixture_open(NOW);
}

Test(vault, an_init_with_a_bad_key_leaves_no_vault)
{
	pst_vault_close(&vault);
	(void)unlink(fixture_path("vault.db"));
	(void)unlink(fixture_path("vault.keys"));
	(void)unlink(fixture_path("vault.state"));
	cr_assert_eq(chmod(fixture_key_path, 0644), 0);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_init(fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "chmod 600"), "%s", error.text);
	cr_expect_not_null(strstr(error.text, fixture_key_path), "%s", error.text);
	cr_expect_neq(access(fixture_path("vault.db"), F_OK), 0);
	cr_expect_neq(access(fixture_path("vault.db.new"), F_OK), 0);
	cr_expect_neq(access(fixture_path("vault.keys"), F_OK), 0);
	cr_expect_neq(access(fixture_path("vault.state"), F_OK), 0);
	cr_expect_neq(access(fixture_path("vault.state.new"), F_OK), 0);
}

Test(vault, wrong_key)
{
	char path[PATH_MAX];
	struct pst_key_source wrong = {.kind = PST_KEY_SOURCE_FILE, .path = path};

	pst_vault_close(&vault);
	(void)snprintf(path, sizeof(path), "%s", fixture_path("other"));
	cr_assert_eq(pst_keyring_make_key_file(path), 0);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &wrong, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "wrong key"), "%s", error.text);
	cr_expect_null(vault);
	fixture_open(NOW);
}

Test(vault, files_are_private_and_no_shared_memory_is_used)
{
	static const char *const names[] = {
		"vault.db", "vault.db-wal", "vault.keys", "vault.lock", "vault.state"};
	struct stat st;
	uint8_t record[PST_VAULT_ID_SIZE];

	fixture_add(record, 1, NOW);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_assert_eq(stat(fixture_path(names[i]), &st), 0, "%s", names[i]);
		cr_expect_eq(st.st_mode & 07777, 0600, "%s has mode %o", names[i], st.st_mode);
	}
	cr_expect_neq(access(fixture_path("vault.db-shm"), F_OK), 0);
}

static int remember(void *user, const struct pst_vault_item *item)
{
	struct pst_vault_item *last = user;

	cr_expect_str_eq(item->store, "matching");
	cr_expect_str_eq(item->retention, "half-day");
	cr_expect_str_eq(item->category, "us-citizen");
	cr_expect_str_eq(item->purpose, "verify");
	cr_expect_str_eq(item->lane, "lane-1");
	cr_expect_null(item->gallery);
	*last = *item;
	return 0;
}

Test(vault, lists_what_it_holds)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_item last = {0};

	fixture_add(record, 1, NOW);
	fixture_add(record, 2, NOW + 910);
	cr_expect_eq(
		pst_vault_list(vault, NULL, NOW + 12 * HOUR + 900 - 1, remember, &last, &error), 2);
	cr_expect_arr_eq(last.record, record, sizeof(record));
	cr_expect_eq(last.state, PST_VAULT_STATE_OPENS);
	cr_expect_eq(last.role, PST_VAULT_ROLE_CAPTURED);
	cr_expect_eq(last.created_s, NOW + 910);
	cr_expect_eq(last.expires_s, NOW + 900 + 12 * HOUR, "rounded down to its bucket");
	cr_expect_eq(last.audit_sequence, 77);
	cr_expect_eq(last.size, 512);
	cr_expect_eq(last.subject_key, pst_vault_subject_key(vault, "S001"));
	cr_expect_eq(pst_vault_list(vault, "nobody", NOW, remember, &last, NULL), PST_E_NOT_FOUND);
}
