/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/payload.h"

static const char CHECKPOINT_1_TITLE[32] = "postern audit checkpoint 1";
static const char CHECKPOINT_TITLE[32] = "postern audit checkpoint 2";
static const char HEAD_TITLE[24] = "postern audit head 1";
static const char COSIGNATURE_TITLE[32] = "postern audit cosignature 1";

#define HEAD_WORD "postern-audit-head-1 "
#define COSIGNATURE_WORD "postern-audit-cosignature-1 "
#define CHECKPOINT_1_SIGNED 96
#define SIGNATURE_DIGITS ((size_t)2 * PST_SIGN_SIGNATURE_SIZE)
#define HASH_DIGITS ((size_t)2 * PST_CHAIN_SIZE)
#define STATE_TEXT_SIZE 160

size_t pst_audit_checkpoint_bytes(const uint8_t log[PST_AUDIT_LOG_ID_SIZE],
	const struct pst_audit_entry *entry, const struct pst_audit_checkpoint *checkpoint,
	uint8_t ret_bytes[PST_AUDIT_CHECKPOINT_SIGNED])
{
	const struct pst_audit_vault_state *state = &checkpoint->state;

	memset(ret_bytes, 0, PST_AUDIT_CHECKPOINT_SIGNED);
	memcpy(ret_bytes, checkpoint->version == 1 ? CHECKPOINT_1_TITLE : CHECKPOINT_TITLE,
		sizeof(CHECKPOINT_TITLE));
	memcpy(ret_bytes + 32, log, PST_AUDIT_LOG_ID_SIZE);
	pst_bytes_put64(ret_bytes + 48, entry->sequence);
	memcpy(ret_bytes + 56, entry->before, PST_CHAIN_SIZE);
	pst_bytes_put64(ret_bytes + 88, (uint64_t)entry->wall_s);
	if (checkpoint->version == 1) {
		return CHECKPOINT_1_SIGNED;
	}
	memcpy(ret_bytes + 96, checkpoint->commitment, PST_MAC_COMMITMENT_SIZE);
	pst_bytes_put32(ret_bytes + 128, checkpoint->epoch);
	if (checkpoint->has_state) {
		ret_bytes[135] = 1;
		memcpy(ret_bytes + 136, state->hash, sizeof(state->hash));
		pst_bytes_put64(ret_bytes + 168, state->records);
		pst_bytes_put64(ret_bytes + 176, state->counter);
	}
	return PST_AUDIT_CHECKPOINT_SIGNED;
}

static void format_state(const struct pst_audit_checkpoint *checkpoint, char text[STATE_TEXT_SIZE])
{
	const struct pst_audit_vault_state *state = &checkpoint->state;
	char hex[2 * sizeof(state->hash) + 1];

	if (!checkpoint->has_state) {
		(void)snprintf(text, STATE_TEXT_SIZE, "null");
		return;
	}
	pst_bytes_to_hex(state->hash, sizeof(state->hash), hex);
	(void)snprintf(text, STATE_TEXT_SIZE,
		"{\"hash\":\"%s\",\"records\":%" PRIu64 ",\"counter\":%" PRIu64 "}", hex,
		state->records, state->counter);
}

void pst_audit_checkpoint_format(const struct pst_audit_checkpoint *checkpoint,
	const uint8_t signature[PST_SIGN_SIGNATURE_SIZE], char text[PST_AUDIT_CHECKPOINT_TEXT_SIZE])
{
	char digits[SIGNATURE_DIGITS + 1], mac[2 * PST_MAC_COMMITMENT_SIZE + 1];
	char state[STATE_TEXT_SIZE];

	pst_bytes_to_hex(signature, PST_SIGN_SIGNATURE_SIZE, digits);
	if (checkpoint->version == 1) {
		(void)snprintf(
			text, PST_AUDIT_CHECKPOINT_TEXT_SIZE, "{\"signature\":\"%s\"}", digits);
		return;
	}
	pst_bytes_to_hex(checkpoint->commitment, sizeof(checkpoint->commitment), mac);
	format_state(checkpoint, state);
	(void)snprintf(text, PST_AUDIT_CHECKPOINT_TEXT_SIZE,
		"{\"epoch\":%" PRIu32 ",\"mac\":\"%s\",\"vault\":%s,\"signature\":\"%s\"}",
		checkpoint->epoch, mac, state, digits);
}

static bool parse_state(struct pst_payload *at, struct pst_audit_checkpoint *checkpoint)
{
	struct pst_audit_vault_state *state = &checkpoint->state;

	if (pst_payload_word(at, "null")) {
		return true;
	}
	checkpoint->has_state = true;
	return pst_payload_word(at, "{\"hash\":\"") &&
	       pst_payload_hex(at, state->hash, sizeof(state->hash)) &&
	       pst_payload_word(at, "\",\"records\":") && pst_payload_number(at, &state->records) &&
	       pst_payload_word(at, ",\"counter\":") && pst_payload_number(at, &state->counter) &&
	       pst_payload_word(at, "}");
}

static bool parse_mac(struct pst_payload *at, struct pst_audit_checkpoint *checkpoint)
{
	uint64_t epoch;

	if (!pst_payload_word(at, "{\"epoch\":") || !pst_payload_number(at, &epoch) ||
		epoch > UINT32_MAX) {
		return false;
	}
	checkpoint->epoch = (uint32_t)epoch;
	return pst_payload_word(at, ",\"mac\":\"") &&
	       pst_payload_hex(at, checkpoint->commitment, sizeof(checkpoint->commitment)) &&
	       pst_payload_word(at, "\",\"vault\":") && parse_state(at, checkpoint) &&
	       pst_payload_word(at, ",");
}

int pst_audit_checkpoint_parse(const struct pst_audit_entry *entry,
	struct pst_audit_checkpoint *ret_checkpoint, uint8_t ret_signature[PST_SIGN_SIGNATURE_SIZE])
{
	char text[PST_AUDIT_CHECKPOINT_TEXT_SIZE];
	struct pst_payload at = {entry->payload, entry->payload_size};

	*ret_checkpoint = (struct pst_audit_checkpoint){.version = entry->version};
	bool read =
		entry->version == 1 ? pst_payload_word(&at, "{") : parse_mac(&at, ret_checkpoint);
	if (!read || !pst_payload_word(&at, "\"signature\":\"") ||
		!pst_payload_hex(&at, ret_signature, PST_SIGN_SIGNATURE_SIZE)) {
		return PST_E_CORRUPT;
	}
	pst_audit_checkpoint_format(ret_checkpoint, ret_signature, text);
	return entry->payload_size == strlen(text) &&
			       memcmp(text, entry->payload, entry->payload_size) == 0
		       ? 0
		       : PST_E_CORRUPT;
}

void pst_audit_head_bytes(const uint8_t log[PST_AUDIT_LOG_ID_SIZE],
	const struct pst_audit_head_file *head, uint8_t ret_bytes[PST_AUDIT_HEAD_SIGNED])
{
	memcpy(ret_bytes, HEAD_TITLE, sizeof(HEAD_TITLE));
	memcpy(ret_bytes + 24, log, PST_AUDIT_LOG_ID_SIZE);
	pst_bytes_put64(ret_bytes + 40, head->sequence);
	memcpy(ret_bytes + 48, head->hash, PST_CHAIN_SIZE);
}

void pst_audit_head_format(
	const struct pst_audit_head_file *head, char text[PST_AUDIT_HEAD_TEXT_SIZE])
{
	char hash[HASH_DIGITS + 1];
	char signature[SIGNATURE_DIGITS + 1];

	pst_bytes_to_hex(head->hash, sizeof(head->hash), hash);
	pst_bytes_to_hex(head->signature, sizeof(head->signature), signature);
	(void)snprintf(text, PST_AUDIT_HEAD_TEXT_SIZE, HEAD_WORD "%" PRIu64 " %s %s\n",
		head->sequence, hash, signature);
}

int pst_audit_head_parse(const char *text, struct pst_audit_head_file *ret_head)
{
	char line[PST_AUDIT_HEAD_TEXT_SIZE];
	struct pst_payload at = {text, strlen(text)};

	if (!pst_payload_word(&at, HEAD_WORD) || !pst_payload_number(&at, &ret_head->sequence) ||
		!pst_payload_word(&at, " ") ||
		!pst_payload_hex(&at, ret_head->hash, sizeof(ret_head->hash)) ||
		!pst_payload_word(&at, " ") ||
		!pst_payload_hex(&at, ret_head->signature, sizeof(ret_head->signature))) {
		return PST_E_FORMAT;
	}
	pst_audit_head_format(ret_head, line);
	return strcmp(line, text) == 0 ? 0 : PST_E_FORMAT;
}

static void cosignature_bytes(const struct pst_audit_cosignature *cosignature,
	uint8_t ret_bytes[PST_AUDIT_COSIGNATURE_SIGNED])
{
	memcpy(ret_bytes, COSIGNATURE_TITLE, sizeof(COSIGNATURE_TITLE));
	memcpy(ret_bytes + 32, cosignature->log, sizeof(cosignature->log));
	memcpy(ret_bytes + 48, cosignature->public_key, sizeof(cosignature->public_key));
	pst_bytes_put64(ret_bytes + 80, cosignature->sequence);
	memcpy(ret_bytes + 88, cosignature->hash, sizeof(cosignature->hash));
	pst_bytes_put64(ret_bytes + 120, (uint64_t)cosignature->seen_s);
}

void pst_audit_cosignature_sign(
	struct pst_audit_cosignature *cosignature, const struct pst_sign_key *witness)
{
	uint8_t bytes[PST_AUDIT_COSIGNATURE_SIGNED];

	cosignature_bytes(cosignature, bytes);
	pst_sign_public(witness, cosignature->witness);
	pst_sign(witness, bytes, sizeof(bytes), cosignature->signature);
}

int pst_audit_cosignature_check(const struct pst_audit_cosignature *cosignature)
{
	uint8_t bytes[PST_AUDIT_COSIGNATURE_SIGNED];

	cosignature_bytes(cosignature, bytes);
	return pst_sign_verify(cosignature->witness, bytes, sizeof(bytes), cosignature->signature);
}

void pst_audit_cosignature_format(
	const struct pst_audit_cosignature *cosignature, char text[PST_AUDIT_COSIGNATURE_TEXT_SIZE])
{
	char log[2 * PST_AUDIT_LOG_ID_SIZE + 1], key[2 * PST_SIGN_PUBLIC_SIZE + 1];
	char witness[2 * PST_SIGN_PUBLIC_SIZE + 1];
	char hash[HASH_DIGITS + 1], signature[SIGNATURE_DIGITS + 1];

	pst_bytes_to_hex(cosignature->log, sizeof(cosignature->log), log);
	pst_bytes_to_hex(cosignature->public_key, sizeof(cosignature->public_key), key);
	pst_bytes_to_hex(cosignature->hash, sizeof(cosignature->hash), hash);
	pst_bytes_to_hex(cosignature->witness, sizeof(cosignature->witness), witness);
	pst_bytes_to_hex(cosignature->signature, sizeof(cosignature->signature), signature);
	(void)snprintf(text, PST_AUDIT_COSIGNATURE_TEXT_SIZE,
		COSIGNATURE_WORD "%s %s %" PRIu64 " %s %" PRId64 " %s %s\n", log, key,
		cosignature->sequence, hash, cosignature->seen_s, witness, signature);
}

int pst_audit_cosignature_parse(const char *text, struct pst_audit_cosignature *ret_cosignature)
{
	char line[PST_AUDIT_COSIGNATURE_TEXT_SIZE];
	struct pst_payload at = {text, strlen(text)};
	struct pst_audit_cosignature *c = ret_cosignature;
	uint64_t seen;

	if (!pst_payload_word(&at, COSIGNATURE_WORD) ||
		!pst_payload_hex(&at, c->log, sizeof(c->log)) || !pst_payload_word(&at, " ") ||
		!pst_payload_hex(&at, c->public_key, sizeof(c->public_key)) ||
		!pst_payload_word(&at, " ") || !pst_payload_number(&at, &c->sequence) ||
		!pst_payload_word(&at, " ") || !pst_payload_hex(&at, c->hash, sizeof(c->hash)) ||
		!pst_payload_word(&at, " ") || !pst_payload_number(&at, &seen) ||
		!pst_payload_word(&at, " ") ||
		!pst_payload_hex(&at, c->witness, sizeof(c->witness)) ||
		!pst_payload_word(&at, " ") ||
		!pst_payload_hex(&at, c->signature, sizeof(c->signature)) || seen > INT64_MAX) {
		return PST_E_FORMAT;
	}
	c->seen_s = (int64_t)seen;
	pst_audit_cosignature_format(c, line);
	return strcmp(line, text) == 0 ? 0 : PST_E_FORMAT;
}
