/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_CURVE_H
#define PST_EVALUATE_CURVE_H

#include "evaluate/scores.h"

struct pst_curve_point {
	double threshold;
	double fmr;
	double fnmr;
};

/**
 * Error rates over the threshold: exact points at chosen scores that occur, so many that each
 * decade of either rate has some dozens of them. Zeroed is a valid empty one.
 */
struct pst_curve {
	struct pst_curve_point *at; /* owned; rising thresholds */
	size_t count;
};

/** @param scores  sorted, of both kinds @return 0 or -ENOMEM */
int pst_curve_make(const struct pst_scores *scores, struct pst_curve *ret_curve) PST_MUST_CHECK;

void pst_curve_finish(struct pst_curve *curve);

#endif
