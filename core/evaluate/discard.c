/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/discard.h"

#include <errno.h>
#include <stdlib.h>

#define QUALITIES 256u

int pst_discard_make(const struct pst_scores *scores, double threshold, const uint8_t *quality,
	struct pst_discard *ret_discard)
{
	size_t count[QUALITIES] = {0}, missed[QUALITIES] = {0};
	size_t left = scores->genuine.count, wrong = 0;
	struct pst_discard discard = {.at = malloc(QUALITIES * sizeof(*discard.at))};

	if (!discard.at) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < scores->genuine.count; i++) {
		const struct pst_comparison *at = &scores->genuine.at[i];
		uint8_t one = quality[at->reference], two = quality[at->probe];
		uint8_t worse = one < two ? one : two;

		count[worse]++;
		missed[worse] += at->score < threshold;
		wrong += at->score < threshold;
	}
	for (unsigned q = 0; q < QUALITIES && left > 0; q++) {
		if (count[q] == 0) {
			continue;
		}
		discard.at[discard.count++] = (struct pst_discard_point){
			.discarded = 1 - (double)left / (double)scores->genuine.count,
			.fnmr = (double)wrong / (double)left,
			.quality = (uint8_t)q,
		};
		left -= count[q];
		wrong -= missed[q];
	}
	*ret_discard = discard;
	return 0;
}

void pst_discard_finish(struct pst_discard *discard)
{
	free(discard->at);
	*discard = (struct pst_discard){0};
}
