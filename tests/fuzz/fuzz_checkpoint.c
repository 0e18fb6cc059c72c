/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read has one form: written again, it is the same text. */
static void try_checkpoint(uint8_t version, const char *text, size_t size)
{
	struct pst_audit_entry entry = {.version = version, .payload = text, .payload_size = size};
	struct pst_audit_checkpoint checkpoint;
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	char again[PST_AUDIT_CHECKPOINT_TEXT_SIZE];

	if (pst_audit_checkpoint_parse(&entry, &checkpoint, signature) == 0) {
		pst_audit_checkpoint_format(&checkpoint, signature, again);
		if (strlen(again) != size || memcmp(again, text, size) != 0) {
			abort();
		}
	}
}

static void try_head(const char *text)
{
	struct pst_audit_head_file head;
	char again[PST_AUDIT_HEAD_TEXT_SIZE];

	if (pst_audit_head_parse(text, &head) == 0) {
		pst_audit_head_format(&head, again);
		if (strcmp(again, text) != 0) {
			abort();
		}
	}
}

static void try_cosignature(const char *text)
{
	struct pst_audit_cosignature cosignature;
	char again[PST_AUDIT_COSIGNATURE_TEXT_SIZE];

	if (pst_audit_cosignature_parse(text, &cosignature) == 0) {
		(void)!pst_audit_cosignature_check(&cosignature);
		pst_audit_cosignature_format(&cosignature, again);
		if (strcmp(again, text) != 0) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text) {
		memcpy(text, data, size);
		text[size] = 0;
		try_checkpoint(1, text, size);
		try_checkpoint(2, text, size);
		try_head(text);
		try_cosignature(text);
	}
	free(text);
	return 0;
}
