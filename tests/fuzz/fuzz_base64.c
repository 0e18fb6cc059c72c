/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text that is read is the very one that is written of what it holds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	uint8_t *bytes = malloc(size / 4 * 3 + 1);

	if (!text || !bytes) {
		abort();
	}
	ssize_t got = pst_base64_decode((const char *)data, size, bytes);
	if (got >= 0) {
		pst_base64_encode(bytes, (size_t)got, text);
		if (strlen(text) != size || (size > 0 && memcmp(text, data, size) != 0)) {
			abort();
		}
	}
	free(bytes);
	free(text);
	return 0;
}
