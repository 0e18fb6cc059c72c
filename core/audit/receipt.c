/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/receipt_form.h"
#include "crypto/random.h"

void pst_receipt_key_id(
	const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], char text[2 * PST_RECEIPT_KEY_ID_SIZE + 1])
{
	uint8_t hash[PST_CHAIN_SIZE];

	pst_chain_start(public_key, PST_SIGN_PUBLIC_SIZE, hash);
	pst_bytes_to_hex(hash, PST_RECEIPT_KEY_ID_SIZE, text);
}

void pst_receipt_new_id(char ret_id[PST_RECEIPT_ID_SIZE])
{
	uint8_t id[PST_RECEIPT_ID_SIZE / 2];

	pst_random_bytes(id, sizeof(id));
	pst_bytes_to_hex(id, sizeof(id), ret_id);
}

int pst_receipt_signed_bytes(const json_t *receipt, int schema, struct pst_bytes *to)
{
	char title[32];
	char *text = json_dumps(receipt, PST_RECEIPT_CANONICAL);
	int size = snprintf(title, sizeof(title), "postern receipt %d\n", schema);
	int status = text ? pst_bytes_append(to, title, (size_t)size) : -ENOMEM;

	if (status == 0) {
		status = pst_bytes_append(to, text, strlen(text));
	}
	free(text);
	return status;
}

static json_t *sources(const struct pst_receipt_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->source_count; i++) {
		const struct pst_receipt_source *one = &info->sources[i];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s?, s:s}", "id", one->id, "title", one->title,
				      "citation", one->citation, "status", one->status));
	}
	return list;
}

static json_t *disputes(const struct pst_receipt_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->dispute_count; i++) {
		const struct pst_receipt_dispute *one = &info->disputes[i];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "id", one->id, "question", one->question,
				      "taken", one->taken));
	}
	return list;
}

static json_t *stores(const struct pst_receipt_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->store_count; i++) {
		const struct pst_receipt_store *one = &info->stores[i];

		(void)json_array_append_new(
			list, json_pack("{s:s, s:I, s:s}", "store", one->store, "seconds",
				      (json_int_t)one->retention_s, "meaning", one->meaning));
	}
	return list;
}

static json_t *kept(const struct pst_receipt_info *info)
{
	json_t *list = json_array();

	for (size_t i = 0; i < info->kept_count; i++) {
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s}", "store", info->kept[i].store, "until",
				      info->kept[i].until));
	}
	return list;
}

static json_t *audit(const struct pst_receipt_info *info)
{
	char head[2 * PST_CHAIN_SIZE + 1];

	if (info->audit_sequence == 0) {
		return json_null();
	}
	pst_bytes_to_hex(info->audit_head, PST_CHAIN_SIZE, head);
	return json_pack("{s:I, s:s}", "sequence", (json_int_t)info->audit_sequence, "hash", head);
}

/* Who, what and why. @return NULL: a text is not UTF-8, or out of memory */
static json_t *decision(const struct pst_receipt_info *info)
{
	return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s?, s:s?, s:s, s:s?, s:s, s:s?, s:s, s:s, "
			 "s:s, s:s, s:s, s:s?, s:s*}",
		"lane", info->lane, "category", info->category, "known_by", info->known_by,
		"notice", info->notice, "notice_state", info->notice_state, "notice_language",
		info->notice_language, "choice", info->choice, "verdict", info->verdict,
		"authority", info->authority, "outcome", info->outcome, "reason", info->reason,
		"rule", info->rule, "rule_text", info->rule_text, "basis", info->basis, "purpose",
		info->purpose, "modality", info->modality, "recording", info->recording, "picture",
		info->picture);
}

static json_t *compose(
	const struct pst_receipt_info *info, const uint8_t public_key[PST_SIGN_PUBLIC_SIZE])
{
	char key[2 * PST_RECEIPT_KEY_ID_SIZE + 1];

	pst_receipt_key_id(public_key, key);
	json_t *receipt = decision(info);
	json_t *rest = json_pack("{s:i, s:s, s:s, s:s, s:{s:s, s:I, s:s}, s:o, s:o, s:o, s:o, s:s, "
				 "s:s, s:o}",
		"receipt", PST_RECEIPT_SCHEMA, "id", info->id, "key", key, "issued", info->issued,
		"policy", "id", info->policy, "version", (json_int_t)info->policy_version, "sha256",
		info->policy_sha256, "sources", sources(info), "disputes", disputes(info),
		"retention", stores(info), "kept", kept(info), "withdraw", info->withdraw,
		"complain", info->complain, "audit", audit(info));
	if (!receipt || !rest || json_object_update(receipt, rest) < 0 ||
		json_array_size(json_object_get(receipt, "sources")) != info->source_count ||
		json_array_size(json_object_get(receipt, "disputes")) != info->dispute_count ||
		json_array_size(json_object_get(receipt, "retention")) != info->store_count ||
		json_array_size(json_object_get(receipt, "kept")) != info->kept_count) {
		json_decref(receipt);
		receipt = NULL;
	}
	json_decref(rest);
	return receipt;
}

static int check_info(const struct pst_receipt_info *info, struct pst_error *error)
{
	const char *const required[] = {info->id, info->issued, info->lane, info->category,
		info->known_by, info->notice_state, info->verdict, info->outcome, info->rule,
		info->rule_text, info->basis, info->purpose, info->modality, info->policy,
		info->policy_sha256, info->withdraw, info->complain};
	const size_t counts[] = {
		info->source_count, info->dispute_count, info->store_count, info->kept_count};

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (!required[i] || !required[i][0]) {
			return pst_error_set(
				error, -EINVAL, "receipt: a required field is missing");
		}
	}
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (counts[i] > PST_RECEIPT_LIST_MAX) {
			return pst_error_set(error, -EINVAL, "receipt: a list has more than %d",
				PST_RECEIPT_LIST_MAX);
		}
	}
	if ((info->audit_sequence == 0) != (info->audit_head == NULL)) {
		return pst_error_set(error, -EINVAL, "receipt: half an audit position");
	}
	return 0;
}

/* Adds the signature and writes the receipt out. */
static int sign(json_t *receipt, const struct pst_sign_key *key, char **ret_json)
{
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	char hex[2 * PST_SIGN_SIGNATURE_SIZE + 1];
	struct pst_bytes bytes = {0};
	int status = pst_receipt_signed_bytes(receipt, PST_RECEIPT_SCHEMA, &bytes);

	if (status == 0) {
		pst_sign(key, bytes.data, bytes.size, signature);
		pst_bytes_to_hex(signature, sizeof(signature), hex);
		if (json_object_set_new(receipt, "signature", json_string(hex)) == 0) {
			*ret_json = json_dumps(receipt, PST_RECEIPT_CANONICAL);
		}
		status = *ret_json ? 0 : -ENOMEM;
	}
	pst_bytes_finish(&bytes);
	return status;
}

int pst_receipt_build(const struct pst_receipt_info *info, const struct pst_sign_key *key,
	char **ret_json, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	int status = check_info(info, error);

	*ret_json = NULL;
	if (status < 0) {
		return status;
	}
	pst_sign_public(key, public_key);
	json_t *receipt = compose(info, public_key);
	if (!receipt) {
		return pst_error_set(error, -EINVAL, "receipt: a text is missing or not UTF-8");
	}
	status = sign(receipt, key, ret_json);
	json_decref(receipt);
	if (status == 0 && strlen(*ret_json) > PST_RECEIPT_SIZE_MAX) {
		free(*ret_json);
		*ret_json = NULL;
		return pst_error_set(
			error, -EINVAL, "receipt: larger than %u bytes", PST_RECEIPT_SIZE_MAX);
	}
	return status < 0 ? pst_error_set(error, status, "receipt: out of memory") : 0;
}
