/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_SCORES_FILE_H
#define PST_EVALUATE_SCORES_FILE_H

#include <stdio.h>

#include "evaluate/names.h"
#include "evaluate/scores.h"

/**
 * Reads "SCORE,SAME[,SUBJECT,SUBJECT[,FILE,FILE]]" line by line; SAME is 1 or same, 0 or different.
 * A first line that begins with "score" is a heading. Subjects are given in all lines or in none;
 * what they say and SAME must agree. File names are passed over.
 *
 * The samples that the scores name are the subjects; without subjects all are sample 0.
 *
 * @param ret_scores  not sorted
 * @param ret_people  empty without subjects
 * @return 0; PST_E_CONFIG the file; -errno; error filled
 */
int pst_scores_read(FILE *file, const char *name, struct pst_scores *ret_scores,
	struct pst_names *ret_people, struct pst_error *error) PST_MUST_CHECK;

#endif
