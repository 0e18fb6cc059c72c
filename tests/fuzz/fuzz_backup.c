/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "vault/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written again byte for byte: there is one form of a manifest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_vault_manifest manifest;
	char again[PST_VAULT_MANIFEST_SIZE];
	char *text = calloc(1, size + 1);

	if (!text) {
		return 0;
	}
	memcpy(text, data, size);
	if (pst_vault_manifest_parse(text, &manifest) == 0) {
		size_t length =
			pst_vault_manifest_format(&manifest, /* with_signature= */ true, again);

		if (length != strlen(text) || memcmp(again, text, length) != 0) {
			abort();
		}
	}
	free(text);
	return 0;
}
