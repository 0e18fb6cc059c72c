/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "vault/hold.h"
#include "vault/verify.h"

#define DAY 86400LL
#define MIDNIGHT ((NOW / DAY + 30) * DAY)

TestSuite(hold, .init = fixture_make, .fini = fixture_remove);

static uint8_t record[PST_VAULT_ID_SIZE];
static struct pst_vault_graves graves;

static void find(int64_t now_s)
{
	const struct pst_vault_whom whom = {.record = record};

	pst_vault_graves_finish(&graves);
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_find(vault, &whom, now_s, &graves, &error), 1, "%s", error.text);
}

static void hold(int64_t until_s)
{
	find(NOW);
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_hold_add(vault, &graves, until_s, "case-17", NOW, &error), 1, "%s",
		error.text);
}

static int take(void *user, const struct pst_vault_hold *found)
{
	*(struct pst_vault_hold *)user = *found;
	return 0;
}

static void check_clean(int64_t now_s)
{
	struct pst_vault_verification found;

	error = (struct pst_error){0};
	cr_assert_eq(
		pst_vault_verify(vault, NULL, now_s, NULL, &found, &error), 0, "%s", error.text);
	cr_expect_eq(found.found, 0);
}

Test(hold, keeps_a_record_beyond_its_class_until_the_day)
{
	fixture_add(record, 1, NOW);
	hold(MIDNIGHT);
	cr_expect_eq(fixture_read(record, NOW), 0);
	pst_vault_close(&vault);
	fixture_open(NOW + 20 * DAY);
	cr_expect_eq(fixture_read(record, NOW + 20 * DAY), 0, "%s", error.text);
	check_clean(NOW + 20 * DAY);
	cr_expect_eq(fixture_read(record, MIDNIGHT - 1), 0, "%s", error.text);
	cr_expect_eq(fixture_read(record, MIDNIGHT), PST_E_EXPIRED);
	cr_expect_eq(pst_vault_purge(vault, MIDNIGHT, &error), 1, "%s", error.text);
	struct pst_vault_hold left;
	cr_expect_eq(pst_vault_holds(vault, take, &left, NULL), 0);
	check_clean(MIDNIGHT);
}

Test(hold, released_late_the_record_is_gone_at_once)
{
	int deleted = -1;

	fixture_add(record, 1, NOW);
	hold(MIDNIGHT);
	find(NOW + 2 * DAY);
	cr_expect_eq(graves.held, 1);
	cr_expect_eq(pst_vault_hold_release(vault, &graves, NOW + 2 * DAY, &deleted, &error), 1,
		"%s", error.text);
	cr_expect_eq(deleted, 1);
	cr_expect_eq(fixture_read(record, NOW + 2 * DAY), PST_E_NOT_FOUND);
	check_clean(NOW + 2 * DAY);
}

Test(hold, released_in_time_the_class_counts_again)
{
	int deleted = -1;

	fixture_add(record, 1, NOW);
	hold(MIDNIGHT);
	find(NOW + HOUR);
	cr_expect_eq(pst_vault_hold_release(vault, &graves, NOW + HOUR, &deleted, &error), 1, "%s",
		error.text);
	cr_expect_eq(deleted, 0);
	cr_expect_eq(fixture_read(record, NOW + HOUR), 0);
	check_clean(NOW + HOUR);
	cr_expect_eq(fixture_read(record, NOW + 12 * HOUR), PST_E_EXPIRED);
	cr_expect_eq(pst_vault_hold_release(vault, &graves, NOW + 12 * HOUR, &deleted, &error), 0);
}

Test(hold, shorter_than_the_class_takes_nothing_away)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[64] = {1};

	info.retention_s = 300 * DAY;
	info.retention = "long";
	cr_assert_eq(pst_vault_add(vault, &info, template, sizeof(template), NOW, record, &error),
		1, "%s", error.text);
	hold(MIDNIGHT);
	cr_expect_eq(fixture_read(record, MIDNIGHT + DAY), 0, "%s", error.text);
	cr_expect_eq(fixture_read(record, NOW + 280 * DAY), 0, "%s", error.text);
	cr_expect_eq(fixture_read(record, NOW + 300 * DAY), PST_E_EXPIRED);
}

Test(hold, stops_every_other_way_of_deletion)
{
	struct pst_vault_record_info info = fixture_info();
	uint8_t template[64] = {1};

	cr_assert_eq(pst_vault_gallery_add(vault, "staff", &info, template, sizeof(template), NOW,
			     record, &error),
		1);
	hold(MIDNIGHT);
	find(NOW);
	cr_expect_eq(pst_vault_forget(vault, &graves, NOW, &error), PST_E_UNSAFE);
	cr_expect_not_null(strstr(error.text, "case-17"), "%s", error.text);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_gallery_remove(vault, "staff", "S001", NOW, &error), PST_E_UNSAFE);
	cr_expect_eq(pst_vault_gallery_remove(vault, "staff", NULL, NOW, NULL), PST_E_UNSAFE);
	cr_expect_eq(pst_vault_gallery_add(
			     vault, "staff", &info, template, sizeof(template), NOW, NULL, NULL),
		PST_E_UNSAFE);
	cr_expect_eq(fixture_read(record, NOW), 0);
	check_clean(NOW);
}

Test(hold, a_second_one_replaces_the_first)
{
	struct pst_vault_hold found;

	fixture_add(record, 1, NOW);
	hold(MIDNIGHT);
	find(NOW);
	cr_assert_eq(pst_vault_hold_add(vault, &graves, MIDNIGHT + 9 * DAY, "case-18", NOW, &error),
		1, "%s", error.text);
	cr_assert_eq(pst_vault_holds(vault, take, &found, NULL), 1);
	cr_expect_str_eq(found.reason, "case-18");
	cr_expect_eq(found.until_s, MIDNIGHT + 9 * DAY);
	cr_expect_eq(fixture_read(record, MIDNIGHT + DAY), 0, "%s", error.text);
	check_clean(MIDNIGHT + DAY);
}

Test(hold, refuses_bad_ends_and_reasons)
{
	static const int64_t ends[] = {0, NOW, MIDNIGHT + 1, (NOW / DAY) * DAY,
		(NOW / DAY + 40000) * DAY, INT64_MAX / DAY * DAY};

	fixture_add(record, 1, NOW);
	find(NOW);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		cr_expect_eq(pst_vault_hold_add(vault, &graves, ends[i], "c", NOW, NULL), -EINVAL,
			"%lld", (long long)ends[i]);
	}
	cr_expect_eq(pst_vault_hold_add(vault, &graves, MIDNIGHT, "John Doe", NOW, NULL), -EINVAL);
	cr_expect_eq(pst_vault_hold_add(vault, &graves, MIDNIGHT, NULL, NOW, NULL), -EINVAL);
	cr_expect_eq(pst_vault_hold_add(vault, &graves, MIDNIGHT, "", NOW, NULL), -EINVAL);
}

Test(hold, an_edited_one_is_found_and_opens_nothing)
{
	struct pst_vault_verification found;

	fixture_add(record, 1, NOW);
	hold(MIDNIGHT);
	pst_vault_close(&vault);
	fixture_sql("UPDATE hold SET until = until + 864000");
	fixture_open(NOW);
	cr_expect_eq(fixture_read(record, NOW), PST_E_VAULT);
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_HOLD], 1);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_RECORD], 1);
	pst_vault_close(&vault);
	fixture_sql("DELETE FROM hold");
	fixture_open(NOW);
	cr_expect_eq(fixture_read(record, NOW), PST_E_VAULT, "the key is that of the hold");
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_SET], 1);
}
