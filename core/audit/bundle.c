/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/bundle.h"

#include <string.h>

static const char MAGIC[8] = {'P', 'S', 'T', 'N', 'A', 'U', 'D', 'X'};

#define VERSION 1

size_t pst_audit_bundle_encode(
	const struct pst_audit_bundle *bundle, uint8_t ret_bytes[PST_AUDIT_BUNDLE_START_MAX])
{
	size_t head = strlen(bundle->head);

	memset(ret_bytes, 0, PST_AUDIT_BUNDLE_START_MAX);
	memcpy(ret_bytes, MAGIC, sizeof(MAGIC));
	pst_bytes_put32(ret_bytes + 8, VERSION);
	pst_bytes_put64(ret_bytes + 16, bundle->first);
	pst_bytes_put64(ret_bytes + 24, bundle->count);
	pst_bytes_put64(ret_bytes + 32, bundle->bytes);
	memcpy(ret_bytes + 48, bundle->before, sizeof(bundle->before));
	pst_bytes_put32(ret_bytes + 80, bundle->epoch);
	pst_bytes_put64(ret_bytes + 88, bundle->epoch_first);
	memcpy(ret_bytes + 96, bundle->commitment, sizeof(bundle->commitment));
	size_t header =
		pst_audit_header_encode(&bundle->header, ret_bytes + PST_AUDIT_BUNDLE_FIXED);
	pst_bytes_put32(ret_bytes + 40, (uint32_t)head);
	pst_bytes_put32(ret_bytes + 44, (uint32_t)header);
	memcpy(ret_bytes + PST_AUDIT_BUNDLE_FIXED + header, bundle->head, head);
	return PST_AUDIT_BUNDLE_FIXED + header + head;
}

bool pst_audit_is_bundle(const uint8_t *bytes, size_t size)
{
	return size >= sizeof(MAGIC) && memcmp(bytes, MAGIC, sizeof(MAGIC)) == 0;
}

/* In front of the first entry of a log stands what its header says, and nothing else. */
static bool is_start_of(const struct pst_audit_bundle *bundle)
{
	static const uint8_t zero[PST_MAC_COMMITMENT_SIZE];
	const struct pst_audit_header *header = &bundle->header;
	bool has_mac = bundle->epoch > 0;

	if (has_mac ? bundle->epoch_first == 0 || bundle->epoch_first > bundle->first
		    : bundle->epoch_first != 0 ||
				memcmp(bundle->commitment, zero, sizeof(zero)) != 0) {
		return false;
	}
	if (header->version == 1) {
		return bundle->first > 1 || !has_mac;
	}
	/* Epoch 1 of such a log is the one that its header names. */
	return bundle->epoch == 1 ? memcmp(bundle->commitment, header->commitment,
					    sizeof(header->commitment)) == 0
				  : has_mac && bundle->first > 1;
}

int pst_audit_bundle_decode(const uint8_t *bytes, size_t size, struct pst_audit_bundle *ret_bundle)
{
	if (size < PST_AUDIT_BUNDLE_FIXED || !pst_audit_is_bundle(bytes, size) ||
		pst_bytes_get32(bytes + 8) != VERSION || pst_bytes_get32(bytes + 12) != 0 ||
		pst_bytes_get32(bytes + 84) != 0) {
		return PST_E_FORMAT;
	}
	size_t head = pst_bytes_get32(bytes + 40), header = pst_bytes_get32(bytes + 44);
	*ret_bundle = (struct pst_audit_bundle){
		.first = pst_bytes_get64(bytes + 16),
		.count = pst_bytes_get64(bytes + 24),
		.bytes = pst_bytes_get64(bytes + 32),
		.epoch = pst_bytes_get32(bytes + 80),
		.epoch_first = pst_bytes_get64(bytes + 88),
	};
	memcpy(ret_bundle->before, bytes + 48, sizeof(ret_bundle->before));
	memcpy(ret_bundle->commitment, bytes + 96, sizeof(ret_bundle->commitment));
	if (head > PST_AUDIT_HEAD_LINE_MAX || header > PST_AUDIT_HEADER_SIZE ||
		size < PST_AUDIT_BUNDLE_FIXED + header + head || ret_bundle->first == 0 ||
		ret_bundle->count > UINT64_MAX - ret_bundle->first) {
		return PST_E_FORMAT;
	}
	const uint8_t *at = bytes + PST_AUDIT_BUNDLE_FIXED;
	int read = pst_audit_header_decode(at, header, &ret_bundle->header);
	if (read != (int)header || memchr(at + header, 0, head)) {
		return PST_E_FORMAT;
	}
	memcpy(ret_bundle->head, at + header, head);
	return is_start_of(ret_bundle) ? (int)(PST_AUDIT_BUNDLE_FIXED + header + head)
				       : PST_E_FORMAT;
}
