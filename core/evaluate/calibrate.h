/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_CALIBRATE_H
#define PST_EVALUATE_CALIBRATE_H

#include <stdio.h>

#include "evaluate/cohorts.h"
#include "evaluate/scores.h"
#include "host/calibration.h"

/** Whose scores they are, and where they come from. */
struct pst_calibrate_input {
	const struct pst_scores *scores;   /* sorted */
	const uint32_t *subject;	   /* of each sample; needed with cohorts */
	const struct pst_cohorts *cohorts; /* NULL: one threshold for all people together */
	const double *fmr;		   /* falling; NULL: 1e-1, 1e-2 .. as far as they go */
	size_t fmr_count;
};

/**
 * Thresholds for false match rates.
 *
 * Each is the least number that at most FMR of the impostor comparisons reach, in the single
 * precision that a matcher's scores have. With cohorts it is that of the worst one: for each
 * cohort, and for all together, so many comparisons within it are needed.
 *
 * @param ret  its counts and points are filled, nothing else
 * @return 0; PST_E_NOT_FOUND fewer than 3 / FMR impostor comparisons stand behind one that was
 * asked for, or behind 1e-1; -ENOMEM; error filled
 */
int pst_calibrate_make(const struct pst_calibrate_input *input, struct pst_calibration *ret,
	struct pst_error *error) PST_MUST_CHECK;

/** Writes it as pst_calibration_load reads it. */
void pst_calibrate_write(const struct pst_calibration *calibration, FILE *to);

#endif
