/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conform/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which of both it is. What decodes must encode to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[PST_PLAN_SIZE_MAX];
	static struct pst_plan plan;
	struct pst_report report;
	uint8_t *copy;
	int back = -1;

	if (size < 1) {
		return 0;
	}
	copy = malloc(size);
	if (!copy) {
		return 0;
	}
	size--;
	memcpy(copy, data + 1, size);
	if (data[0] == 'p') {
		back = pst_plan_decode(copy, size, &plan) == 0 ? pst_plan_encode(&plan, again) : -1;
	} else {
		back = pst_report_decode(copy, size, &report) == 0
			       ? pst_report_encode(&report, again)
			       : -1;
	}
	if (back >= 0 && (back != (int)size || memcmp(again, copy, size) != 0)) {
		abort();
	}
	free(copy);
	return 0;
}
