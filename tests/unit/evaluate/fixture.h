/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_EVALUATE_FIXTURE_H
#define TESTS_UNIT_EVALUATE_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluate/scores.h"

/* Scores by hand: genuine and impostor, each ended by NAN. All are of samples 0 and 1. */
static inline struct pst_scores scores_of(const double *genuine, const double *impostor)
{
	struct pst_scores scores = {0};

	for (; !isnan(*genuine); genuine++) {
		cr_assert_eq(pst_comparisons_put(&scores.genuine, *genuine, 0, 0), 0);
	}
	for (; !isnan(*impostor); impostor++) {
		cr_assert_eq(pst_comparisons_put(&scores.impostor, *impostor, 0, 1), 0);
	}
	cr_assert_eq(pst_scores_sort(&scores), 0);
	return scores;
}

#define LIST(...) ((const double[]){__VA_ARGS__, NAN})

/* A text as a file to be read. */
static inline FILE *file_of(const char *text)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");

	cr_assert_not_null(file);
	return file;
}

#define EPSILON 1e-12

#endif
