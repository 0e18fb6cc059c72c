/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/bundle.h"
#include "audit/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_entry(const uint8_t *bytes, size_t size)
{
	struct pst_audit_entry entry;
	struct pst_bytes again = {0};
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
	uint32_t epoch;
	uint8_t head[PST_CHAIN_SIZE];

	if (pst_audit_entry_decode(bytes, size, &entry) != 1) {
		return;
	}
	if (entry.size > size) {
		abort();
	}
	(void)!pst_audit_mac_parse(&entry, &epoch, commitment);
	memcpy(head, entry.before, sizeof(head));
	if (pst_audit_entry_encode(&entry, head, NULL, &again) == 0) {
		bool same = memcmp(again.data, bytes, entry.size) == 0;

		if (again.size != entry.size ||
			same != (pst_audit_entry_check(&entry, bytes) == 0)) {
			abort();
		}
	}
	pst_bytes_finish(&again);
}

static void try_header(const uint8_t *bytes, size_t size)
{
	struct pst_audit_header header;
	struct pst_audit_bundle bundle;
	uint8_t again[PST_AUDIT_BUNDLE_START_MAX];

	int read = pst_audit_header_decode(bytes, size, &header);
	if (read > 0 && (pst_audit_header_encode(&header, again) != (size_t)read ||
				memcmp(again, bytes, (size_t)read) != 0)) {
		abort();
	}
	read = pst_audit_bundle_decode(bytes, size, &bundle);
	if (read > 0 && (pst_audit_bundle_encode(&bundle, again) != (size_t)read ||
				memcmp(again, bytes, (size_t)read) != 0)) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);

	if (bytes && size > 0) {
		memcpy(bytes, data, size);
		try_header(bytes, size);
		try_entry(bytes, size);
	}
	free(bytes);
	return 0;
}
