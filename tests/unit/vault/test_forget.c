/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "vault/forget.h"
#include "vault/verify.h"

TestSuite(forget, .init = fixture_make, .fini = fixture_remove);

static void add_of(
	const char *subject, const char *gallery, uint8_t mark, uint8_t record[PST_VAULT_ID_SIZE])
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[512];

	info.subject = subject;
	fixture_template(template, sizeof(template), mark);
	error = (struct pst_error){0};
	int status = gallery ? pst_vault_gallery_add(vault, gallery, &info, template,
				       sizeof(template), NOW, record, &error)
			     : pst_vault_add(vault, &info, template, sizeof(template), NOW, record,
				       &error);
	cr_assert_eq(status, 1, "%s", error.text);
}

static int forget(const struct pst_vault_whom *whom, int64_t now_s)
{
	struct pst_vault_graves graves;

	error = (struct pst_error){0};
	int count = pst_vault_find(vault, whom, now_s, &graves, &error);
	if (count > 0) {
		int deleted = pst_vault_forget(vault, &graves, now_s, &error);

		cr_expect_eq(deleted, count, "%s", error.text);
	}
	pst_vault_graves_finish(&graves);
	return count;
}

static int ignore_tombstone(void *user, const struct pst_vault_tombstone *tombstone)
{
	cr_expect_not(tombstone->damaged);
	if (user) {
		*(int64_t *)user = tombstone->until_s;
	}
	return 0;
}

static int tombstones(void)
{
	return pst_vault_tombstones(vault, ignore_tombstone, NULL, NULL);
}

Test(forget, a_person_is_gone_from_every_store_and_gallery)
{
	static const char *const galleries[] = {NULL, NULL, "staff", "crew"};
	uint8_t gone[4][PST_VAULT_ID_SIZE], other[PST_VAULT_ID_SIZE], template[512];
	const struct pst_vault_whom whom = {.subject = "S001"};

	for (uint8_t i = 0; i < 4; i++) {
		add_of("S001", galleries[i], i, gone[i]);
	}
	add_of("S002", "staff", 9, other);
	fixture_template(template, sizeof(template), 9);
	cr_expect_eq(forget(&whom, NOW + 1), 4);
	for (int i = 0; i < 4; i++) {
		cr_expect_eq(fixture_read(gone[i], NOW + 1), PST_E_NOT_FOUND);
		cr_expect_not(fixture_dir_holds(gone[i], PST_VAULT_ID_SIZE),
			"the record's id stands somewhere");
	}
	cr_expect_eq(fixture_read(other, NOW + 1), 0);
	cr_expect_eq(tombstones(), 4);
	cr_expect_eq(forget(&whom, NOW + 1), 0, "nobody is forgotten twice");
}

Test(forget, nothing_is_changed_by_looking)
{
	struct pst_vault_graves graves;
	const struct pst_vault_whom whom = {.subject = "S001"};
	uint8_t record[PST_VAULT_ID_SIZE];

	add_of("S001", NULL, 1, record);
	cr_expect_eq(pst_vault_find(vault, &whom, NOW, &graves, NULL), 1);
	cr_expect_arr_eq(graves.grave[0].record, record, sizeof(record));
	cr_expect_arr_neq(graves.grave[0].tombstone.hash, record, sizeof(record));
	pst_vault_graves_finish(&graves);
	cr_expect_eq(tombstones(), 0);
	cr_expect_eq(fixture_read(record, NOW), 0);
}

Test(forget, one_record_or_those_of_a_log_entry)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t record[3][PST_VAULT_ID_SIZE], template[64] = {1};
	const uint64_t sequence[] = {500, 78};

	for (uint64_t i = 0; i < 3; i++) {
		info.audit_sequence = 77 + i;
		cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), NOW, record[i],
				     &error),
			1);
	}
	cr_expect_eq(forget(&(struct pst_vault_whom){.record = record[0]}, NOW), 1);
	cr_expect_eq(
		forget(&(struct pst_vault_whom){.audit_sequences = sequence, .count = 2}, NOW), 1);
	cr_expect_eq(fixture_read(record[0], NOW), PST_E_NOT_FOUND);
	cr_expect_eq(fixture_read(record[1], NOW), PST_E_NOT_FOUND);
	cr_expect_eq(fixture_read(record[2], NOW), 0);
	cr_expect_eq(forget(&(struct pst_vault_whom){0}, NOW), 0, "nobody is nobody");
}

Test(forget, a_tombstone_lasts_as_long_as_its_record_would_have)
{
	uint8_t record[PST_VAULT_ID_SIZE];
	int64_t until_s = 0;

	add_of("S001", NULL, 1, record);
	cr_assert_eq(forget(&(struct pst_vault_whom){.record = record}, NOW), 1);
	cr_assert_eq(pst_vault_tombstones(vault, ignore_tombstone, &until_s, NULL), 1);
	cr_expect_gt(until_s, NOW + 11 * HOUR);
	cr_expect_leq(until_s, NOW + 12 * HOUR);
	cr_assert_eq(pst_vault_purge(vault, until_s - 1, &error), 0, "%s", error.text);
	cr_expect_eq(tombstones(), 1);
	cr_assert_eq(pst_vault_purge(vault, until_s, &error), 0, "%s", error.text);
	cr_expect_eq(tombstones(), 0);
	pst_vault_close(&vault);
	fixture_open(NOW + 13 * HOUR);
	struct pst_vault_verification found;
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW + 13 * HOUR, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0);
}

Test(forget, the_set_stays_right_across_openings)
{
	struct pst_vault_set before, after;
	struct pst_vault_verification found;
	uint8_t record[PST_VAULT_ID_SIZE];

	for (uint8_t i = 0; i < 20; i++) {
		add_of(i % 2 ? "S001" : "S002", i % 3 ? "staff" : NULL, i, record);
	}
	cr_assert_gt(forget(&(struct pst_vault_whom){.subject = "S002"}, NOW), 0);
	pst_vault_set(vault, &before);
	pst_vault_close(&vault);
	fixture_open(NOW + 1);
	pst_vault_set(vault, &after);
	cr_expect_eq(after.counter, before.counter);
	cr_expect_arr_eq(after.hash, before.hash, sizeof(after.hash));
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW + 1, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0);
	cr_expect_eq(found.records, after.records);
}
