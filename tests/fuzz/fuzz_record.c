/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "vault/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header that decodes is the one that encodes to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[PST_SEAL_HEADER_SIZE];
	struct pst_vault_header header;
	uint8_t *bytes = malloc(PST_SEAL_HEADER_SIZE);

	if (!bytes || size < PST_SEAL_HEADER_SIZE) {
		free(bytes);
		return 0;
	}
	memcpy(bytes, data, PST_SEAL_HEADER_SIZE);
	if (pst_vault_header_decode(bytes, &header) == 0) {
		pst_vault_header_encode(&header, again);
		if (memcmp(again, bytes, sizeof(again)) != 0) {
			abort();
		}
	}
	free(bytes);
	return 0;
}
