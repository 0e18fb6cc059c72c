/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_entry(const uint8_t *bytes, size_t size)
{
	struct pst_audit_entry entry;
	struct pst_bytes again = {0};
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	uint8_t head[PST_CHAIN_SIZE];

	if (pst_audit_entry_decode(bytes, size, &entry) != 1) {
		return;
	}
	if (entry.size > size) {
		abort();
	}
	(void)!pst_audit_checkpoint_signature(&entry, signature);
	memcpy(head, entry.before, sizeof(head));
	if (pst_audit_entry_encode(&entry, head, &again) == 0) {
		bool same = memcmp(again.data, bytes, entry.size) == 0;

		if (again.size != entry.size ||
			same != (pst_audit_entry_check(&entry, bytes) == 0)) {
			abort();
		}
	}
	pst_bytes_finish(&again);
}

static void try_head(const char *text)
{
	struct pst_audit_head_file head, again;
	char line[PST_AUDIT_HEAD_TEXT_SIZE];

	if (pst_audit_head_parse(text, &head) == 0) {
		pst_audit_head_format(&head, line);
		if (pst_audit_head_parse(line, &again) < 0 ||
			memcmp(&head, &again, sizeof(head)) != 0) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_audit_header header;
	uint8_t *bytes = malloc(size ? size : 1);
	char *text = malloc(size + 1);

	if (bytes && text && size > 0) {
		memcpy(bytes, data, size);
		memcpy(text, data, size);
		text[size] = 0;
		if (size >= PST_AUDIT_HEADER_SIZE) {
			(void)!pst_audit_header_decode(bytes, &header);
		}
		try_entry(bytes, size);
		try_head(text);
	}
	free(bytes);
	free(text);
	return 0;
}
