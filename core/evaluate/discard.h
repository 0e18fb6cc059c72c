/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_DISCARD_H
#define PST_EVALUATE_DISCARD_H

#include "evaluate/scores.h"

struct pst_discard_point {
	double discarded; /* part of the genuine comparisons left out, those of worst quality */
	double fnmr;	  /* of the rest */
	uint8_t quality;  /* the rest has at least that */
};

/**
 * Error versus discard: what is left of the FNMR at a threshold when the comparisons of worst
 * quality are left out (P. Grother and E. Tabassi, "Performance of biometric quality measures",
 * IEEE PAMI 29(4), 2007). A comparison has the quality of the worse of its two pictures; equal
 * qualities are left out together. A quality score that is of use makes the curve fall.
 */
struct pst_discard {
	struct pst_discard_point *at; /* owned */
	size_t count;
};

/**
 * @param scores   sorted
 * @param quality  of each sample, 0..100
 * @return 0 or -ENOMEM
 */
int pst_discard_make(const struct pst_scores *scores, double threshold, const uint8_t *quality,
	struct pst_discard *ret_discard) PST_MUST_CHECK;

void pst_discard_finish(struct pst_discard *discard);

#endif
