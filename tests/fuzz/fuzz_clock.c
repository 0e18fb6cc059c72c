/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char again[PST_CLOCK_TEXT_SIZE];
	char *text = malloc(size + 1);
	int64_t ns;
	int32_t day;

	if (!text) {
		return 0;
	}
	if (size) {
		memcpy(text, data, size);
	}
	text[size] = 0;
	if (pst_clock_parse_duration(text, &ns) == 0) {
		if (ns < 0) {
			abort();
		}
		pst_clock_format_duration(ns, again);
	}
	if (pst_clock_parse_day(text, &day) == 0) {
		pst_clock_format_day(day, again);
		if (strcmp(again, text) != 0) {
			abort();
		}
	}
	free(text);
	return 0;
}
