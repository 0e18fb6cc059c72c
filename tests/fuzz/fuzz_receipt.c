/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "audit/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t public_key[PST_SIGN_PUBLIC_SIZE] = {1, 2, 3};
	struct pst_receipt_summary summary;
	struct pst_error error = {0};
	char *json = malloc(size ? size : 1);

	if (json) {
		if (size > 0) {
			memcpy(json, data, size);
		}
		if (pst_receipt_verify(json, size, public_key, &summary, &error) == 0) {
			abort();
		}
	}
	free(json);
	return 0;
}
