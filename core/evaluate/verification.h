/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_VERIFICATION_H
#define PST_EVALUATE_VERIFICATION_H

#include "evaluate/rate.h"
#include "evaluate/scores.h"

/**
 * 1:1 error rates in the terms of ISO/IEC 19795-1. Scores are sorted in all calls.
 *
 *   FMR(t)   false match rate: impostor comparisons at or above t, of all that were made
 *   FNMR(t)  false non-match rate: genuine comparisons below t, of all that were made
 *   GFAR, GFRR  the same where a comparison that could not be made, as one side has no template,
 *            counts as a rejection
 */
struct pst_operating_point {
	double fmr_wanted; /* 0: the threshold was given */
	double threshold;
	struct pst_rate fmr;
	struct pst_rate fnmr;
	struct pst_rate gfar;
	struct pst_rate gfrr;
};

/** The rates at a threshold. */
void pst_verification_at(
	const struct pst_scores *scores, double threshold, struct pst_operating_point *ret_point);

/**
 * The least of the scores that occur at which at most fmr of the impostor comparisons match; beyond
 * all that occur, the next number above the highest impostor score.
 *
 * @param fmr  0 < fmr < 1
 * @return 0; PST_E_NOT_FOUND fewer than 3 / fmr impostor comparisons, or no genuine one
 */
int pst_verification_at_fmr(const struct pst_scores *scores, double fmr,
	struct pst_operating_point *ret_point) PST_MUST_CHECK;

/** @return the most of n that is at most fmr of it */
uint64_t pst_verification_allowed(double fmr, uint64_t n);

/**
 * Where the line from one operating point, with FMR > FNMR, to the next, with FMR <= FNMR, has both
 * equal.
 *
 * @return that rate, 0..1
 */
double pst_verification_crossing(double fmr_from, double fnmr_from, double fmr, double fnmr);

/**
 * Equal error rate: where the line through the operating points, from one score that occurs to the
 * next, has FMR = FNMR. NaN without scores of both kinds.
 */
double pst_verification_eer(const struct pst_scores *scores);

/**
 * Area under the ROC: the chance that a genuine score is above an impostor one, equal ones counted
 * half (the statistic of Mann and Whitney). NaN without scores of both kinds.
 */
double pst_verification_auc(const struct pst_scores *scores);

#endif
