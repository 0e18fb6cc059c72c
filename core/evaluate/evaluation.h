/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_EVALUATION_H
#define PST_EVALUATE_EVALUATION_H

#include "evaluate/bands.h"
#include "evaluate/capture.h"
#include "evaluate/cohorts.h"
#include "evaluate/discard.h"
#include "evaluate/identification.h"
#include "evaluate/verification.h"

#define PST_EVALUATION_POINTS_MAX 6 /* FMR 1e-1 .. 1e-6 */
#define PST_EVALUATION_GRID_MAX 81  /* of the band of the DET: ten for each decade */
#define PST_EVALUATION_BINS 60

/** What is evaluated. All but the scores may be missing. */
struct pst_evaluation_input {
	struct pst_scores *scores;	   /* get sorted */
	const struct pst_matrix *matrix;   /* for 1:N, or NULL */
	const struct pst_samples *samples; /* or NULL: only scores are known */
	const struct pst_names *people;	   /* empty: unknown */
	const struct pst_cohorts *cohorts; /* or NULL */
	double fmr;    /* at which cohorts and discarding are looked at; 0: the strictest of the
			  points down to 1e-3 */
	uint64_t seed; /* of the bands */
};

/** Pictures and people, by what became of them. */
struct pst_evaluation_counts {
	uint64_t pictures;
	uint64_t several; /* pictures with more than one face */
	uint64_t failure[PST_FAILURE_COUNT];
	struct pst_rate acquire; /* pictures without a template */
	struct pst_rate enrol;	 /* people without any template */
};

/** Results. What was not there to be evaluated is empty. */
struct pst_evaluation {
	struct pst_evaluation_counts counts;
	bool has_pictures;
	uint64_t genuine, impostor; /* comparisons made */
	uint64_t genuine_failed, impostor_failed;
	double eer, auc; /* NaN without scores of both kinds */

	uint32_t points;
	struct pst_operating_point point[PST_EVALUATION_POINTS_MAX]; /* falling FMR */
	struct pst_operating_point chosen; /* where cohorts and discarding are looked at */
	bool has_chosen;
	struct pst_curve curve;

	uint32_t replicates; /* of the bootstrap; 0: no bands */
	struct pst_band eer_band;
	struct pst_band point_band[PST_EVALUATION_POINTS_MAX]; /* FNMR at each point */
	uint32_t grid;
	double grid_fmr[PST_EVALUATION_GRID_MAX]; /* falling from 1 */
	struct pst_band grid_band[PST_EVALUATION_GRID_MAX];

	double bin_low, bin_width; /* of the histograms */
	uint64_t genuine_bin[PST_EVALUATION_BINS];
	uint64_t impostor_bin[PST_EVALUATION_BINS];

	bool has_identification;
	struct pst_identification identification;

	uint32_t cohorts;
	struct pst_cohort_rates cohort[PST_COHORTS_MAX]; /* at the chosen threshold */
	struct pst_cohort_spread fmr_spread, fnmr_spread;

	struct pst_discard discard; /* at the chosen threshold */
};

/**
 * Works all of it out.
 *
 * @param ret_evaluation  large: not for the stack; pst_evaluation_finish
 * @return 0; PST_E_CONFIG no score at all, or the FMR asked for is beyond what the comparisons
 *         carry; -ENOMEM; error filled
 */
int pst_evaluation_make(const struct pst_evaluation_input *input,
	struct pst_evaluation *ret_evaluation, struct pst_error *error) PST_MUST_CHECK;

void pst_evaluation_finish(struct pst_evaluation *evaluation);

#endif
