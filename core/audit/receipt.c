/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/receipt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/random.h"

#define KEY_ID_SIZE 8	  /* bytes of the key's hash */
#define RECEIPT_MAX 65536 /* bytes */
#define SIGNED_TITLE "postern receipt 1\n"

/* One form for one content: sorted keys, no spaces, nothing but strings, whole numbers and lists.
 */
#define CANONICAL (JSON_SORT_KEYS | JSON_COMPACT)

static void key_id(const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], char text[2 * KEY_ID_SIZE + 1])
{
	uint8_t hash[PST_CHAIN_SIZE];

	pst_chain_start(public_key, PST_SIGN_PUBLIC_SIZE, hash);
	pst_bytes_to_hex(hash, KEY_ID_SIZE, text);
}

/* The bytes that are signed: a title and the canonical text of the receipt without signature. */
static int signed_bytes(const json_t *receipt, struct pst_bytes *ret_bytes)
{
	char *text = json_dumps(receipt, CANONICAL);
	int status = text ? pst_bytes_append(ret_bytes, SIGNED_TITLE, sizeof(SIGNED_TITLE) - 1)
			  : -ENOMEM;

	if (status == 0) {
		status = pst_bytes_append(ret_bytes, text, strlen(text));
	}
	free(text);
	return status;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *sources(const struct pst_receipt_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->source_count; i++) {
		json_t *one = json_pack("{s:s, s:o}", "id", info->sources[i].id, "citation",
			text_or_null(info->sources[i].citation));

		(void)json_array_append_new(list, one);
	}
	return list;
}

static json_t *stores(const struct pst_receipt_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->store_count; i++) {
		json_t *one = json_pack("{s:s, s:I}", "store", info->stores[i].store, "seconds",
			(json_int_t)info->stores[i].retention_s);

		(void)json_array_append_new(list, one);
	}
	return list;
}

void pst_receipt_new_id(char ret_id[PST_RECEIPT_ID_SIZE])
{
	uint8_t id[PST_RECEIPT_ID_SIZE / 2];

	pst_random_bytes(id, sizeof(id));
	pst_bytes_to_hex(id, sizeof(id), ret_id);
}

static json_t *compose(
	const struct pst_receipt_info *info, const uint8_t public_key[PST_SIGN_PUBLIC_SIZE])
{
	char head[2 * PST_CHAIN_SIZE + 1];
	char key[2 * KEY_ID_SIZE + 1];
	char issued[PST_CLOCK_TEXT_SIZE];

	pst_bytes_to_hex(info->audit_head, PST_CHAIN_SIZE, head);
	key_id(public_key, key);
	pst_clock_format_s(info->issued_s, issued);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:s*, s:o, s:o, "
			 "s:s, s:s, s:{s:I, s:s}}",
		"receipt", PST_RECEIPT_SCHEMA, "id", info->id, "key", key, "issued", issued, "lane",
		info->lane, "category", info->category, "notice", text_or_null(info->notice),
		"verdict", info->verdict, "outcome", info->outcome, "reason",
		text_or_null(info->reason), "rule", info->rule, "recording", info->recording,
		"sources", sources(info), "retention", stores(info), "withdraw", info->withdraw,
		"complain", info->complain, "audit", "sequence", (json_int_t)info->audit_sequence,
		"hash", head);
}

static int check_info(const struct pst_receipt_info *info, struct pst_error *error)
{
	const char *const required[] = {info->id, info->lane, info->category, info->verdict,
		info->outcome, info->rule, info->withdraw, info->complain};

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (!required[i] || !required[i][0]) {
			return pst_error_set(
				error, -EINVAL, "receipt: a required field is missing");
		}
	}
	if (!info->audit_head || info->audit_sequence == 0 ||
		info->source_count > PST_RECEIPT_LIST_MAX ||
		info->store_count > PST_RECEIPT_LIST_MAX) {
		return pst_error_set(error, -EINVAL,
			"receipt: no audit position, or more than %d sources or stores",
			PST_RECEIPT_LIST_MAX);
	}
	return 0;
}

int pst_receipt_build(const struct pst_receipt_info *info, const struct pst_sign_key *key,
	char **ret_json, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	char hex[2 * PST_SIGN_SIGNATURE_SIZE + 1];
	struct pst_bytes bytes = {0};
	int status = check_info(info, error);

	*ret_json = NULL;
	if (status < 0) {
		return status;
	}
	pst_sign_public(key, public_key);
	json_t *receipt = compose(info, public_key);
	if (!receipt) {
		return pst_error_set(error, -EINVAL, "receipt: a text is not UTF-8");
	}
	status = signed_bytes(receipt, &bytes);
	if (status == 0) {
		pst_sign(key, bytes.data, bytes.size, signature);
		pst_bytes_to_hex(signature, sizeof(signature), hex);
		if (json_object_set_new(receipt, "signature", json_string(hex)) == 0) {
			*ret_json = json_dumps(receipt, CANONICAL);
		}
		status = *ret_json ? 0 : -ENOMEM;
	}
	json_decref(receipt);
	pst_bytes_finish(&bytes);
	return status < 0 ? pst_error_set(error, status, "receipt: out of memory") : 0;
}

static void cut(char *to, size_t size, const json_t *value)
{
	const char *text = json_string_value(value);

	(void)snprintf(to, size, "%s", text ? text : "");
}

/* Every field of the schema, no other one but a recording, each of its type. */
static bool has_form(const json_t *receipt)
{
	static const char *const fields[] = {"receipt", "id", "key", "issued", "lane", "category",
		"notice", "verdict", "outcome", "reason", "rule", "sources", "retention",
		"withdraw", "complain", "audit", "signature"};
	const json_t *audit = json_object_get(receipt, "audit");

	const json_t *recording = json_object_get(receipt, "recording");
	size_t count = sizeof(fields) / sizeof(fields[0]) + (recording ? 1 : 0);

	if (json_object_size(receipt) != count || (recording && !json_is_string(recording))) {
		return false;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const json_t *value = json_object_get(receipt, fields[i]);
		bool may_be_null =
			strcmp(fields[i], "notice") == 0 || strcmp(fields[i], "reason") == 0;

		if (!value || (json_is_null(value) && !may_be_null)) {
			return false;
		}
	}
	return json_integer_value(json_object_get(receipt, "receipt")) == PST_RECEIPT_SCHEMA &&
	       json_is_string(json_object_get(receipt, "id")) &&
	       json_is_string(json_object_get(receipt, "key")) &&
	       json_is_string(json_object_get(receipt, "outcome")) &&
	       json_is_string(json_object_get(receipt, "rule")) &&
	       json_is_string(json_object_get(receipt, "issued")) &&
	       json_is_array(json_object_get(receipt, "sources")) &&
	       json_is_array(json_object_get(receipt, "retention")) &&
	       json_integer_value(json_object_get(audit, "sequence")) > 0 &&
	       json_is_string(json_object_get(audit, "hash"));
}

static int check_signature(
	json_t *receipt, const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	struct pst_bytes bytes = {0};
	const char *hex = json_string_value(json_object_get(receipt, "signature"));
	char key[2 * KEY_ID_SIZE + 1];

	key_id(public_key, key);
	if (strcmp(key, json_string_value(json_object_get(receipt, "key"))) != 0) {
		return pst_error_set(error, PST_E_MISMATCH,
			"the receipt is signed by another key than the one given (%s)", key);
	}
	if (!hex || pst_bytes_from_hex(hex, signature, sizeof(signature)) < 0 ||
		json_object_del(receipt, "signature") < 0) {
		return pst_error_set(error, PST_E_CORRUPT, "the receipt's signature is damaged");
	}
	int status = signed_bytes(receipt, &bytes);
	if (status == 0) {
		status = pst_sign_verify(public_key, bytes.data, bytes.size, signature);
	}
	pst_bytes_finish(&bytes);
	if (status == PST_E_CORRUPT) {
		return pst_error_set(error, status, "the receipt was changed after it was signed");
	}
	return status < 0 ? pst_error_set(error, status, "receipt: out of memory") : 0;
}

int pst_receipt_verify(const char *json, size_t size,
	const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], struct pst_receipt_summary *ret_summary,
	struct pst_error *error)
{
	json_error_t where;
	json_t *receipt =
		size <= RECEIPT_MAX ? json_loadb(json, size, JSON_REJECT_DUPLICATES, &where) : NULL;

	memset(ret_summary, 0, sizeof(*ret_summary));
	if (!receipt || !has_form(receipt)) {
		json_decref(receipt);
		return pst_error_set(error, PST_E_FORMAT,
			"not a receipt of schema version %d, or cut short", PST_RECEIPT_SCHEMA);
	}
	int status = check_signature(receipt, public_key, error);
	if (status == 0) {
		const json_t *audit = json_object_get(receipt, "audit");

		cut(ret_summary->id, sizeof(ret_summary->id), json_object_get(receipt, "id"));
		cut(ret_summary->outcome, sizeof(ret_summary->outcome),
			json_object_get(receipt, "outcome"));
		cut(ret_summary->rule, sizeof(ret_summary->rule), json_object_get(receipt, "rule"));
		cut(ret_summary->issued, sizeof(ret_summary->issued),
			json_object_get(receipt, "issued"));
		ret_summary->audit_sequence =
			(uint64_t)json_integer_value(json_object_get(audit, "sequence"));
		const char *hash = json_string_value(json_object_get(audit, "hash"));
		if (pst_bytes_from_hex(hash, ret_summary->audit_hash, PST_CHAIN_SIZE) < 0) {
			status = pst_error_set(
				error, PST_E_FORMAT, "the receipt's audit position is damaged");
		}
	}
	json_decref(receipt);
	return status;
}
