/* SPDX-License-Identifier: Apache-2.0 */
#include "../counted.h"
#include "fixture.h"

#include <sys/wait.h>

#include "vault/backup.h"
#include "vault/hold.h"
#include "vault/manifest.h"
#include "vault/verify.h"

#define DAY 86400LL
#define MIDNIGHT ((NOW / DAY + 30) * DAY)

static char backup_dir[96];
static struct pst_vault_told told;

static void set_up(void)
{
	fixture_make();
	(void)snprintf(backup_dir, sizeof(backup_dir), "%s-backup", fixture_dir);
}

static void clear(const char *dir)
{
	static const char *const names[] = {"vault.db", "vault.keys", "audit.pub", "manifest"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static void tear_down(void)
{
	clear(backup_dir);
	fixture_remove();
}

TestSuite(backup, .init = set_up, .fini = tear_down);

static const char *in_backup(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", backup_dir, name);
	return path;
}

static void back_up(int64_t now_s)
{
	struct pst_vault_backup_info info;

	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_backup(vault, fixture_dir, backup_dir, now_s, &info, &error), 0,
		"%s", error.text);
	cr_expect_eq(pst_vault_backup_time(vault), now_s);
}

static int try_restore(int64_t now_s, bool dry_run, struct pst_vault_restoration *result)
{
	pst_vault_close(&vault);
	error = (struct pst_error){0};
	return pst_vault_restore(
		fixture_dir, backup_dir, &fixture_key, &told, now_s, dry_run, result, &error);
}

static struct pst_vault_restoration restore(int64_t now_s)
{
	struct pst_vault_restoration result;
	struct pst_vault_verification found;

	cr_assert_eq(try_restore(now_s, false, &result), 0, "%s", error.text);
	cr_expect_neq(access(fixture_path("vault.db.restoring"), F_OK), 0);
	cr_expect_neq(access(fixture_path("vault.db.restored"), F_OK), 0);
	cr_expect_neq(access(fixture_path("vault.db.before"), F_OK), 0);
	fixture_open(now_s);
	cr_assert_eq(pst_vault_verify(vault, &told, now_s, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0, "what was restored verifies");
	return result;
}

static void forget(const char *subject, int64_t now_s)
{
	const struct pst_vault_whom whom = {.subject = subject};
	struct pst_vault_graves graves;

	cr_assert_gt(pst_vault_find(vault, &whom, now_s, &graves, &error), 0);
	for (size_t i = 0; i < graves.count; i++) {
		cr_assert_eq(pst_vault_told_tombstone(&told, &graves.grave[i].tombstone), 0);
	}
	cr_assert_gt(pst_vault_forget(vault, &graves, now_s, &error), 0, "%s", error.text);
	pst_vault_graves_finish(&graves);
	pst_vault_told_sort(&told);
}

static void add_of(const char *subject, uint8_t record[PST_VAULT_ID_SIZE])
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[256];

	info.subject = subject;
	fixture_template(template, sizeof(template), 5);
	cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), NOW, record, &error),
		1, "%s", error.text);
}

Test(backup, brings_back_what_was_lost)
{
	uint8_t kept[PST_VAULT_ID_SIZE], late[PST_VAULT_ID_SIZE];

	add_of("S001", kept);
	back_up(NOW);
	add_of("S002", late);
	struct pst_vault_restoration result = restore(NOW + 1);
	cr_expect_eq(result.in_backup, 1);
	cr_expect_eq(result.restored, 1);
	cr_expect_eq(result.expired + result.forgotten + result.damaged, 0);
	cr_expect(result.replaced);
	cr_expect_eq(fixture_read(kept, NOW + 1), 0);
	cr_expect_eq(fixture_read(late, NOW + 1), PST_E_NOT_FOUND);
}

Test(backup, made_before_a_deletion_leaves_the_person_deleted)
{
	uint8_t gone[PST_VAULT_ID_SIZE], kept[PST_VAULT_ID_SIZE];

	add_of("S001", gone);
	add_of("S002", kept);
	back_up(NOW);
	forget("S001", NOW + 1);
	pst_vault_told_finish(&told);
	struct pst_vault_restoration result = restore(NOW + 2);
	cr_expect_eq(result.forgotten, 1, "the present database says so");
	cr_expect_eq(result.restored, 1);
	cr_expect_eq(fixture_read(gone, NOW + 2), PST_E_NOT_FOUND);
	cr_expect_eq(fixture_read(kept, NOW + 2), 0);
	result = restore(NOW + 3);
	cr_expect_eq(result.forgotten, 1, "the restored one says so, too");
	cr_expect_eq(fixture_read(gone, NOW + 3), PST_E_NOT_FOUND);
}

Test(backup, the_log_alone_keeps_a_person_deleted)
{
	uint8_t gone[PST_VAULT_ID_SIZE];

	add_of("S001", gone);
	back_up(NOW);
	forget("S001", NOW + 1);
	pst_vault_close(&vault);
	cr_assert_eq(truncate(fixture_path("vault.db"), 100), 0);
	struct pst_vault_restoration result = restore(NOW + 2);
	cr_expect(result.present_unread);
	cr_expect_eq(result.forgotten, 1);
	cr_expect_eq(fixture_read(gone, NOW + 2), PST_E_NOT_FOUND);
}

Test(backup, made_before_an_expiry_revives_nothing)
{
	uint8_t gone[PST_VAULT_ID_SIZE];

	add_of("S001", gone);
	back_up(NOW);
	pst_vault_close(&vault);
	fixture_open(NOW + 13 * HOUR);
	/* The caller's clock is wrong; the vault's is not. */
	struct pst_vault_restoration result = restore(NOW + 1);
	cr_expect_eq(result.expired, 1);
	cr_expect_eq(result.restored, 0);
	cr_expect_eq(fixture_read(gone, NOW + 1), PST_E_NOT_FOUND);
}

Test(backup, the_counter_is_ahead_of_all_that_was_seen)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_set set;

	add_of("S001", record);
	back_up(NOW);
	for (int i = 0; i < 5; i++) {
		add_of("S002", record);
	}
	told.has_set = true;
	pst_vault_set(vault, &told.set);
	(void)restore(NOW + 1);
	pst_vault_set(vault, &set);
	cr_expect_gt(set.counter, told.set.counter);
}

Test(backup, follows_holds)
{
	uint8_t one[PST_VAULT_ID_SIZE], two[PST_VAULT_ID_SIZE];
	struct pst_vault_whom whom = {.record = one};
	struct pst_vault_graves graves;
	struct pst_vault_hold hold;
	int deleted;

	add_of("S001", one);
	add_of("S002", two);
	cr_assert_eq(pst_vault_find(vault, &whom, NOW, &graves, &error), 1);
	cr_assert_eq(pst_vault_hold_add(vault, &graves, MIDNIGHT, "case-1", NOW, &error), 1);
	back_up(NOW);
	cr_assert_eq(pst_vault_hold_release(vault, &graves, NOW, &deleted, &error), 1);
	pst_vault_graves_finish(&graves);
	whom.record = two;
	cr_assert_eq(pst_vault_find(vault, &whom, NOW, &graves, &error), 1);
	cr_assert_eq(pst_vault_hold_add(vault, &graves, MIDNIGHT, "case-2", NOW, &error), 1);
	pst_vault_graves_finish(&graves);
	(void)restore(NOW + 1);
	cr_expect_eq(pst_vault_hold_of(vault, one, &hold, NULL), 0, "released since");
	cr_expect_eq(pst_vault_hold_of(vault, two, &hold, NULL), 1, "held since");
	cr_expect_str_eq(hold.reason, "case-2");
	cr_expect_eq(fixture_read(one, NOW + 1), 0);
	cr_expect_eq(fixture_read(two, NOW + 1), 0);
	cr_expect_eq(fixture_read(one, NOW + 20 * DAY), PST_E_EXPIRED);
	cr_expect_eq(fixture_read(two, NOW + 20 * DAY), 0);
}

Test(backup, a_dry_run_changes_nothing)
{
	uint8_t kept[PST_VAULT_ID_SIZE], late[PST_VAULT_ID_SIZE];
	struct pst_vault_restoration result;

	add_of("S001", kept);
	back_up(NOW);
	add_of("S002", late);
	cr_assert_eq(try_restore(NOW + 1, true, &result), 0, "%s", error.text);
	cr_expect_eq(result.restored, 1);
	fixture_open(NOW + 1);
	cr_expect_eq(fixture_read(late, NOW + 1), 0);
	cr_expect_neq(access(fixture_path("vault.db.restoring"), F_OK), 0);
}

Test(backup, places_that_are_refused)
{
	struct pst_vault_backup_info info;
	uint8_t record[PST_VAULT_ID_SIZE];

	add_of("S001", record);
	cr_expect_eq(pst_vault_backup(vault, fixture_dir, fixture_path("backup"), NOW, &info, NULL),
		PST_E_UNSAFE);
	cr_expect_eq(
		pst_vault_backup(vault, fixture_dir, "/tmp/no-such-folder/x", NOW, &info, NULL),
		-ENOENT);
	cr_assert_eq(mkdir(backup_dir, 0700), 0);
	cr_expect_eq(pst_vault_backup(vault, fixture_dir, backup_dir, NOW, &info, NULL), -EEXIST);
	cr_assert_eq(rmdir(backup_dir), 0);
	cr_expect_eq(pst_vault_backup_time(vault), 0);
}

Test(backup, every_file_of_it_is_checked)
{
	static const char *const names[] = {"vault.db", "vault.keys", "manifest"};
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_restoration result;
	struct pst_vault_backup_info info;

	add_of("S001", record);
	back_up(NOW);
	cr_assert_eq(pst_vault_backup_check(backup_dir, &info, NULL), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t *data;
		size_t size;

		cr_assert_eq(
			pst_fd_read_file(in_backup(names[i]), 1u << 24, &data, &size, NULL), 0);
		data[size / 2] ^= 1;
		cr_assert_eq(pst_fd_replace_file(in_backup(names[i]), data, size, 0600, NULL), 0);
		cr_expect_eq(try_restore(NOW, false, &result), PST_E_VAULT, "%s", names[i]);
		data[size / 2] ^= 1;
		cr_assert_eq(pst_fd_replace_file(in_backup(names[i]), data, size, 0600, NULL), 0);
		free(data);
	}
	cr_assert_eq(try_restore(NOW, false, &result), 0, "%s", error.text);
	fixture_open(NOW);
	cr_expect_eq(fixture_read(record, NOW), 0);
}

/* A manifest whose digests are right and whose signature is not. */
Test(backup, a_database_put_into_it_is_not_taken)
{
	struct pst_vault_restoration result;
	struct pst_vault_manifest manifest;
	uint8_t record[PST_VAULT_ID_SIZE];
	char text[PST_VAULT_MANIFEST_SIZE];

	add_of("S001", record);
	back_up(NOW);
	uint8_t *data;
	size_t size;
	cr_assert_eq(pst_fd_read_file(in_backup("manifest"), 4096, &data, &size, NULL), 0);
	cr_assert_eq(pst_vault_manifest_parse((const char *)data, &manifest), 0);
	free(data);
	manifest.info.set.records++;
	size = pst_vault_manifest_format(&manifest, true, text);
	cr_assert_eq(pst_fd_replace_file(in_backup("manifest"), text, size, 0600, NULL), 0);
	cr_expect_eq(try_restore(NOW, false, &result), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "not signed"), "%s", error.text);
	fixture_open(NOW);
	cr_expect_eq(fixture_read(record, NOW), 0);
}

/* The states that a kill leaves between the steps after the one that counts. */
Test(backup, a_restoration_cut_off_is_ended_by_the_next_opening)
{
	uint8_t kept[PST_VAULT_ID_SIZE], late[PST_VAULT_ID_SIZE];
	char from[PATH_MAX], aside[PATH_MAX];
	struct pst_vault_restoration result;

	add_of("S001", kept);
	back_up(NOW);
	add_of("S002", late);
	for (int cut = 0; cut < 3; cut++) {
		uint8_t *data;
		size_t size;

		pst_vault_close(&vault);
		(void)strcpy(from, fixture_path("vault.db"));
		cr_assert_eq(
			pst_fd_read_file(in_backup("vault.db"), 1u << 24, &data, &size, NULL), 0);
		cr_assert_eq(pst_fd_replace_file(fixture_path(cut == 0 ? "vault.db.restoring"
								       : "vault.db.restored"),
				     data, size, 0600, NULL),
			0);
		free(data);
		if (cut == 2) {
			(void)strcpy(aside, fixture_path("vault.db.before"));
			cr_assert_eq(rename(from, aside), 0);
		}
		fixture_open(NOW + 1);
		cr_expect_eq(fixture_read(kept, NOW + 1), 0);
		cr_expect_eq(
			fixture_read(late, NOW + 1), cut == 0 ? 0 : PST_E_NOT_FOUND, "cut %d", cut);
		cr_expect_neq(access(fixture_path("vault.db.restored"), F_OK), 0);
		cr_expect_neq(access(fixture_path("vault.db.before"), F_OK), 0);
	}
	cr_assert_eq(try_restore(NOW + 1, false, &result), 0, "%s", error.text);
	fixture_open(NOW + 1);
}

/* Killed at any moment: what opens afterwards is the vault of before or the one of after. */
Test(backup, killed_while_restoring, .timeout = 60)
{
	uint8_t kept[PST_VAULT_ID_SIZE], late[PST_VAULT_ID_SIZE];
	int before = 0, after = 0;

	for (int i = 0; i < 40; i++) {
		add_of("S001", kept);
	}
	back_up(NOW);
	for (int i = 0; i < 60; i++) {
		struct pst_vault_restoration result;
		int status;

		add_of("S002", late);
		pst_vault_close(&vault);
		pid_t child = fork();
		if (child == 0) {
			_exit(pst_vault_restore(fixture_dir, backup_dir, &fixture_key, &told,
				      NOW + 1, false, &result, NULL) == 0
					? 0
					: 1);
		}
		(void)usleep((useconds_t)(i * 400));
		(void)kill(child, SIGKILL);
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		fixture_open(NOW + 1);
		cr_expect_eq(fixture_read(kept, NOW + 1), 0);
		if (fixture_read(late, NOW + 1) == 0) {
			before++;
		} else {
			after++;
		}
	}
	cr_expect_geq(before, 5, "killed early: %d", before);
	counted_tell("kills while restoring", (uint64_t)(before + after), 60);
}

Test(backup, an_empty_directory_takes_the_keys_from_it)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_restoration result;

	add_of("S001", record);
	back_up(NOW);
	pst_vault_close(&vault);
	cr_assert_eq(unlink(fixture_path("vault.keys")), 0);
	cr_assert_eq(unlink(fixture_path("vault.db")), 0);
	cr_assert_eq(try_restore(NOW + 1, false, &result), 0, "%s", error.text);
	cr_expect_not(result.replaced);
	fixture_open(NOW + 1);
	cr_expect_eq(fixture_read(record, NOW + 1), 0);
}

Test(backup, another_vaults_is_refused)
{
	struct pst_vault_restoration result;
	uint8_t record[PST_VAULT_ID_SIZE];

	add_of("S001", record);
	back_up(NOW);
	pst_vault_close(&vault);
	cr_assert_eq(unlink(fixture_path("vault.keys")), 0);
	cr_assert_eq(unlink(fixture_path("vault.db")), 0);
	cr_assert_eq(unlink(fixture_path("vault.state")), 0);
	cr_assert_eq(pst_vault_init(fixture_dir, &fixture_key, NOW, &error), 0, "%s", error.text);
	cr_expect_eq(try_restore(NOW + 1, false, &result), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "another vault"), "%s", error.text);
	fixture_open(NOW + 1);
}

Test(backup, manifests_that_are_none)
{
	static const char *const edits[][2] = {{"postern-backup 1", "postern-backup 2"},
		{"\nrecords 1", "\nrecords 01"}, {"\ncounter ", "\ncounter -"},
		{"file vault.keys", "file vault.key"}, {"signature ", "signature  "}};
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_manifest manifest;
	uint8_t *data;
	size_t size;

	add_of("S001", record);
	back_up(NOW);
	cr_assert_eq(pst_fd_read_file(in_backup("manifest"), 4096, &data, &size, NULL), 0);
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		char text[2048];
		const char *at = strstr((const char *)data, edits[i][0]);

		cr_assert_not_null(at);
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - (const char *)data),
			(const char *)data, edits[i][1], at + strlen(edits[i][0]));
		cr_expect_eq(
			pst_vault_manifest_parse(text, &manifest), PST_E_FORMAT, "edit %zu", i);
	}
	for (size_t cut = 0; cut < size; cut++) {
		char text[2048];

		(void)snprintf(text, sizeof(text), "%.*s", (int)cut, (const char *)data);
		cr_expect_eq(pst_vault_manifest_parse(text, &manifest), PST_E_FORMAT);
	}
	cr_expect_eq(pst_vault_manifest_parse((const char *)data, &manifest), 0);
	free(data);
}
