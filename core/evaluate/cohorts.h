/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_COHORTS_H
#define PST_EVALUATE_COHORTS_H

#include <stdbool.h>
#include <stdio.h>

#include "evaluate/names.h"
#include "evaluate/verification.h"

#define PST_COHORTS_MAX 64

/**
 * Which group each person belongs to, as the evaluator's own list says. Labels are for reports of
 * tests; no operational store has a field for them. Zeroed is a valid empty one.
 */
struct pst_cohorts {
	struct pst_names names;
	uint32_t *of; /* owned; by person: a number in names, or PST_NAMES_NONE */
};

/** One group: comparisons within it alone, as they are the hardest (ISO/IEC 19795-10). */
struct pst_cohort_rates {
	uint32_t people;
	uint64_t pictures;
	struct pst_rate failed; /* pictures without a template */
	struct pst_rate fmr;
	struct pst_rate fnmr;
};

/** How far groups lie apart in one rate. */
struct pst_cohort_spread {
	uint32_t worst;	   /* group of the highest rate */
	double to_least;   /* highest / lowest; NaN where the lowest is 0 */
	double to_geomean; /* highest / geometric mean; NaN where one is 0 */
};

/**
 * Reads "PERSON,COHORT" line by line; people that are not in the list belong to none.
 *
 * @param people  of the data; a name that is not among them is an error
 * @return 0; PST_E_CONFIG; -errno; error filled
 */
int pst_cohorts_read(FILE *file, const char *name, const struct pst_names *people,
	struct pst_cohorts *ret_cohorts, struct pst_error *error) PST_MUST_CHECK;

void pst_cohorts_finish(struct pst_cohorts *cohorts);

/**
 * Rates of each group at one threshold.
 *
 * @param subject    of each sample that the scores name
 * @param ret_rates  one for each name; failed, people and pictures are left alone
 */
void pst_cohorts_rates(const struct pst_cohorts *cohorts, const struct pst_scores *scores,
	const uint32_t *subject, double threshold, struct pst_cohort_rates *ret_rates);

/**
 * Takes the impostor scores of one group out of all.
 *
 * @param ret_scores  the group's, sorted as the others are; genuine ones too
 * @return 0 or -ENOMEM
 */
int pst_cohorts_scores(const struct pst_cohorts *cohorts, const struct pst_scores *scores,
	const uint32_t *subject, uint32_t cohort, struct pst_scores *ret_scores) PST_MUST_CHECK;

/** Over those with trials; worst is PST_NAMES_NONE where there are fewer than two. */
struct pst_cohort_spread pst_cohorts_spread(
	const struct pst_cohort_rates *rates, uint32_t count, bool of_fmr);

#endif
