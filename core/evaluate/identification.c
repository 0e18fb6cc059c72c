/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/identification.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct search {
	bool mated;
	double mate;
	double stranger; /* best other person; -infinity without one */
	uint32_t rank;	 /* of the mate */
};

/* @param best  room for each person's best score */
static struct search search(
	const struct pst_matrix *matrix, uint32_t probe, double *best, uint32_t people)
{
	const float *row = matrix->at + (size_t)probe * matrix->size;
	uint32_t own = matrix->subject[probe];
	struct search found = {.stranger = -INFINITY, .rank = 1};

	for (uint32_t i = 0; i < people; i++) {
		best[i] = -INFINITY;
	}
	for (uint32_t i = 0; i < matrix->size; i++) {
		if (i != probe) {
			best[matrix->subject[i]] = fmax(best[matrix->subject[i]], row[i]);
		}
	}
	found.mate = best[own];
	found.mated = isfinite(found.mate);
	for (uint32_t i = 0; i < people; i++) {
		if (i != own && isfinite(best[i])) {
			found.stranger = fmax(found.stranger, best[i]);
			found.rank += best[i] >= found.mate;
		}
	}
	return found;
}

static uint32_t count_people(const struct pst_matrix *matrix, bool *seen)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < matrix->size; i++) {
		count += !seen[matrix->subject[i]];
		seen[matrix->subject[i]] = true;
	}
	return count;
}

/* Open-set points: strangers' best scores are the impostors of a threshold, mates the genuine. */
static int make_points(struct pst_scores *scores, struct pst_identification *result)
{
	double fpir = 1;
	int status = pst_scores_sort(scores);

	while (status == 0 && result->points < PST_FPIR_MAX) {
		struct pst_operating_point point;

		fpir /= 10;
		if (pst_verification_at_fmr(scores, fpir, &point) < 0) {
			break;
		}
		result->point[result->points++] = (struct pst_search_point){
			.fpir_wanted = fpir,
			.threshold = point.threshold,
			.fpir = point.fmr,
			.fnir = point.gfrr,
		};
	}
	return status;
}

int pst_identification_make(const struct pst_matrix *matrix, uint32_t people, uint64_t failed,
	struct pst_identification *ret_identification)
{
	struct pst_identification result = {.probes = matrix->size};
	struct pst_scores scores = {0};
	uint64_t within[PST_RANKS_MAX] = {0};
	double *best = malloc(people * sizeof(*best));
	bool *seen = calloc(people, sizeof(*seen));
	int status = best && seen ? 0 : -ENOMEM;

	if (status == 0) {
		result.people = count_people(matrix, seen);
		result.ranks = result.people < PST_RANKS_MAX ? result.people : PST_RANKS_MAX;
	}
	for (uint32_t i = 0; status == 0 && i < matrix->size; i++) {
		struct search found = search(matrix, i, best, people);

		if (isfinite(found.stranger)) {
			status = pst_comparisons_put(&scores.impostor, found.stranger, i, i);
		}
		if (status == 0 && found.mated) {
			result.mated++;
			for (uint32_t k = found.rank; k <= result.ranks; k++) {
				within[k - 1]++;
			}
			if (found.rank == 1) {
				status = pst_comparisons_put(&scores.genuine, found.mate, i, i);
			} else {
				scores.genuine_failed++;
			}
		}
	}
	result.mated += failed;
	scores.genuine_failed += failed;
	for (uint32_t k = 0; k < result.ranks; k++) {
		result.rank[k] = pst_rate_of(result.mated - within[k], result.mated);
	}
	if (status == 0 && result.mated > 0) {
		status = make_points(&scores, &result);
	}
	pst_scores_finish(&scores);
	free(best);
	free(seen);
	*ret_identification = result;
	return status;
}

void pst_matrix_finish(struct pst_matrix *matrix)
{
	free(matrix->at);
	free(matrix->subject);
	*matrix = (struct pst_matrix){0};
}
