/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/record.h"

#include <string.h>

#include "base/bytes.h"
#include "vault/vault.h"

static const uint8_t MAGIC[4] = {'P', 'S', 'T', 'R'};

void pst_vault_header_encode(
	const struct pst_vault_header *header, uint8_t ret_bytes[PST_SEAL_HEADER_SIZE])
{
	uint8_t *at = ret_bytes;

	memcpy(at, MAGIC, 4);
	at[4] = PST_VAULT_HEADER_VERSION;
	at[5] = PST_VAULT_HEADER_SUITE;
	pst_bytes_put16(at + 6, header->category);
	memcpy(at + 8, header->vault, 16);
	memcpy(at + 24, header->record, 16);
	memcpy(at + 40, header->subject, 16);
	pst_bytes_put64(at + 56, header->lane);
	at[64] = header->retention;
	at[65] = header->store;
	pst_bytes_put16(at + 66, header->gallery);
	pst_bytes_put32(at + 68, header->bucket);
	pst_bytes_put64(at + 72, (uint64_t)header->created_s);
	pst_bytes_put64(at + 80, (uint64_t)header->expires_s);
	at[88] = header->role;
	at[89] = header->purpose;
	at[90] = header->format;
	at[91] = header->transform;
	memcpy(at + 92, header->contract, 16);
	memcpy(at + 108, header->permit, 16);
	pst_bytes_put64(at + 124, header->audit_sequence);
	pst_bytes_put32(at + 132, header->plain_size);
}

static int check(const struct pst_vault_header *header)
{
	int64_t kept = 0;
	bool reference = header->role == PST_VAULT_ROLE_REFERENCE;

	if (header->role != PST_VAULT_ROLE_CAPTURED && !reference) {
		return PST_E_CORRUPT;
	}
	if (header->created_s <= 0 ||
		__builtin_sub_overflow(header->expires_s, header->created_s, &kept) || kept <= 0 ||
		kept > PST_VAULT_RETENTION_MAX_S) {
		return PST_E_CORRUPT;
	}
	if (header->retention == 0 || header->store == 0 || (header->gallery != 0) != reference) {
		return PST_E_CORRUPT;
	}
	if (header->plain_size == 0 || header->plain_size > PST_SEAL_PLAIN_MAX) {
		return PST_E_CORRUPT;
	}
	return 0;
}

int pst_vault_header_decode(
	const uint8_t bytes[PST_SEAL_HEADER_SIZE], struct pst_vault_header *ret_header)
{
	struct pst_vault_header header = {0};

	memset(ret_header, 0, sizeof(*ret_header));
	if (memcmp(bytes, MAGIC, 4) != 0 || bytes[4] != PST_VAULT_HEADER_VERSION ||
		bytes[5] != PST_VAULT_HEADER_SUITE) {
		return PST_E_FORMAT;
	}
	header.category = pst_bytes_get16(bytes + 6);
	memcpy(header.vault, bytes + 8, 16);
	memcpy(header.record, bytes + 24, 16);
	memcpy(header.subject, bytes + 40, 16);
	header.lane = pst_bytes_get64(bytes + 56);
	header.retention = bytes[64];
	header.store = bytes[65];
	header.gallery = pst_bytes_get16(bytes + 66);
	header.bucket = pst_bytes_get32(bytes + 68);
	header.created_s = (int64_t)pst_bytes_get64(bytes + 72);
	header.expires_s = (int64_t)pst_bytes_get64(bytes + 80);
	header.role = bytes[88];
	header.purpose = bytes[89];
	header.format = bytes[90];
	header.transform = bytes[91];
	memcpy(header.contract, bytes + 92, 16);
	memcpy(header.permit, bytes + 108, 16);
	header.audit_sequence = pst_bytes_get64(bytes + 124);
	header.plain_size = pst_bytes_get32(bytes + 132);

	int status = check(&header);
	if (status == 0) {
		*ret_header = header;
	}
	return status;
}
