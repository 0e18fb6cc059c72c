/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "audit/receipt_form.h"

/* A field of a receipt or of an object in it. */
struct field {
	const char *name;
	json_type type;
	int since;     /* schema */
	bool nullable; /* JSON's null is a value of it */
};

static const struct field fields[] = {
	{"receipt", JSON_INTEGER, 1, false},
	{"id", JSON_STRING, 1, false},
	{"key", JSON_STRING, 1, false},
	{"issued", JSON_STRING, 1, false},
	{"lane", JSON_STRING, 1, false},
	{"category", JSON_STRING, 1, false},
	{"known_by", JSON_STRING, 2, false},
	{"notice", JSON_STRING, 1, true},
	{"notice_state", JSON_STRING, 2, false},
	{"notice_language", JSON_STRING, 2, true},
	{"choice", JSON_STRING, 2, true},
	{"verdict", JSON_STRING, 1, false},
	{"authority", JSON_STRING, 2, true},
	{"outcome", JSON_STRING, 1, false},
	{"reason", JSON_STRING, 1, true},
	{"rule", JSON_STRING, 1, false},
	{"rule_text", JSON_STRING, 2, false},
	{"basis", JSON_STRING, 2, false},
	{"purpose", JSON_STRING, 2, false},
	{"modality", JSON_STRING, 2, false},
	{"recording", JSON_STRING, 2, true},
	{"policy", JSON_OBJECT, 2, false},
	{"sources", JSON_ARRAY, 1, false},
	{"disputes", JSON_ARRAY, 2, false},
	{"retention", JSON_ARRAY, 1, false},
	{"kept", JSON_ARRAY, 2, false},
	{"withdraw", JSON_STRING, 1, false},
	{"complain", JSON_STRING, 1, false},
	{"audit", JSON_OBJECT, 1, true},
	{"signature", JSON_STRING, 1, false},
};

static const struct field policy_fields[] = {
	{"id", JSON_STRING, 2, false},
	{"version", JSON_INTEGER, 2, false},
	{"sha256", JSON_STRING, 2, false},
};

static const struct field audit_fields[] = {
	{"sequence", JSON_INTEGER, 1, false},
	{"hash", JSON_STRING, 1, false},
};

static const struct field source_fields[] = {
	{"id", JSON_STRING, 1, false},
	{"title", JSON_STRING, 2, false},
	{"citation", JSON_STRING, 1, true},
	{"status", JSON_STRING, 2, false},
};

static const struct field dispute_fields[] = {
	{"id", JSON_STRING, 2, false},
	{"question", JSON_STRING, 2, false},
	{"taken", JSON_STRING, 2, false},
};

static const struct field store_fields[] = {
	{"store", JSON_STRING, 1, false},
	{"seconds", JSON_INTEGER, 1, false},
	{"meaning", JSON_STRING, 2, false},
};

static const struct field kept_fields[] = {
	{"store", JSON_STRING, 2, false},
	{"until", JSON_STRING, 2, false},
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Every field of the schema, each of its type, and no other one. */
static bool has_fields(
	const json_t *object, const struct field *list, size_t count, int schema, size_t others)
{
	size_t expected = others;

	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(object, list[i].name);

		if (list[i].since > schema) {
			continue;
		}
		if (!value || (json_typeof(value) != list[i].type &&
				      !(list[i].nullable && json_is_null(value)))) {
			return false;
		}
		expected++;
	}
	return json_object_size(object) == expected;
}

static bool has_items(
	const json_t *receipt, const char *name, const struct field *list, size_t count, int schema)
{
	const json_t *items = json_object_get(receipt, name);

	for (size_t i = 0; i < json_array_size(items); i++) {
		if (!has_fields(json_array_get(items, i), list, count, schema, 0)) {
			return false;
		}
	}
	return json_array_size(items) <= PST_RECEIPT_LIST_MAX;
}

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* In schema 1 a recording was left out, not null, and an audit position was never missing. Of whom
 * nobody saw a picture, none is spoken of. */
static bool has_form(const json_t *json, int schema)
{
	const json_t *more = json_object_get(json, schema == 1 ? "recording" : "picture");
	const json_t *audit = json_object_get(json, "audit");
	const json_t *policy = json_object_get(json, "policy");

	return has_fields(json, fields, COUNT(fields), schema, more ? 1 : 0) &&
	       (!more || json_is_string(more)) &&
	       (schema == 1 ||
		       has_fields(policy, policy_fields, COUNT(policy_fields), schema, 0)) &&
	       (json_is_null(audit)
			       ? schema > 1
			       : has_fields(audit, audit_fields, COUNT(audit_fields), schema, 0) &&
					 json_integer_value(json_object_get(audit, "sequence")) >
						 0) &&
	       has_items(json, "sources", source_fields, COUNT(source_fields), schema) &&
	       has_items(json, "disputes", dispute_fields, COUNT(dispute_fields), schema) &&
	       has_items(json, "retention", store_fields, COUNT(store_fields), schema) &&
	       has_items(json, "kept", kept_fields, COUNT(kept_fields), schema);
}

static void fill_lists(struct pst_receipt *receipt, const json_t *json)
{
	struct pst_receipt_info *info = &receipt->info;
	size_t i;
	const json_t *one;

	json_array_foreach(json_object_get(json, "sources"), i, one)
	{
		receipt->sources[i] = (struct pst_receipt_source){text_at(one, "id"),
			text_at(one, "title"), text_at(one, "citation"), text_at(one, "status")};
	}
	info->sources = receipt->sources;
	info->source_count = json_array_size(json_object_get(json, "sources"));
	json_array_foreach(json_object_get(json, "disputes"), i, one)
	{
		receipt->disputes[i] = (struct pst_receipt_dispute){
			text_at(one, "id"), text_at(one, "question"), text_at(one, "taken")};
	}
	info->disputes = receipt->disputes;
	info->dispute_count = json_array_size(json_object_get(json, "disputes"));
	json_array_foreach(json_object_get(json, "retention"), i, one)
	{
		receipt->stores[i] = (struct pst_receipt_store){text_at(one, "store"),
			json_integer_value(json_object_get(one, "seconds")),
			text_at(one, "meaning")};
	}
	info->stores = receipt->stores;
	info->store_count = json_array_size(json_object_get(json, "retention"));
	json_array_foreach(json_object_get(json, "kept"), i, one)
	{
		receipt->kept[i] =
			(struct pst_receipt_kept){text_at(one, "store"), text_at(one, "until")};
	}
	info->kept = receipt->kept;
	info->kept_count = json_array_size(json_object_get(json, "kept"));
}

/* @return 0 or PST_E_FORMAT */
static int fill(struct pst_receipt *receipt, const json_t *json)
{
	const json_t *policy = json_object_get(json, "policy");
	const json_t *audit = json_object_get(json, "audit");

	receipt->key = text_at(json, "key");
	receipt->info = (struct pst_receipt_info){.id = text_at(json, "id"),
		.issued = text_at(json, "issued"),
		.lane = text_at(json, "lane"),
		.category = text_at(json, "category"),
		.known_by = text_at(json, "known_by"),
		.notice = text_at(json, "notice"),
		.notice_state = text_at(json, "notice_state"),
		.notice_language = text_at(json, "notice_language"),
		.choice = text_at(json, "choice"),
		.verdict = text_at(json, "verdict"),
		.authority = text_at(json, "authority"),
		.outcome = text_at(json, "outcome"),
		.reason = text_at(json, "reason"),
		.rule = text_at(json, "rule"),
		.rule_text = text_at(json, "rule_text"),
		.basis = text_at(json, "basis"),
		.purpose = text_at(json, "purpose"),
		.modality = text_at(json, "modality"),
		.recording = text_at(json, "recording"),
		.picture = text_at(json, "picture"),
		.policy = text_at(policy, "id"),
		.policy_version = json_integer_value(json_object_get(policy, "version")),
		.policy_sha256 = text_at(policy, "sha256"),
		.withdraw = text_at(json, "withdraw"),
		.complain = text_at(json, "complain"),
		.audit_sequence = (uint64_t)json_integer_value(json_object_get(audit, "sequence"))};
	fill_lists(receipt, json);
	if (receipt->info.audit_sequence == 0) {
		return 0;
	}
	receipt->info.audit_head = receipt->audit_hash;
	return pst_bytes_from_hex(text_at(audit, "hash"), receipt->audit_hash, PST_CHAIN_SIZE) < 0
		       ? PST_E_FORMAT
		       : 0;
}

int pst_receipt_open(
	const char *json, size_t size, struct pst_receipt **ret_receipt, struct pst_error *error)
{
	struct pst_receipt *receipt = calloc(1, sizeof(*receipt));

	if (!receipt) {
		return pst_error_set(error, -ENOMEM, "receipt: out of memory");
	}
	json_t *root = size <= PST_RECEIPT_SIZE_MAX
			       ? json_loadb(json, size, JSON_REJECT_DUPLICATES, NULL)
			       : NULL;
	json_int_t schema = json_integer_value(json_object_get(root, "receipt"));

	receipt->json = root;
	if (schema < 1 || schema > PST_RECEIPT_SCHEMA || !has_form(root, (int)schema) ||
		fill(receipt, root) < 0) {
		pst_receipt_close(&receipt);
		return pst_error_set(error, PST_E_FORMAT,
			"not a receipt of schema 1 to %d, or cut short", PST_RECEIPT_SCHEMA);
	}
	receipt->schema = (int)schema;
	*ret_receipt = receipt;
	return 0;
}

void pst_receipt_close(struct pst_receipt **receipt)
{
	if (*receipt) {
		json_decref((*receipt)->json);
	}
	free(*receipt);
	*receipt = NULL;
}

int pst_receipt_verify(const struct pst_receipt *receipt,
	const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	struct pst_bytes bytes = {0};
	char key[2 * PST_RECEIPT_KEY_ID_SIZE + 1];

	pst_receipt_key_id(public_key, key);
	if (strcmp(key, receipt->key) != 0) {
		return pst_error_set(error, PST_E_MISMATCH,
			"the receipt is signed by another key than the one given (%s)", key);
	}
	if (pst_bytes_from_hex(text_at(receipt->json, "signature"), signature, sizeof(signature)) <
		0) {
		return pst_error_set(error, PST_E_CORRUPT, "the receipt's signature is damaged");
	}
	json_t *rest = json_copy(receipt->json);
	int status = rest && json_object_del(rest, "signature") == 0
			     ? pst_receipt_signed_bytes(rest, receipt->schema, &bytes)
			     : -ENOMEM;
	if (status == 0) {
		status = pst_sign_verify(public_key, bytes.data, bytes.size, signature);
	}
	json_decref(rest);
	pst_bytes_finish(&bytes);
	if (status == PST_E_CORRUPT) {
		return pst_error_set(error, status, "the receipt was changed after it was signed");
	}
	return status < 0 ? pst_error_set(error, status, "receipt: out of memory") : 0;
}
