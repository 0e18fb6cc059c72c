/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char MAGIC[8] = {'P', 'S', 'T', 'N', 'A', 'U', 'D', 'T'};
static const char CHECKPOINT_TITLE[32] = "postern audit checkpoint 1";
static const char HEAD_TITLE[24] = "postern audit head 1";
static const char HEAD_WORD[] = "postern-audit-head-1";

#define VERSION 1
#define SUITE 1 /* BLAKE2b-256, Ed25519 */

#define SIGNATURE_OPENING "{\"signature\":\""
#define SIGNATURE_CLOSING "\"}"
#define SIGNATURE_DIGITS ((size_t)2 * PST_SIGN_SIGNATURE_SIZE)

void pst_audit_header_encode(
	const struct pst_audit_header *header, uint8_t ret_bytes[PST_AUDIT_HEADER_SIZE])
{
	memset(ret_bytes, 0, PST_AUDIT_HEADER_SIZE);
	memcpy(ret_bytes, MAGIC, sizeof(MAGIC));
	pst_bytes_put32(ret_bytes + 8, VERSION);
	pst_bytes_put32(ret_bytes + 12, SUITE);
	memcpy(ret_bytes + 16, header->log, sizeof(header->log));
	memcpy(ret_bytes + 32, header->public_key, sizeof(header->public_key));
}

int pst_audit_header_decode(
	const uint8_t bytes[PST_AUDIT_HEADER_SIZE], struct pst_audit_header *ret_header)
{
	static const uint8_t zero[16];

	if (memcmp(bytes, MAGIC, sizeof(MAGIC)) != 0 || pst_bytes_get32(bytes + 8) != VERSION ||
		pst_bytes_get32(bytes + 12) != SUITE ||
		memcmp(bytes + 64, zero, sizeof(zero)) != 0) {
		return PST_E_FORMAT;
	}
	memcpy(ret_header->log, bytes + 16, sizeof(ret_header->log));
	memcpy(ret_header->public_key, bytes + 32, sizeof(ret_header->public_key));
	return 0;
}

int pst_audit_entry_encode(
	const struct pst_audit_entry *entry, uint8_t head[PST_CHAIN_SIZE], struct pst_bytes *to)
{
	uint8_t fixed[PST_AUDIT_ENTRY_FIXED] = {0};
	size_t content = sizeof(fixed) + entry->kind_size + entry->payload_size;
	size_t length = content + (size_t)2 * PST_CHAIN_SIZE;
	int status = pst_bytes_reserve(to, to->size + length);

	if (status < 0) {
		return status;
	}
	pst_bytes_put32(fixed, (uint32_t)length);
	fixed[4] = VERSION;
	fixed[5] = (uint8_t)entry->type;
	pst_bytes_put16(fixed + 6, (uint16_t)entry->kind_size);
	pst_bytes_put64(fixed + 8, entry->sequence);
	pst_bytes_put64(fixed + 16, (uint64_t)entry->wall_s);
	pst_bytes_put32(fixed + 24, (uint32_t)entry->payload_size);

	uint8_t *at = to->data + to->size;
	memcpy(at, fixed, sizeof(fixed));
	memcpy(at + sizeof(fixed), entry->kind, entry->kind_size);
	memcpy(at + sizeof(fixed) + entry->kind_size, entry->payload, entry->payload_size);
	memcpy(at + content, head, PST_CHAIN_SIZE);
	pst_chain_next(head, at, content + PST_CHAIN_SIZE, head);
	memcpy(at + content + PST_CHAIN_SIZE, head, PST_CHAIN_SIZE);
	to->size += length;
	return 0;
}

/* The fixed part, as far as it is there. */
static int check_fixed(const uint8_t *bytes, size_t size)
{
	size_t length = size >= 4 ? pst_bytes_get32(bytes) : PST_AUDIT_ENTRY_MIN;

	if (length < PST_AUDIT_ENTRY_MIN || length > PST_AUDIT_ENTRY_MAX) {
		return PST_E_CORRUPT;
	}
	if (size < PST_AUDIT_ENTRY_FIXED) {
		return 0;
	}
	size_t kind = pst_bytes_get16(bytes + 6);
	size_t payload = pst_bytes_get32(bytes + 24);
	bool type_known = bytes[5] == PST_AUDIT_TYPE_EVENT || bytes[5] == PST_AUDIT_TYPE_CHECKPOINT;

	if (bytes[4] != VERSION || !type_known || kind == 0 || kind > PST_AUDIT_KIND_MAX ||
		payload > PST_AUDIT_PAYLOAD_MAX || pst_bytes_get32(bytes + 28) != 0 ||
		length != PST_AUDIT_ENTRY_FIXED + kind + payload + (size_t)2 * PST_CHAIN_SIZE) {
		return PST_E_CORRUPT;
	}
	return 1;
}

int pst_audit_entry_decode(const uint8_t *bytes, size_t size, struct pst_audit_entry *ret_entry)
{
	int status = check_fixed(bytes, size);

	if (status <= 0) {
		return status;
	}
	size_t length = pst_bytes_get32(bytes);
	if (size < length) {
		return 0;
	}
	size_t kind = pst_bytes_get16(bytes + 6);
	size_t payload = pst_bytes_get32(bytes + 24);
	const uint8_t *text = bytes + PST_AUDIT_ENTRY_FIXED;
	*ret_entry = (struct pst_audit_entry){
		.type = (enum pst_audit_type)bytes[5],
		.sequence = pst_bytes_get64(bytes + 8),
		.wall_s = (int64_t)pst_bytes_get64(bytes + 16),
		.kind = (const char *)text,
		.kind_size = kind,
		.payload = (const char *)text + kind,
		.payload_size = payload,
		.before = text + kind + payload,
		.hash = text + kind + payload + PST_CHAIN_SIZE,
		.size = length,
	};
	if (memchr(text, 0, kind + payload)) {
		return PST_E_CORRUPT;
	}
	return 1;
}

int pst_audit_entry_check(const struct pst_audit_entry *entry, const uint8_t *bytes)
{
	uint8_t hash[PST_CHAIN_SIZE];

	pst_chain_next(entry->before, bytes, entry->size - PST_CHAIN_SIZE, hash);
	return memcmp(hash, entry->hash, sizeof(hash)) == 0 ? 0 : PST_E_CORRUPT;
}

void pst_audit_checkpoint_bytes(const uint8_t log[PST_AUDIT_LOG_ID_SIZE], uint64_t sequence,
	const uint8_t before[PST_CHAIN_SIZE], int64_t wall_s,
	uint8_t ret_bytes[PST_AUDIT_CHECKPOINT_SIGNED])
{
	memcpy(ret_bytes, CHECKPOINT_TITLE, sizeof(CHECKPOINT_TITLE));
	memcpy(ret_bytes + 32, log, PST_AUDIT_LOG_ID_SIZE);
	pst_bytes_put64(ret_bytes + 48, sequence);
	memcpy(ret_bytes + 56, before, PST_CHAIN_SIZE);
	pst_bytes_put64(ret_bytes + 88, (uint64_t)wall_s);
}

int pst_audit_checkpoint_signature(
	const struct pst_audit_entry *entry, uint8_t ret_signature[PST_SIGN_SIGNATURE_SIZE])
{
	char digits[SIGNATURE_DIGITS + 1];
	const size_t opening = sizeof(SIGNATURE_OPENING) - 1;
	const size_t closing = sizeof(SIGNATURE_CLOSING) - 1;

	if (entry->payload_size != opening + SIGNATURE_DIGITS + closing ||
		memcmp(entry->payload, SIGNATURE_OPENING, opening) != 0 ||
		memcmp(entry->payload + opening + SIGNATURE_DIGITS, SIGNATURE_CLOSING, closing) !=
			0) {
		return PST_E_CORRUPT;
	}
	memcpy(digits, entry->payload + opening, SIGNATURE_DIGITS);
	digits[SIGNATURE_DIGITS] = 0;
	return pst_bytes_from_hex(digits, ret_signature, PST_SIGN_SIGNATURE_SIZE) < 0
		       ? PST_E_CORRUPT
		       : 0;
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
	char hash[2 * PST_CHAIN_SIZE + 1];
	char signature[SIGNATURE_DIGITS + 1];

	pst_bytes_to_hex(head->hash, sizeof(head->hash), hash);
	pst_bytes_to_hex(head->signature, sizeof(head->signature), signature);
	(void)snprintf(text, PST_AUDIT_HEAD_TEXT_SIZE, "%s %" PRIu64 " %s %s\n", HEAD_WORD,
		head->sequence, hash, signature);
}

int pst_audit_head_parse(const char *text, struct pst_audit_head_file *ret_head)
{
	char line[PST_AUDIT_HEAD_TEXT_SIZE];
	char *rest = NULL;
	int64_t sequence;

	if (pst_text_copy(line, sizeof(line), text) < 0) {
		return PST_E_FORMAT;
	}
	size_t length = strlen(line);
	if (length == 0 || line[length - 1] != '\n') {
		return PST_E_FORMAT;
	}
	line[length - 1] = 0;
	const char *word = strtok_r(line, " ", &rest);
	const char *number = strtok_r(NULL, " ", &rest);
	const char *hash = strtok_r(NULL, " ", &rest);
	const char *signature = strtok_r(NULL, " ", &rest);
	if (!word || !number || !hash || !signature || strtok_r(NULL, " ", &rest) ||
		strcmp(word, HEAD_WORD) != 0 ||
		pst_text_parse_int(number, 0, INT64_MAX, &sequence) < 0 ||
		pst_bytes_from_hex(hash, ret_head->hash, sizeof(ret_head->hash)) < 0 ||
		pst_bytes_from_hex(signature, ret_head->signature, sizeof(ret_head->signature)) <
			0) {
		return PST_E_FORMAT;
	}
	ret_head->sequence = (uint64_t)sequence;
	return 0;
}
