/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/scores_file.h"
#include "evaluate/verification.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds) {
		abort();
	}
}

static void check_list(const struct pst_comparisons *list, uint32_t people)
{
	for (size_t i = 0; i < list->count; i++) {
		require(isfinite(list->at[i].score));
		require(i == 0 || list->at[i].score >= list->at[i - 1].score);
		require(list->at[i].reference < (people ? people : 1));
		require(list->at[i].probe < (people ? people : 1));
	}
}

/* Scores from anywhere: whatever is taken is sorted, and has rates between 0 and 1. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct pst_scores scores;
	struct pst_names people;
	struct pst_error error = {0};

	if (!file) {
		return 0;
	}
	if (pst_scores_read(file, "s.csv", &scores, &people, &error) == 0) {
		require(pst_scores_sort(&scores) == 0);
		check_list(&scores.genuine, people.count);
		check_list(&scores.impostor, people.count);
		if (scores.genuine.count && scores.impostor.count) {
			double eer = pst_verification_eer(&scores);
			double auc = pst_verification_auc(&scores);

			require(eer >= 0 && eer <= 1 && auc >= 0 && auc <= 1);
		}
		pst_scores_finish(&scores);
		pst_names_finish(&people);
	} else {
		require(strncmp(error.text, "s.csv:", 6) == 0);
	}
	(void)fclose(file);
	return 0;
}
