/* SPDX-License-Identifier: Apache-2.0 */
#include "lane_fixture.h"
#include "vault/verify.h"

#define DAY (24 * HOUR)

static struct pst_sign_key *key;
static struct pst_bulletin bulletin;

static void set_up(void)
{
	fixture_make();
	key = lane_key_new(0x4b);
}

static void tear_down(void)
{
	pst_bulletin_finish(&bulletin);
	pst_sign_key_close(&key);
	fixture_remove();
}

TestSuite(lane_key, .init = set_up, .fini = tear_down);

static int issue(const struct pst_vault_lane_order *order, int64_t now_s)
{
	pst_bulletin_finish(&bulletin);
	return lane_issue(order, now_s, &bulletin);
}

Test(lane_key, a_bulletin_reaches_as_far_as_what_it_lets_be_kept)
{
	struct pst_vault_lane_order order = lane_order("lane-1", key);
	uint32_t bucket;

	order.valid_s = 30 * DAY;
	cr_assert_eq(issue(&order, NOW), 0, "%s", error.text);
	cr_expect_str_eq(bulletin.lane, "lane-1");
	cr_expect_eq(bulletin.valid_until_s, NOW + 30 * DAY);
	cr_assert_eq(bulletin.class_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct pst_bulletin_class *class = &bulletin.classes[i];

		cr_expect_not_null(pst_bulletin_key(class, NOW + class->retention_s, &bucket));
		cr_expect_not_null(
			pst_bulletin_key(class, NOW + 30 * DAY + class->retention_s, &bucket));
		cr_expect_null(pst_bulletin_key(
			class, NOW + 30 * DAY + class->retention_s + class->width_s, &bucket));
	}
	const struct pst_bulletin_class *century =
		pst_bulletin_class_of(&bulletin, "long", 75LL * 365 * DAY);
	cr_assert_not_null(century);
	cr_expect(century->count >= 913 && century->count <= 915, "%u keys", century->count);
}

Test(lane_key, too_long_or_too_short)
{
	struct pst_vault_lane_order order = lane_order("lane-1", key);

	order.valid_s = HOUR - 1;
	cr_expect_eq(issue(&order, NOW), -EINVAL);
	order.valid_s = 367 * DAY;
	cr_expect_eq(issue(&order, NOW), -EINVAL);
	order.valid_s = 100 * DAY;
	cr_expect_eq(issue(&order, NOW), -EINVAL);
	cr_expect_not_null(strstr(error.text, "a shorter time"), "%s", error.text);
	order.valid_s = HOUR;
	order.class_count = 0;
	cr_expect_eq(issue(&order, NOW), -EINVAL);
	order = lane_order("no id", key);
	cr_expect_eq(issue(&order, NOW), -EINVAL);
}

Test(lane_key, a_key_is_one_lanes_and_a_lane_has_one_key)
{
	struct pst_sign_key *other = lane_key_new(0x99);
	struct pst_vault_lane_order order = lane_order("lane-1", key);

	cr_assert_eq(issue(&order, NOW), 0, "%s", error.text);
	cr_expect_eq(issue(&order, NOW + DAY), 0, "again, later: %s", error.text);
	order = lane_order("lane-2", key);
	cr_expect_eq(issue(&order, NOW), -EEXIST);
	order = lane_order("lane-1", other);
	cr_expect_eq(issue(&order, NOW), -EEXIST);
	cr_expect_not_null(strstr(error.text, "revoke it first"), "%s", error.text);
	error = (struct pst_error){0};
	cr_assert_eq(pst_vault_lane_revoke(vault, "lane-1", NOW, &error), 1, "%s", error.text);
	cr_expect_eq(issue(&order, NOW), 0, "%s", error.text);
	order = lane_order("lane-1", key);
	cr_expect_eq(issue(&order, NOW), PST_E_EXPIRED, "a revoked key stays so");
	pst_sign_key_close(&other);
}

/* What the vault itself wrote before, put back: its tag is good, the sum is not. */
Test(lane_key, a_row_put_back_is_found)
{
	const struct pst_vault_lane_order order = lane_order("lane-1", key);
	struct pst_vault_verification found = {0};

	cr_assert_eq(issue(&order, NOW), 0, "%s", error.text);
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0);
	pst_vault_close(&vault);
	fixture_sql("CREATE TABLE kept AS SELECT * FROM lane_key");
	fixture_open(NOW);
	cr_assert_eq(pst_vault_lane_revoke(vault, "lane-1", NOW, &error), 1);
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.found, 0);
	pst_vault_close(&vault);
	fixture_sql("DELETE FROM lane_key; INSERT INTO lane_key SELECT * FROM kept;"
		    "DROP TABLE kept");
	fixture_open(NOW);
	cr_assert_eq(pst_vault_verify(vault, NULL, NOW, NULL, &found, &error), 0);
	cr_expect_eq(found.flaws[PST_VAULT_FLAW_SET], 1);
}

static int heard;
static struct pst_vault_lane_item items[4];

static int hear(void *user, const struct pst_vault_lane_item *item)
{
	cr_assert_lt(heard, 4);
	items[heard++] = *item;
	return 0;
}

Test(lane_key, list_and_revoke)
{
	struct pst_vault_lane_order order = lane_order("lane-1", key);

	cr_assert_eq(issue(&order, NOW), 0, "%s", error.text);
	cr_assert_eq(pst_vault_lane_each(vault, NOW, hear, NULL, &error), 1);
	cr_expect_eq(items[0].revoked_s, 0);
	cr_expect_eq(items[0].since_s, NOW);
	cr_expect_eq(items[0].until_s, NOW + DAY);
	cr_expect_arr_eq(items[0].key, order.key, PST_SIGN_PUBLIC_SIZE);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_lane_revoke(vault, "lane-9", NOW, &error), PST_E_NOT_FOUND);
	error = (struct pst_error){0};
	cr_expect_eq(pst_vault_lane_revoke(vault, "lane-1", NOW + 9, &error), 1);
	cr_expect_eq(pst_vault_lane_revoke(vault, "lane-1", NOW + 9, &error), PST_E_NOT_FOUND);
	pst_vault_close(&vault);
	fixture_open(NOW + 10);
	heard = 0;
	cr_assert_eq(pst_vault_lane_each(vault, NOW + 10, hear, NULL, &error), 1);
	cr_expect_eq(items[0].revoked_s, NOW + 9);
	cr_expect_not(items[0].damaged);
}
