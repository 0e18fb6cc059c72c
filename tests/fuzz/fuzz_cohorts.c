/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "evaluate/cohorts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

/* A list of cohorts of three people. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct pst_names people = {0};
	struct pst_cohorts cohorts;
	struct pst_error error = {0};
	uint32_t index;

	if (!file) {
		return 0;
	}
	require(pst_names_put(&people, "ann", &index) == 0);
	require(pst_names_put(&people, "bob", &index) == 0);
	require(pst_names_put(&people, "cem, the third", &index) == 0);
	if (pst_cohorts_read(file, "c.csv", &people, &cohorts, &error) == 0) {
		require(cohorts.names.count > 0 && cohorts.names.count <= 3);
		for (uint32_t i = 0; i < people.count; i++) {
			require(cohorts.of[i] == PST_NAMES_NONE ||
				cohorts.of[i] < cohorts.names.count);
		}
		pst_cohorts_finish(&cohorts);
	} else {
		require(strncmp(error.text, "c.csv:", 6) == 0);
	}
	pst_names_finish(&people);
	(void)fclose(file);
	return 0;
}
