/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "audit/audit.h"
#include "audit/receipt.h"
#include "base/fd.h"

static struct pst_sign_key *key;
static uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
static const uint8_t head[PST_CHAIN_SIZE] = {0xab, 0xcd};
static const struct pst_receipt_source sources[] = {
	{"fr-2025-19655", "The rule", "90 FR 48604", "seen"}, {"note", "A note", NULL, "recalled"}};
static const struct pst_receipt_dispute disputes[] = {{"D1", "Must or may?", "may"}};
static const struct pst_receipt_store stores[] = {
	{"matching", 43200, "12 hours"}, {"identity", 0, "nothing"}};
static const struct pst_receipt_kept kept[] = {{"matching", "2025-12-26T12:00:00Z"}};
static char id[PST_RECEIPT_ID_SIZE];

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
	pst_receipt_new_id(id);
	return (struct pst_receipt_info){
		.id = id,
		.issued = "2025-12-26T00:00:00Z",
		.lane = "lane-1",
		.category = "us-citizen",
		.known_by = "document",
		.notice = "2025-12",
		.notice_state = "current",
		.notice_language = "en",
		.choice = "decline",
		.verdict = "allow",
		.authority = "offered",
		.outcome = "refer-opted-out",
		.reason = NULL,
		.rule = "citizen-offered",
		.rule_text = "A citizen may decline.",
		.basis = "policy",
		.purpose = "verify",
		.modality = "face",
		.policy = "us-border",
		.policy_version = 3,
		.policy_sha256 = "00ff",
		.sources = sources,
		.source_count = 2,
		.disputes = disputes,
		.dispute_count = 1,
		.stores = stores,
		.store_count = 2,
		.kept = kept,
		.kept_count = 1,
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

static int verify_bytes(const char *json, size_t size)
{
	struct pst_receipt *receipt = NULL;
	int status = pst_receipt_open(json, size, &receipt, NULL);

	if (status == 0) {
		status = pst_receipt_verify(receipt, public_key, NULL);
	}
	pst_receipt_close(&receipt);
	return status;
}

static int verify(const char *json)
{
	return verify_bytes(json, strlen(json));
}

Test(receipt, says_all_that_was_put_in)
{
	struct pst_receipt_info info = sample();
	struct pst_receipt *receipt = NULL;
	char *json;

	cr_assert_eq(pst_receipt_build(&info, key, &json, NULL), 0);
	cr_assert_eq(pst_receipt_open(json, strlen(json), &receipt, NULL), 0);
	cr_expect_eq(pst_receipt_verify(receipt, public_key, NULL), 0);
	const struct pst_receipt_info *read = &receipt->info;

	const char *const pairs[][2] = {{read->id, info.id}, {read->issued, info.issued},
		{read->lane, info.lane}, {read->category, info.category},
		{read->known_by, info.known_by}, {read->notice, info.notice},
		{read->notice_state, info.notice_state},
		{read->notice_language, info.notice_language}, {read->choice, info.choice},
		{read->verdict, info.verdict}, {read->authority, info.authority},
		{read->outcome, info.outcome}, {read->rule, info.rule},
		{read->rule_text, info.rule_text}, {read->basis, info.basis},
		{read->purpose, info.purpose}, {read->modality, info.modality},
		{read->policy, info.policy}, {read->policy_sha256, info.policy_sha256},
		{read->withdraw, info.withdraw}, {read->complain, info.complain}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		cr_expect_str_eq(pairs[i][0], pairs[i][1]);
	}
	cr_expect_eq(receipt->schema, 2);
	cr_expect_eq(read->policy_version, 3);
	cr_expect_null(read->reason);
	cr_expect_null(read->recording);
	cr_expect_null(read->picture);
	cr_expect_null(strstr(json, "picture"));
	cr_assert_eq(read->source_count, 2);
	cr_expect_str_eq(read->sources[0].title, "The rule");
	cr_expect_null(read->sources[1].citation);
	cr_expect_str_eq(read->sources[1].status, "recalled");
	cr_assert_eq(read->dispute_count, 1);
	cr_expect_str_eq(read->disputes[0].taken, "may");
	cr_assert_eq(read->store_count, 2);
	cr_expect_eq(read->stores[0].retention_s, 43200);
	cr_expect_str_eq(read->stores[0].meaning, "12 hours");
	cr_assert_eq(read->kept_count, 1);
	cr_expect_str_eq(read->kept[0].until, "2025-12-26T12:00:00Z");
	cr_expect_eq(read->audit_sequence, 17);
	cr_expect_arr_eq(receipt->audit_hash, head, sizeof(head));
	cr_expect_null(strchr(json, '\n'));
	pst_receipt_close(&receipt);
	free(json);
}

Test(receipt, each_has_its_own_id)
{
	char first[PST_RECEIPT_ID_SIZE];
	char second[PST_RECEIPT_ID_SIZE];

	pst_receipt_new_id(first);
	pst_receipt_new_id(second);
	cr_expect_eq(strlen(first), 32);
	cr_expect_str_neq(first, second);
}

Test(receipt, survives_being_printed_nicely)
{
	char *json = build();
	json_t *value = json_loads(json, 0, NULL);
	char *pretty = json_dumps(value, JSON_INDENT(4));

	cr_expect_eq(verify(pretty), 0);
	free(pretty);
	free(json);
	json_decref(value);
}

Test(receipt, every_changed_field_is_found)
{
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
		cr_expect_lt(verify(text), 0, "%s", name);
		free(text);
		(void)json_object_del(copy, name);
		text = json_dumps(copy, 0);
		cr_expect_eq(verify(text), PST_E_FORMAT, "%s left out", name);
		free(text);
		json_decref(copy);
		tried++;
	}
	cr_expect_eq(tried, 30);
	(void)json_object_set_new(value, "extra", json_true());
	char *text = json_dumps(value, 0);
	cr_expect_eq(verify(text), PST_E_FORMAT);
	free(text);
	json_decref(value);
	free(json);
}

Test(receipt, every_flipped_bit_is_found)
{
	char *json = build();
	size_t size = strlen(json);

	size_t digits = (size_t)(strstr(json, "\"signature\":\"") - json) + 13;

	for (size_t bit = 0; bit < size * 8; bit++) {
		json[bit / 8] ^= (char)(1 << (bit % 8));
		/* A signature in capitals is the same signature. */
		int status = verify_bytes(json, size);
		bool same_digits = bit % 8 == 5 && bit / 8 >= digits && bit / 8 < digits + 128;
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
	struct pst_receipt *receipt = NULL;
	char *json = build();

	cr_assert_eq(pst_sign_key_open(&other, seed), 0);
	pst_sign_public(other, other_public);
	cr_assert_eq(pst_receipt_open(json, strlen(json), &receipt, NULL), 0);
	cr_expect_eq(pst_receipt_verify(receipt, other_public, NULL), PST_E_MISMATCH);
	pst_receipt_close(&receipt);
	pst_sign_key_close(&other);
	free(json);
}

Test(receipt, what_is_no_receipt)
{
	static const char *const texts[] = {"", "{}", "[]", "null", "{\"receipt\":1}",
		"{\"receipt\":2}", "{\"receipt\":3}", "\xff", "{\"receipt\":1,\"receipt\":1}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_eq(verify(texts[i]), PST_E_FORMAT, "%s", texts[i]);
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
	const struct pst_receipt_dispute no_text = {"D1", "\xff", "may"};
	info = sample();
	info.disputes = &no_text;
	cr_expect_eq(pst_receipt_build(&info, key, &json, NULL), -EINVAL);
	cr_expect_null(json);
}

Test(receipt, what_may_be_missing)
{
	struct pst_receipt_info info = sample();
	struct pst_receipt *receipt = NULL;
	char *json;

	info.notice = info.notice_language = info.reason = info.choice = info.authority = NULL;
	info.source_count = info.dispute_count = info.store_count = info.kept_count = 0;
	info.audit_sequence = 0;
	info.audit_head = NULL;
	cr_assert_eq(pst_receipt_build(&info, key, &json, NULL), 0);
	cr_assert_eq(pst_receipt_open(json, strlen(json), &receipt, NULL), 0);
	cr_expect_eq(pst_receipt_verify(receipt, public_key, NULL), 0);
	cr_expect_null(receipt->info.notice);
	cr_expect_null(receipt->info.audit_head);
	cr_expect_eq(receipt->info.audit_sequence, 0);
	pst_receipt_close(&receipt);
	free(json);
}

/* Every list element, and every object, has all its fields and no other. */
Test(receipt, damaged_parts_are_no_receipt)
{
	static const char *const lists[] = {"sources", "disputes", "retention", "kept"};
	char *json = build();

	for (size_t i = 0; i < 4; i++) {
		for (int kind = 0; kind < 3; kind++) {
			json_t *value = json_loads(json, 0, NULL);
			json_t *one = json_array_get(json_object_get(value, lists[i]), 0);

			if (kind == 0) {
				(void)json_object_set_new(one, "extra", json_true());
			} else if (kind == 1) {
				(void)json_object_del(
					one, json_object_iter_key(json_object_iter(one)));
			} else {
				(void)json_array_set_new(json_object_get(value, lists[i]), 0,
					json_string("no object"));
			}
			char *text = json_dumps(value, 0);
			cr_expect_eq(verify(text), PST_E_FORMAT, "%s, %d", lists[i], kind);
			free(text);
			json_decref(value);
		}
	}
	free(json);
}

/* As the version before wrote it. */
Test(receipt, schema_1_still_verifies)
{
	struct pst_receipt *receipt = NULL;
	uint8_t *text;
	size_t size;

	cr_assert_eq(pst_fd_read_file(
			     FIXTURES "/receipt-1.json", PST_RECEIPT_SIZE_MAX, &text, &size, NULL),
		0);
	cr_assert_eq(pst_audit_read_public(FIXTURES "/receipt-1.pub", public_key, NULL), 0);
	cr_assert_eq(pst_receipt_open((char *)text, size, &receipt, NULL), 0);
	cr_expect_eq(pst_receipt_verify(receipt, public_key, NULL), 0);
	cr_expect_eq(receipt->schema, 1);
	cr_expect_str_eq(receipt->info.outcome, "refer-opted-out");
	cr_expect_null(receipt->info.policy);
	cr_expect_null(receipt->info.sources[0].title);
	pst_receipt_close(&receipt);
	char *outcome = strstr((char *)text, "refer-opted-out");
	memcpy(outcome, "refer-exemptxxx", 15);
	cr_expect_eq(verify((char *)text), PST_E_CORRUPT);
	free(text);
}
