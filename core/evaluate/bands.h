/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_BANDS_H
#define PST_EVALUATE_BANDS_H

#include "evaluate/curve.h"

/** Between what values a figure lies in the middle 95 % of the replicates. */
struct pst_band {
	double low;
	double high;
};

/** What is resampled. */
struct pst_bands_input {
	const struct pst_scores *scores; /* sorted, of both kinds */
	const struct pst_curve *curve;	 /* of these scores: thresholds that are looked at */
	const uint32_t *subject;	 /* of each sample that the scores name */
	uint32_t subjects;		 /* at least 2 */
	uint64_t seed;
};

/**
 * Bands by resampling people, not comparisons: comparisons of one person depend on each other. A
 * replicate draws as many people as there are, with replacement (B. Efron, "Bootstrap methods:
 * another look at the jackknife", Annals of Statistics 7, 1979); a genuine comparison counts as
 * often as its person was drawn, an impostor one as often as one times the other. 1024 replicates,
 * and 256 beyond two million comparisons; equal seeds give equal bands.
 *
 * @param fmr        rates at which the FNMR is looked at
 * @param ret_fnmr   count bands
 * @param ret_eer    of the equal error rate
 * @return replicates that had comparisons of both kinds, or -ENOMEM
 */
int pst_bands_make(const struct pst_bands_input *input, const double *fmr, size_t count,
	struct pst_band *ret_fnmr, struct pst_band *ret_eer) PST_MUST_CHECK;

#endif
