/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/payload.h"

static const char MAGIC[8] = {'P', 'S', 'T', 'N', 'A', 'U', 'D', 'T'};

#define SUITE 1 /* BLAKE2b-256, Ed25519 */
#define FIXED PST_AUDIT_ENTRY_FIXED

size_t pst_audit_header_encode(
	const struct pst_audit_header *header, uint8_t ret_bytes[PST_AUDIT_HEADER_SIZE])
{
	memset(ret_bytes, 0, PST_AUDIT_HEADER_SIZE);
	memcpy(ret_bytes, MAGIC, sizeof(MAGIC));
	pst_bytes_put32(ret_bytes + 8, header->version);
	pst_bytes_put32(ret_bytes + 12, SUITE);
	memcpy(ret_bytes + 16, header->log, sizeof(header->log));
	memcpy(ret_bytes + 32, header->public_key, sizeof(header->public_key));
	if (header->version == 1) {
		return PST_AUDIT_HEADER_1_SIZE;
	}
	memcpy(ret_bytes + PST_AUDIT_HEADER_1_SIZE, header->commitment, sizeof(header->commitment));
	return PST_AUDIT_HEADER_SIZE;
}

int pst_audit_header_decode(const uint8_t *bytes, size_t size, struct pst_audit_header *ret_header)
{
	static const uint8_t zero[16];

	if (size < PST_AUDIT_HEADER_1_SIZE || memcmp(bytes, MAGIC, sizeof(MAGIC)) != 0 ||
		pst_bytes_get32(bytes + 12) != SUITE ||
		memcmp(bytes + 64, zero, sizeof(zero)) != 0) {
		return PST_E_FORMAT;
	}
	*ret_header = (struct pst_audit_header){.version = pst_bytes_get32(bytes + 8)};
	memcpy(ret_header->log, bytes + 16, sizeof(ret_header->log));
	memcpy(ret_header->public_key, bytes + 32, sizeof(ret_header->public_key));
	if (ret_header->version == 1) {
		return PST_AUDIT_HEADER_1_SIZE;
	}
	if (ret_header->version != PST_AUDIT_VERSION || size < PST_AUDIT_HEADER_SIZE) {
		return PST_E_FORMAT;
	}
	memcpy(ret_header->commitment, bytes + PST_AUDIT_HEADER_1_SIZE,
		sizeof(ret_header->commitment));
	return PST_AUDIT_HEADER_SIZE;
}

/* What stands behind the payload. */
static size_t tail_size(uint8_t version)
{
	return (size_t)2 * PST_CHAIN_SIZE + (version == 1 ? 0 : PST_MAC_SIZE);
}

int pst_audit_entry_encode(const struct pst_audit_entry *entry, uint8_t head[PST_CHAIN_SIZE],
	struct pst_mac *mac, struct pst_bytes *to)
{
	uint8_t fixed[FIXED] = {0};
	size_t length =
		sizeof(fixed) + entry->kind_size + entry->payload_size + tail_size(entry->version);
	int status = pst_bytes_reserve(to, to->size + length);

	if (status < 0) {
		return status;
	}
	pst_bytes_put32(fixed, (uint32_t)length);
	fixed[4] = entry->version;
	fixed[5] = (uint8_t)entry->type;
	pst_bytes_put16(fixed + 6, (uint16_t)entry->kind_size);
	pst_bytes_put64(fixed + 8, entry->sequence);
	pst_bytes_put64(fixed + 16, (uint64_t)entry->wall_s);
	pst_bytes_put32(fixed + 24, (uint32_t)entry->payload_size);

	uint8_t *start = to->data + to->size, *at = start;
	memcpy(at, fixed, sizeof(fixed));
	at += sizeof(fixed);
	memcpy(at, entry->kind, entry->kind_size);
	at += entry->kind_size;
	memcpy(at, entry->payload, entry->payload_size);
	at += entry->payload_size;
	memcpy(at, head, PST_CHAIN_SIZE);
	at += PST_CHAIN_SIZE;
	if (entry->version != 1) {
		if (mac) {
			pst_mac_tag(mac, start, (size_t)(at - start), at);
		} else {
			memcpy(at, entry->tag, PST_MAC_SIZE);
		}
		at += PST_MAC_SIZE;
	}
	pst_chain_next(head, start, (size_t)(at - start), head);
	memcpy(at, head, PST_CHAIN_SIZE);
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
	if (size < FIXED) {
		return 0;
	}
	size_t kind = pst_bytes_get16(bytes + 6);
	size_t payload = pst_bytes_get32(bytes + 24);
	uint8_t version = bytes[4], type = bytes[5];
	bool type_known = type == PST_AUDIT_TYPE_EVENT || type == PST_AUDIT_TYPE_CHECKPOINT ||
			  (type == PST_AUDIT_TYPE_MAC && version == PST_AUDIT_VERSION);

	if (version == 0 || version > PST_AUDIT_VERSION || !type_known || kind == 0 ||
		kind > PST_AUDIT_KIND_MAX || payload > PST_AUDIT_PAYLOAD_MAX ||
		pst_bytes_get32(bytes + 28) != 0 ||
		length != FIXED + kind + payload + tail_size(version)) {
		return PST_E_CORRUPT;
	}
	return 1;
}

static bool is_kind(const struct pst_audit_entry *entry, const char *kind)
{
	return entry->kind_size == strlen(kind) && memcmp(entry->kind, kind, entry->kind_size) == 0;
}

/* Text that a person can be shown line by line, under the kind that its type has. */
static bool is_shown_as_it_is(const struct pst_audit_entry *entry)
{
	const uint8_t *text = (const uint8_t *)entry->kind;
	uint8_t lowest = entry->version == 1 ? 1 : ' ';

	for (size_t i = 0; i < entry->kind_size + entry->payload_size; i++) {
		if (text[i] < lowest) {
			return false;
		}
	}
	return is_kind(entry, PST_AUDIT_KIND_CHECKPOINT) ==
		       (entry->type == PST_AUDIT_TYPE_CHECKPOINT) &&
	       is_kind(entry, PST_AUDIT_KIND_MAC) == (entry->type == PST_AUDIT_TYPE_MAC);
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
	const uint8_t *text = bytes + FIXED;
	*ret_entry = (struct pst_audit_entry){
		.version = bytes[4],
		.type = (enum pst_audit_type)bytes[5],
		.sequence = pst_bytes_get64(bytes + 8),
		.wall_s = (int64_t)pst_bytes_get64(bytes + 16),
		.kind = (const char *)text,
		.kind_size = kind,
		.payload = (const char *)text + kind,
		.payload_size = payload,
		.before = text + kind + payload,
		.tag = bytes[4] == 1 ? NULL : text + kind + payload + PST_CHAIN_SIZE,
		.hash = bytes + length - PST_CHAIN_SIZE,
		.size = length,
	};
	return is_shown_as_it_is(ret_entry) ? 1 : PST_E_CORRUPT;
}

int pst_audit_entry_check(const struct pst_audit_entry *entry, const uint8_t *bytes)
{
	uint8_t hash[PST_CHAIN_SIZE];

	pst_chain_next(entry->before, bytes, entry->size - PST_CHAIN_SIZE, hash);
	return memcmp(hash, entry->hash, sizeof(hash)) == 0 ? 0 : PST_E_CORRUPT;
}

int pst_audit_entry_check_tag(
	const struct pst_audit_entry *entry, const uint8_t *bytes, struct pst_mac *mac)
{
	if (!entry->tag) {
		return PST_E_CORRUPT;
	}
	return pst_mac_check(mac, bytes, (size_t)(entry->tag - bytes), entry->tag);
}

void pst_audit_mac_format(uint32_t epoch, const uint8_t commitment[PST_MAC_COMMITMENT_SIZE],
	char text[PST_AUDIT_MAC_TEXT_SIZE])
{
	char hex[2 * PST_MAC_COMMITMENT_SIZE + 1];

	pst_bytes_to_hex(commitment, PST_MAC_COMMITMENT_SIZE, hex);
	(void)snprintf(text, PST_AUDIT_MAC_TEXT_SIZE,
		"{\"epoch\":%" PRIu32 ",\"commitment\":\"%s\"}", epoch, hex);
}

int pst_audit_mac_parse(const struct pst_audit_entry *entry, uint32_t *ret_epoch,
	uint8_t ret_commitment[PST_MAC_COMMITMENT_SIZE])
{
	char text[PST_AUDIT_MAC_TEXT_SIZE];
	struct pst_payload at = {entry->payload, entry->payload_size};
	uint64_t epoch;

	if (!pst_payload_word(&at, "{\"epoch\":") || !pst_payload_number(&at, &epoch) ||
		epoch == 0 || epoch > UINT32_MAX || !pst_payload_word(&at, ",\"commitment\":\"") ||
		!pst_payload_hex(&at, ret_commitment, PST_MAC_COMMITMENT_SIZE)) {
		return PST_E_CORRUPT;
	}
	*ret_epoch = (uint32_t)epoch;
	pst_audit_mac_format(*ret_epoch, ret_commitment, text);
	return entry->payload_size == strlen(text) &&
			       memcmp(text, entry->payload, entry->payload_size) == 0
		       ? 0
		       : PST_E_CORRUPT;
}
