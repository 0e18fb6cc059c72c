/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/curve.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define PER_DECADE 24
#define DECADES 9
#define QUANTILES 200u
#define PICKS_MAX (2 * (2 * PER_DECADE * DECADES + QUANTILES + 1) + 1)

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Scores at ranks that grow by a fixed factor from either end, and at equal steps between. */
static size_t pick(const struct pst_comparisons *list, double *to)
{
	size_t picked = 0, last = 0;

	for (int i = 0; i < PER_DECADE * DECADES; i++) {
		size_t rank = (size_t)pow(10, (double)i / PER_DECADE);

		if (rank == last || rank > list->count) {
			continue;
		}
		last = rank;
		to[picked++] = list->at[rank - 1].score;
		to[picked++] = list->at[list->count - rank].score;
	}
	for (size_t i = 0; i <= QUANTILES; i++) {
		to[picked++] = list->at[(list->count - 1) * i / QUANTILES].score;
	}
	return picked;
}

int pst_curve_make(const struct pst_scores *scores, struct pst_curve *ret_curve)
{
	double *score = malloc(PICKS_MAX * sizeof(*score));
	struct pst_curve_point *at = malloc(PICKS_MAX * sizeof(*at));
	size_t picked, count = 0;

	if (!score || !at) {
		free(score);
		free(at);
		return -ENOMEM;
	}
	picked = pick(&scores->genuine, score);
	picked += pick(&scores->impostor, score + picked);
	qsort(score, picked, sizeof(*score), by_value);
	score[picked] = nextafter(score[picked - 1], INFINITY);
	for (size_t i = 0; i <= picked; i++) {
		size_t below = pst_comparisons_below(&scores->impostor, score[i]);
		size_t missed = pst_comparisons_below(&scores->genuine, score[i]);

		if (count > 0 && at[count - 1].threshold == score[i]) {
			continue;
		}
		at[count++] = (struct pst_curve_point){
			.threshold = score[i],
			.fmr = (double)(scores->impostor.count - below) /
			       (double)scores->impostor.count,
			.fnmr = (double)missed / (double)scores->genuine.count,
		};
	}
	free(score);
	*ret_curve = (struct pst_curve){at, count};
	return 0;
}

void pst_curve_finish(struct pst_curve *curve)
{
	free(curve->at);
	*curve = (struct pst_curve){0};
}
