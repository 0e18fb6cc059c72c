/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "vault/escrow.h"
#include "vault/hold.h"
#include "vault/verify.h"

#define DAY 86400LL

static char recovery_path[128];
static uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];

static void set_up(void)
{
	fixture_make();
	(void)snprintf(recovery_path, sizeof(recovery_path), "%s/recovery", fixture_dir);
	cr_assert_eq(pst_keyring_make_key_file(recovery_path), 0);
	cr_assert_eq(pst_escrow_public(recovery_path, public_key, NULL), 0);
}

TestSuite(escrow, .init = set_up, .fini = fixture_remove);

static void add_for(int64_t retention_s, const char *name, uint8_t record[PST_VAULT_ID_SIZE])
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[64] = {7};

	info.retention = name;
	info.retention_s = retention_s;
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), NOW, record, &error),
		1, "%s", error.text);
}

static void set_key(void)
{
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_recovery_set(vault, public_key, NOW, &error), 0, "%s", error.text);
}

static int recover(int64_t now_s, struct pst_vault_recovered *done)
{
	pst_vault_close(&vault);
	error = (struct pst_error){0};
	return pst_vault_recover(
		fixture_dir, &fixture_key, recovery_path, now_s, false, done, &error);
}

static struct pst_vault_recovery look(void)
{
	struct pst_vault_recovery recovery;

	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_recovery_read(vault, &recovery, &error), 0, "%s", error.text);
	return recovery;
}

Test(escrow, brings_the_long_classes_back_and_no_short_one)
{
	static const int64_t days[] = {1, 30, 31, 32, 365, 75 * 365};
	uint8_t record[6][PST_VAULT_ID_SIZE];
	struct pst_vault_recovered done;

	for (int i = 0; i < 6; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "c%d", i);
		add_for(days[i] * DAY, name, record[i]);
		if (i == 3) {
			set_key();
		}
	}
	cr_expect_eq(look().classes, 3, "32 days and more: %u", look().classes);
	pst_vault_close(&vault);
	cr_assert_eq(unlink(fixture_path("vault.state")), 0);
	cr_assert_eq(recover(NOW + 60, &done), 0, "%s", error.text);
	cr_expect_eq(done.lost, 3);
	cr_expect_eq(done.records, 3);
	fixture_open(NOW + 60);
	for (int i = 0; i < 6; i++) {
		cr_expect_eq(fixture_read(record[i], NOW + 60), i < 3 ? PST_E_NOT_FOUND : 0,
			"%lld days", (long long)days[i]);
	}
	struct pst_vault_verification found;
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW + 60, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0);
	add_for(DAY, "c0", record[0]);
	cr_expect_eq(fixture_read(record[0], NOW + 60), 0, "the short class begins anew");
}

Test(escrow, a_hold_is_never_in_it)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_whom whom = {.record = record};
	struct pst_vault_graves graves;
	struct pst_vault_recovered done;

	set_key();
	add_for(12 * HOUR, "short", record);
	cr_assert_eq(pst_vault_find(vault, &whom, NOW, &graves, &error), 1);
	cr_assert_eq(
		pst_vault_hold_add(vault, &graves, (NOW / DAY + 400) * DAY, "case", NOW, &error), 1,
		"%s", error.text);
	pst_vault_graves_finish(&graves);
	cr_expect_eq(look().classes, 0);
	pst_vault_close(&vault);
	cr_assert_eq(unlink(fixture_path("vault.state")), 0);
	cr_assert_eq(recover(NOW, &done), 0, "%s", error.text);
	cr_expect_eq(done.lost, 1);
	fixture_open(NOW);
	struct pst_vault_verification found;
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0);
}

Test(escrow, what_expired_before_it_was_made_does_not_come_back)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_recovered done;
	uint8_t *data;
	size_t size;

	set_key();
	add_for(100 * DAY, "long", record);
	pst_vault_close(&vault);
	/* A database of then, and a vault that goes on. */
	cr_assert_eq(pst_fd_read_file(fixture_path("vault.db"), 1u << 24, &data, &size, NULL), 0);
	fixture_open(NOW + 101 * DAY);
	cr_expect_geq(look().made_s, NOW + 100 * DAY, "made anew when the bucket died");
	pst_vault_close(&vault);
	cr_assert_eq(pst_fd_replace_file(fixture_path("vault.db"), data, size, 0600, NULL), 0);
	free(data);
	cr_assert_eq(unlink(fixture_path("vault.state")), 0);
	/* The clock of whoever recovers is set back, too. */
	cr_assert_eq(recover(NOW, &done), 0, "%s", error.text);
	fixture_open(NOW);
	cr_expect_neq(fixture_read(record, NOW), 0);
}

Test(escrow, refuses_what_is_not_its_own)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_recovered done;
	char other[160];
	uint8_t *data, bad[PST_RATCHET_PUBLIC_SIZE] = {0};
	size_t size;
	int rejected = 0;

	cr_expect_eq(pst_vault_recovery_set(vault, bad, NOW, NULL), -EINVAL);
	cr_expect_not(look().is_set);
	set_key();
	add_for(100 * DAY, "long", record);
	cr_expect_eq(recover(NOW, &done), -EEXIST, "nothing is lost");
	cr_assert_eq(
		pst_fd_read_file(fixture_path("vault.escrow"), 1u << 16, &data, &size, NULL), 0);
	cr_assert_eq(unlink(fixture_path("vault.state")), 0);
	for (size_t i = 0; i < size; i += i < 80 ? 1 : 7) {
		data[i] ^= 4;
		cr_assert_eq(
			pst_fd_replace_file(fixture_path("vault.escrow"), data, size, 0600, NULL),
			0);
		rejected += recover(NOW, &done) == PST_E_VAULT;
		data[i] ^= 4;
	}
	cr_expect_eq(rejected, (int)(80 + (size - 80 + 6) / 7));
	cr_assert_eq(
		pst_fd_replace_file(fixture_path("vault.escrow"), data, size - 1, 0600, NULL), 0);
	cr_expect_eq(recover(NOW, &done), PST_E_VAULT);
	cr_assert_eq(pst_fd_replace_file(fixture_path("vault.escrow"), data, size, 0600, NULL), 0);
	free(data);
	(void)strcpy(other, recovery_path);
	(void)snprintf(recovery_path, sizeof(recovery_path), "%s/other", fixture_dir);
	cr_assert_eq(pst_keyring_make_key_file(recovery_path), 0);
	cr_expect_eq(recover(NOW, &done), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "another recovery key"), "%s", error.text);
	(void)strcpy(recovery_path, other);
	cr_expect_eq(recover(NOW, &done), 0, "%s", error.text);
	fixture_open(NOW);
	cr_expect_eq(fixture_read(record, NOW), 0);
}

Test(escrow, verification_finds_a_swapped_one)
{
	struct pst_vault_verification found;
	uint8_t *data;
	size_t size;

	set_key();
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0);
	cr_assert_eq(
		pst_fd_read_file(fixture_path("vault.escrow"), 1u << 16, &data, &size, NULL), 0);
	data[45] ^= 1;
	cr_assert_eq(pst_fd_replace_file(fixture_path("vault.escrow"), data, size, 0600, NULL), 0);
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_ESCROW], 1);
	free(data);
	cr_assert_eq(unlink(fixture_path("vault.escrow")), 0);
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_ESCROW], 1);
	pst_vault_close(&vault);
	fixture_sql("UPDATE meta SET value=zeroblob(64) WHERE key='recovery'");
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_open(&vault, fixture_dir, &fixture_key, NOW, &error), PST_E_VAULT);
	cr_expect_not_null(strstr(error.text, "recovery key was changed"), "%s", error.text);
}
