/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "evaluate/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

/* A list of pairs: what is taken names files and people that are there, and does not contradict
 * itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct pst_dataset dataset;
	struct pst_error error = {0};

	if (!file) {
		return 0;
	}
	if (pst_dataset_read_pairs(file, "p.csv", "/data", &dataset, &error) == 0) {
		require(dataset.pairs > 0 && dataset.files > 1);
		for (uint32_t i = 0; i < dataset.files; i++) {
			require(dataset.file[i].subject < dataset.people.count);
			require(dataset.file[i].path[0] == '/' && dataset.file[i].name[0]);
		}
		for (uint32_t i = 0; i < dataset.pairs; i++) {
			const struct pst_dataset_pair *pair = &dataset.pair[i];

			require(pair->reference < dataset.files && pair->probe < dataset.files);
			require((dataset.file[pair->reference].subject ==
					dataset.file[pair->probe].subject) ||
				!pair->same);
			require((dataset.file[pair->reference].subject !=
					dataset.file[pair->probe].subject) ||
				pair->same);
		}
		pst_dataset_finish(&dataset);
	} else {
		require(strncmp(error.text, "p.csv:", 6) == 0);
	}
	(void)fclose(file);
	return 0;
}
