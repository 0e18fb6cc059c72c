/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

TestSuite(gallery, .init = fixture_make, .fini = fixture_remove);

static int enrol(const char *gallery, const char *subject, uint8_t mark, uint8_t contract)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[128];

	info.subject = subject;
	info.purpose = "enrol";
	info.contract[0] = contract;
	fixture_template(template, sizeof(template), mark);
	error = (struct pst_error){0};
	return pst_vault_gallery_add(
		vault, gallery, &info, template, sizeof(template), NOW, NULL, &error);
}

static int each(const char *gallery, uint8_t contract, int64_t now_s, struct fixture_seen *seen)
{
	const uint8_t id[PST_VAULT_ID_SIZE] = {contract, 2, 3};

	memset(seen, 0, sizeof(*seen));
	error = (struct pst_error){0};
	return pst_vault_gallery_each(
		vault, gallery, contract ? id : NULL, now_s, fixture_see, seen, &error);
}

Test(gallery, hands_over_references_of_the_contract)
{
	struct fixture_seen seen;
	uint8_t template[128];

	cr_assert_eq(enrol("demo", "S001", 1, 1), 1, "%s", error.text);
	cr_assert_eq(enrol("demo", "S002", 2, 1), 1);
	cr_assert_eq(enrol("demo", "S003", 3, 2), 1);
	cr_assert_eq(enrol("other", "S001", 4, 1), 1);
	cr_expect_eq(each("demo", 1, NOW, &seen), 2);
	fixture_template(template, sizeof(template), 2);
	cr_expect_eq(seen.key, pst_vault_subject_key(vault, "S002"));
	cr_expect_arr_eq(seen.bytes, template, sizeof(template));
	cr_expect_eq(each("demo", 2, NOW, &seen), 1);
	cr_expect_eq(each("demo", 0, NOW, &seen), 3);
	cr_expect_eq(each("demo", 9, NOW, &seen), PST_E_MISMATCH);
	cr_expect_not_null(strstr(error.text, "enrol again"), "%s", error.text);
	cr_expect_eq(each("nobody", 1, NOW, &seen), PST_E_NOT_FOUND);
	cr_expect_eq(each("no such name!", 1, NOW, &seen), -EINVAL);
}

Test(gallery, adding_a_subject_again_replaces_its_reference)
{
	struct fixture_seen seen;
	uint8_t template[128];

	cr_assert_eq(enrol("demo", "S001", 1, 1), 1);
	cr_assert_eq(enrol("demo", "S001", 2, 1), 1);
	cr_assert_eq(enrol("demo", "S001", 3, 2), 1);
	cr_expect_eq(each("demo", 1, NOW, &seen), 1);
	fixture_template(template, sizeof(template), 2);
	cr_expect_arr_eq(seen.bytes, template, sizeof(template));
	cr_expect_eq(each("demo", 2, NOW, &seen), 1, "of another contract: not replaced");
}

Test(gallery, expired_references_are_passed_over)
{
	struct fixture_seen seen;

	cr_assert_eq(enrol("demo", "S001", 1, 1), 1);
	cr_expect_eq(each("demo", 1, NOW + 12 * HOUR - 1, &seen), 1);
	cr_expect_eq(each("demo", 1, NOW + 12 * HOUR, &seen), 0);
	cr_expect_eq(seen.count, 0);
}

Test(gallery, removes_a_subject_or_all)
{
	struct fixture_seen seen;

	cr_assert_eq(enrol("demo", "S001", 1, 1), 1);
	cr_assert_eq(enrol("demo", "S002", 2, 1), 1);
	cr_assert_eq(enrol("demo", "S002", 3, 2), 1);
	cr_expect_eq(pst_vault_gallery_remove(vault, "demo", "S002", NOW, &error), 2);
	cr_expect_eq(each("demo", 0, NOW, &seen), 1);
	cr_expect_eq(pst_vault_gallery_remove(vault, "demo", "S002", NOW, NULL), PST_E_NOT_FOUND);
	cr_expect_eq(pst_vault_gallery_remove(vault, "nobody", NULL, NOW, NULL), PST_E_NOT_FOUND);
	cr_expect_eq(pst_vault_gallery_remove(vault, "demo", NULL, NOW, &error), 1);
	cr_expect_eq(each("demo", 0, NOW, &seen), PST_E_NOT_FOUND);
	cr_expect_eq(enrol("demo", "S003", 1, 1), 1, "the name may be used again");
	cr_expect_eq(each("demo", 1, NOW, &seen), 1);
}

Test(gallery, needs_a_subject_and_a_name)
{
	struct fixture_seen seen;

	cr_expect_eq(enrol("demo", NULL, 1, 1), -EINVAL);
	cr_expect_eq(enrol("", "S001", 1, 1), -EINVAL);
	cr_expect_eq(enrol(NULL, "S001", 1, 1), -EINVAL);
	cr_expect_eq(enrol("a b", "S001", 1, 1), -EINVAL);
	cr_expect_eq(each("demo", 1, NOW, &seen), PST_E_NOT_FOUND, "nothing half-written");
}

static int stop(void *user, uint64_t key, const uint8_t *template, size_t size)
{
	++*(int *)user;
	return PST_E_PLUGIN;
}

Test(gallery, a_failing_callback_ends_the_walk)
{
	int calls = 0;

	cr_assert_eq(enrol("demo", "S001", 1, 1), 1);
	cr_assert_eq(enrol("demo", "S002", 1, 1), 1);
	cr_expect_eq(
		pst_vault_gallery_each(vault, "demo", NULL, NOW, stop, &calls, NULL), PST_E_PLUGIN);
	cr_expect_eq(calls, 1);
}

Test(gallery, a_damaged_reference_is_named)
{
	struct fixture_seen seen;

	cr_assert_eq(enrol("demo", "S001", 1, 1), 1);
	pst_vault_close(&vault);
	fixture_sql("UPDATE record SET body=zeroblob(length(body))");
	fixture_open(NOW);
	cr_expect_eq(each("demo", 1, NOW, &seen), PST_E_VAULT);
	cr_expect_eq(seen.count, 0);
	cr_expect_not_null(strstr(error.text, "record "), "%s", error.text);
}

Test(gallery, one_moved_by_hand_is_noticed)
{
	struct fixture_seen seen;

	cr_assert_eq(enrol("staff", "S001", 1, 1), 1);
	cr_assert_eq(enrol("watched", "S002", 1, 1), 1);
	pst_vault_close(&vault);
	fixture_sql("UPDATE record SET gallery=1");
	fixture_open(NOW);
	cr_expect_eq(each("staff", 1, NOW, &seen), PST_E_VAULT);
	pst_vault_close(&vault);
	fixture_sql("UPDATE name SET text='x' WHERE kind=5 AND number=1;"
		    "UPDATE name SET text='staff' WHERE kind=5 AND number=2;"
		    "UPDATE name SET text='watched' WHERE kind=5 AND number=1");
	fixture_open(NOW);
	cr_expect_eq(each("staff", 1, NOW, &seen), PST_E_VAULT, "names swapped");
}

Test(gallery, keys_are_stable_and_differ_between_vaults)
{
	uint64_t key = pst_vault_subject_key(vault, "S001");

	cr_expect_neq(key, 0);
	cr_expect_neq(key, pst_vault_subject_key(vault, "S002"));
	pst_vault_close(&vault);
	fixture_open(NOW);
	cr_expect_eq(key, pst_vault_subject_key(vault, "S001"));
}

/* libsodium's allocator gives out after some 16 000 small buffers (its issue 901). */
Test(gallery, a_large_gallery_opens)
{
	struct fixture_seen seen;
	char subject[16];

	for (int i = 0; i < 2000; i++) {
		(void)snprintf(subject, sizeof(subject), "S%05d", i);
		cr_assert_eq(enrol("demo", subject, (uint8_t)i, 1), 1);
	}
	for (int i = 0; i < 10; i++) {
		cr_assert_eq(each("demo", 1, NOW, &seen), 2000);
	}
}

static struct pst_vault_entry batch_entry(
	const struct pst_vault_record_info *info, const char *gallery, uint8_t *record)
{
	static uint8_t template[512];

	fixture_template(template, sizeof(template), 5);
	return (struct pst_vault_entry){.info = info,
		.gallery = gallery,
		.template = template,
		.size = sizeof(template),
		.ret_record = record};
}

Test(gallery, a_batch_is_stored_as_a_whole)
{
	static uint8_t ids[40][PST_VAULT_ID_SIZE], none[PST_VAULT_ID_SIZE];
	struct pst_vault_record_info infos[40];
	struct pst_vault_entry entries[40];
	char subjects[40][8];

	for (int i = 0; i < 40; i++) {
		infos[i] = fixture_info();
		(void)snprintf(subjects[i], sizeof(subjects[i]), "S%d", i % 20);
		infos[i].subject = subjects[i];
		infos[i].retention_s = i == 7 ? 0 : HOUR;
		entries[i] = batch_entry(&infos[i], i % 2 ? "staff" : NULL, ids[i]);
	}
	cr_expect_eq(pst_vault_add_many(vault, entries, 40, NOW, &error), 39, "%s", error.text);
	cr_expect_arr_eq(ids[7], none, sizeof(none), "a class that stores nothing");
	/* Each of ten subjects is there twice: the last counts. */
	struct fixture_seen seen = {0};
	cr_expect_eq(
		pst_vault_gallery_each(vault, "staff", NULL, NOW, fixture_see, &seen, &error), 10);
	pst_vault_close(&vault);
	fixture_open(NOW);
	for (int i = 0; i < 40; i++) {
		bool there = i % 2 == 0 || i >= 20;

		cr_expect_eq(fixture_read(ids[i], NOW), there ? 0 : PST_E_NOT_FOUND, "%d", i);
	}
	cr_expect_eq(pst_vault_add_many(vault, entries, 0, NOW, &error), 0);
}

Test(gallery, a_batch_with_one_that_is_not_valid_stores_none)
{
	static uint8_t ids[3][PST_VAULT_ID_SIZE], none[PST_VAULT_ID_SIZE];
	struct pst_vault_record_info good = fixture_info(), bad = fixture_info();
	struct pst_vault_status before, after;

	bad.store = "no id";
	const struct pst_vault_entry entries[] = {batch_entry(&good, NULL, ids[0]),
		batch_entry(&good, "staff", ids[1]), batch_entry(&bad, NULL, ids[2])};
	cr_assert_eq(pst_vault_status(vault, NOW, &before, &error), 0);
	cr_expect_eq(pst_vault_add_many(vault, entries, 3, NOW, &error), -EINVAL);
	cr_expect_not_null(strstr(error.text, "no id"), "%s", error.text);
	cr_assert_eq(pst_vault_status(vault, NOW, &after, &error), 0);
	cr_expect_eq(after.records, before.records);
	cr_expect_eq(after.galleries, before.galleries);
	for (int i = 0; i < 3; i++) {
		cr_expect_arr_eq(ids[i], none, sizeof(none));
	}
	cr_expect_eq(pst_vault_add_many(vault, entries, 2, NOW, &error), 2, "%s", error.text);
}
