/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/verification.h"

#include <math.h>

static struct pst_rate fmr_of(const struct pst_scores *scores, double threshold)
{
	size_t count = scores->impostor.count;

	return pst_rate_of(count - pst_comparisons_below(&scores->impostor, threshold), count);
}

static struct pst_rate fnmr_of(const struct pst_scores *scores, double threshold)
{
	return pst_rate_of(
		pst_comparisons_below(&scores->genuine, threshold), scores->genuine.count);
}

void pst_verification_at(
	const struct pst_scores *scores, double threshold, struct pst_operating_point *ret_point)
{
	struct pst_rate fmr = fmr_of(scores, threshold), fnmr = fnmr_of(scores, threshold);

	*ret_point = (struct pst_operating_point){
		.threshold = threshold,
		.fmr = fmr,
		.fnmr = fnmr,
		.gfar = pst_rate_of(fmr.errors, fmr.trials + scores->impostor_failed),
		.gfrr = pst_rate_of(
			fnmr.errors + scores->genuine_failed, fnmr.trials + scores->genuine_failed),
	};
}

uint64_t pst_verification_allowed(double fmr, uint64_t n)
{
	uint64_t allowed = (uint64_t)(fmr * (double)n);

	while (allowed < n && (double)(allowed + 1) / (double)n <= fmr) {
		allowed++;
	}
	while (allowed > 0 && (double)allowed / (double)n > fmr) {
		allowed--;
	}
	return allowed;
}

/* The least score that occurs above another, or the next number where none does. */
static double next_score(const struct pst_scores *scores, double score)
{
	size_t g = pst_comparisons_up_to(&scores->genuine, score);
	size_t i = pst_comparisons_up_to(&scores->impostor, score);
	double next = INFINITY;

	if (g < scores->genuine.count) {
		next = scores->genuine.at[g].score;
	}
	if (i < scores->impostor.count) {
		next = fmin(next, scores->impostor.at[i].score);
	}
	return isfinite(next) ? next : nextafter(score, INFINITY);
}

int pst_verification_at_fmr(
	const struct pst_scores *scores, double fmr, struct pst_operating_point *ret_point)
{
	size_t count = scores->impostor.count;
	uint64_t allowed;

	if (!(fmr > 0) || !(fmr < 1) || count < pst_rate_needed(fmr) ||
		scores->genuine.count == 0) {
		return PST_E_NOT_FOUND;
	}
	allowed = pst_verification_allowed(fmr, count);
	pst_verification_at(scores,
		next_score(scores, scores->impostor.at[count - 1 - allowed].score), ret_point);
	ret_point->fmr_wanted = fmr;
	return 0;
}

/* The quotient first: it is exactly 1 where the step ends at the crossing, and the rate exactly 0.
 */
double pst_verification_crossing(double fmr_from, double fnmr_from, double fmr, double fnmr)
{
	double before = fmr_from - fnmr_from, after = fmr - fnmr;

	return before > after ? fmr_from + (fmr - fmr_from) * (before / (before - after)) : fmr;
}

double pst_verification_eer(const struct pst_scores *scores)
{
	const struct pst_comparisons *genuine = &scores->genuine, *impostor = &scores->impostor;
	double fmr = 1, fnmr = 0;
	size_t g = 0, i = 0;

	if (genuine->count == 0 || impostor->count == 0) {
		return NAN;
	}
	while (fmr > fnmr) {
		double from = fmr, fnmr_from = fnmr, score = INFINITY;

		if (g < genuine->count) {
			score = genuine->at[g].score;
		}
		if (i < impostor->count) {
			score = fmin(score, impostor->at[i].score);
		}
		for (; g < genuine->count && genuine->at[g].score <= score; g++) {
		}
		for (; i < impostor->count && impostor->at[i].score <= score; i++) {
		}
		fmr = (double)(impostor->count - i) / (double)impostor->count;
		fnmr = (double)g / (double)genuine->count;
		if (fmr <= fnmr) {
			return pst_verification_crossing(from, fnmr_from, fmr, fnmr);
		}
	}
	return fmr;
}

double pst_verification_auc(const struct pst_scores *scores)
{
	const struct pst_comparisons *genuine = &scores->genuine, *impostor = &scores->impostor;
	double twice = 0; /* exact below 2^53; beyond that, to 16 digits */
	size_t below = 0, up_to = 0;

	if (genuine->count == 0 || impostor->count == 0) {
		return NAN;
	}
	for (size_t g = 0; g < genuine->count; g++) {
		double score = genuine->at[g].score;

		for (; below < impostor->count && impostor->at[below].score < score; below++) {
		}
		for (; up_to < impostor->count && impostor->at[up_to].score <= score; up_to++) {
		}
		twice += (double)(below + up_to);
	}
	return twice / 2 / (double)genuine->count / (double)impostor->count;
}
