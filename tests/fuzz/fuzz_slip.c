/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit/slip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was written is found again, and what was cut off is missed. */
static void check(const json_t *document, char *slip)
{
	struct pst_error error = {0};

	if (pst_slip_check(slip, document, &error) != 0) {
		abort();
	}
	slip[strlen(slip) - 2] = '\0';
	if (pst_slip_check(slip, document, &error) != PST_E_MISMATCH) {
		abort();
	}
}

/* A document up to the first line end, and then what somebody says is its slip. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_error error = {0};
	char *text = malloc(size + 1);
	char *slip = NULL;

	if (!text) {
		return 0;
	}
	if (size > 0) {
		memcpy(text, data, size);
	}
	text[size] = '\0';
	size_t end = strcspn(text, "\n");
	json_t *document = json_loadb(text, end, 0, NULL);

	if (document) {
		(void)!pst_slip_check(text + end, document, &error);
	}
	if (document && pst_slip_write(document, &slip, &error) == 0) {
		check(document, slip);
	}
	free(slip);
	json_decref(document);
	free(text);
	return 0;
}
