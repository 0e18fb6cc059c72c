/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "audit/receipt.h"

static struct pst_sign_key *key;
static uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
static const uint8_t head[PST_CHAIN_SIZE] = {0xab, 0xcd};
static const struct pst_receipt_source sources[] = {
	{"fr-2025-19655", "90 FR 48604"}, {"note", NULL}};
static const struct pst_receipt_store stores[] = {{"matching", 43200}, {"identity", 0}};

static void set_up(void)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {9};

	cr_assert_eq(pst_sign_key_open(&key, seed), 0);
	pst_sign_public(key, public_key);
}

static void tear_down(void)
{
	pst_sign_key_close(&key);
}

TestSuite(receipt, .init = set_up, .fini = tear_down);

static struct pst_receipt_info sample(void)
{
	return (struct pst_receipt_info){
		.id = "00112233445566778899aabbccddeeff",
		.issued_s = 1766707200,
		.lane = "lane-1",
		.category = "us-citizen",
		.notice = "2025-12",
		.verdict = "allow",
		.outcome = "refer-opted-out",
		.rule = "citizen-offered",
		.sources = sources,
		.source_count = 2,
		.stores = stores,
		.store_count = 2,
		.withdraw = "tell the officer \xe2\x80\x9cno\xe2\x80\x9d",
		.complain = "the authority",
		.audit_sequence = 17,
		.audit_head = head,
	};
}

static char *build(void)
{
	struct pst_receipt_info info = sample();
	struct pst_error error = {0};
	char *json;

	cr_assert_eq(pst_receipt_build(&info, key, &json, &error), 0, "%s", error.text);
	return json;
}

static int verify(const char *json, struct pst_receipt_summary *summary)
{
	return pst_receipt_verify(json, strlen(json), public_key, summary, NULL);
}

Test(receipt, verifies)
{
	struct pst_receipt_summary summary;
	char *json = build();

	cr_assert_eq(verify(json, &summary), 0);
	cr_expect_str_eq(summary.outcome, "refer-opted-out");
	cr_expect_str_eq(summary.rule, "citizen-offered");
	cr_expect_str_eq(summary.issued, "2025-12-26T00:00:00Z");
	cr_expect_eq(summary.audit_sequence, 17);
	cr_expect_arr_eq(summary.audit_hash, head, sizeof(head));
	cr_expect_str_eq(summary.id, sample().id);
	cr_expect_null(strchr(json, '\n'));
	free(json);
}

Test(receipt, each_has_its_own_id)
{
	char one[PST_RECEIPT_ID_SIZE];
	char other[PST_RECEIPT_ID_SIZE];

	pst_receipt_new_id(one);
	pst_receipt_new_id(other);
	cr_expect_eq(strlen(one), 32);
	cr_expect_eq(strspn(one, "0123456789abcdef"), 32);
	cr_expect_str_neq(one, other);
}

Test(receipt, survives_being_printed_nicely)
{
	struct pst_receipt_summary summary;
	char *json = build();
	json_t *value = json_loads(json, 0, NULL);
	char *pretty = json_dumps(value, JSON_INDENT(4));

	cr_expect_eq(verify(pretty, &summary), 0);
	free(pretty);
	free(json);
	json_decref(value);
}

Test(receipt, every_changed_field_is_found)
{
	struct pst_receipt_summary summary;
	char *json = build();
	json_t *value = json_loads(json, 0, NULL);
	const char *name;
	json_t *field;
	int tried = 0;

	json_object_foreach(value, name, field)
	{
		json_t *copy = json_deep_copy(value);

		(void)json_object_set_new(copy, name,
			json_is_string(field) ? json_string("changed")
					      : json_pack("[s]", "changed"));
		char *text = json_dumps(copy, 0);
		cr_expect_lt(verify(text, &summary), 0, "%s", name);
		free(text);
		(void)json_object_del(copy, name);
		text = json_dumps(copy, 0);
		cr_expect_eq(verify(text, &summary), PST_E_FORMAT, "%s left out", name);
		free(text);
		json_decref(copy);
		tried++;
	}
	cr_expect_eq(tried, 17);
	(void)json_object_set_new(value, "extra", json_true());
	char *text = json_dumps(value, 0);
	cr_expect_eq(verify(text, &summary), PST_E_FORMAT);
	free(text);
	json_decref(value);
	free(json);
}

Test(receipt, every_flipped_bit_is_found)
{
	struct pst_receipt_summary summary;
	char *json = build();
	size_t size = strlen(json);

	for (size_t bit = 0; bit < size * 8; bit++) {
		json[bit / 8] ^= (char)(1 << (bit % 8));
		/* A signature in capitals is the same signature. */
		int status = pst_receipt_verify(json, size, public_key, &summary, NULL);
		bool same_digits = bit % 8 == 5 && strstr(json, "signature") &&
				   json + bit / 8 > strstr(json, "signature");
		cr_assert(status < 0 || same_digits, "bit %zu of '%c'", bit, json[bit / 8]);
		json[bit / 8] ^= (char)(1 << (bit % 8));
	}
	free(json);
}

Test(receipt, another_key_is_told_apart_from_a_change)
{
	const uint8_t seed[PST_SIGN_SEED_SIZE] = {10};
	struct pst_sign_key *other;
	uint8_t other_public[PST_SIGN_PUBLIC_SIZE];
	struct pst_receipt_summary summary;
	char *json = build();

	cr_assert_eq(pst_sign_key_open(&other, seed), 0);
	pst_sign_public(other, other_public);
	cr_expect_eq(pst_receipt_verify(json, strlen(json), other_public, &summary, NULL),
		PST_E_MISMATCH);
	pst_sign_key_close(&other);
	free(json);
}

Test(receipt, what_is_no_receipt)
{
	static const char *const texts[] = {
		"", "{}", "[]", "null", "{\"receipt\":1}", "\xff", "{\"receipt\":1,\"receipt\":1}"};
	struct pst_receipt_summary summary;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_eq(verify(texts[i], &summary), PST_E_FORMAT, "%s", texts[i]);
	}
}

Test(receipt, nothing_may_be_missing)
{
	struct pst_receipt_info info = sample();
	char *json;

	info.outcome = NULL;
	cr_expect_eq(pst_receipt_build(&info, key, &json, NULL), -EINVAL);
	cr_expect_null(json);
	info = sample();
	info.id = NULL;
	cr_expect_eq(pst_receipt_build(&info, key, &json, NULL), -EINVAL);
	info = sample();
	info.withdraw = "";
	cr_expect_eq(pst_receipt_build(&info, key, &json, NULL), -EINVAL);
	info = sample();
	info.audit_sequence = 0;
	cr_expect_eq(pst_receipt_build(&info, key, &json, NULL), -EINVAL);
	info = sample();
	info.source_count = PST_RECEIPT_LIST_MAX + 1;
	cr_expect_eq(pst_receipt_build(&info, key, &json, NULL), -EINVAL);
	info = sample();
	info.complain = "\xff\xfe";
	cr_expect_eq(pst_receipt_build(&info, key, &json, NULL), -EINVAL);
	info = sample();
	info.notice = info.reason = NULL;
	info.source_count = info.store_count = 0;
	struct pst_receipt_summary summary;
	cr_assert_eq(pst_receipt_build(&info, key, &json, NULL), 0);
	cr_expect_eq(verify(json, &summary), 0);
	free(json);
}
