/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes must encode to the same bytes: nothing is accepted that isn't understood whole. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pst_wire_message message;
	static uint8_t again[PST_WIRE_SIZE_MAX];
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy) {
		return 0;
	}
	memcpy(copy, data, size);
	if (pst_wire_decode(copy, size, &message) == 0) {
		int back = pst_wire_encode(&message, again);

		if (back != (int)size || memcmp(again, copy, size) != 0) {
			abort();
		}
	}
	free(copy);
	return 0;
}
