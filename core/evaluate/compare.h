/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_COMPARE_H
#define PST_EVALUATE_COMPARE_H

#include "evaluate/capture.h"
#include "evaluate/identification.h"
#include "evaluate/scores.h"

#define PST_COMPARE_ALL_MAX 6000u /* templates that are compared with each other */

struct pst_compare_config {
	const struct pst_plugin *matcher;
	enum pst_worker_sandbox sandbox;
	const struct pst_worker_setting *settings; /* borrowed */
	uint32_t setting_count;
	pst_evaluate_progress_fn progress; /* may be NULL */
	void *user;
};

/**
 * Compares every template with every other, by searches in galleries of PST_CANDIDATES_MAX, in the
 * same worker as a lane. Of each two the earlier is the reference in the scores; the matrix has
 * both ways.
 *
 * @param ret_scores  not sorted; its samples are those of `samples`
 * @return 0; PST_E_CONFIG more than PST_COMPARE_ALL_MAX; PST_E_PLUGIN; -ECANCELED; -errno
 */
int pst_compare_all(const struct pst_compare_config *config, const struct pst_samples *samples,
	struct pst_scores *ret_scores, struct pst_matrix *ret_matrix,
	struct pst_error *error) PST_MUST_CHECK;

/** Compares the pairs of the dataset, whose files are the samples. @return as pst_compare_all */
int pst_compare_pairs(const struct pst_compare_config *config, const struct pst_samples *samples,
	const struct pst_dataset *dataset, struct pst_scores *ret_scores,
	struct pst_error *error) PST_MUST_CHECK;

#endif
