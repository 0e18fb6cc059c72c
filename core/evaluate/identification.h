/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_IDENTIFICATION_H
#define PST_EVALUATE_IDENTIFICATION_H

#include "evaluate/verification.h"

#define PST_RANKS_MAX 20
#define PST_FPIR_MAX 6

/** Scores of everything with everything: row is the probe, column the reference. */
struct pst_matrix {
	float *at;	   /* owned; size * size; the diagonal is not looked at */
	uint32_t *subject; /* owned; of each row */
	uint32_t size;
};

/** An operating point of a search: a threshold on its best candidate. */
struct pst_search_point {
	double fpir_wanted;
	double threshold;
	struct pst_rate fpir;
	struct pst_rate fnir; /* at rank 1 */
};

/**
 * 1:N error rates in the terms of ISO/IEC 19795-1. The protocol is leave-one-out: each picture in
 * turn is the probe, all others are the gallery, and a person's score is the best of that person's
 * pictures. It is searched twice: mated, and non-mated with the probe's own person left out.
 *
 *   rank        of the person sought: 1 + the others whose score is as high or higher
 *   FPIR(t)     non-mated searches whose best candidate is at or above t
 *   FNIR(1, t)  mated searches in which the person sought is not the best candidate at or above t
 *   DIR(1, t)   1 - FNIR(1, t)
 */
struct pst_identification {
	uint64_t probes;
	uint64_t mated;			     /* probes whose person is in the gallery */
	uint32_t people;		     /* in the gallery */
	uint32_t ranks;			     /* 1 .. PST_RANKS_MAX */
	struct pst_rate rank[PST_RANKS_MAX]; /* [k - 1]: misses at rank k or better */
	uint32_t points;
	struct pst_search_point point[PST_FPIR_MAX]; /* FPIR 1e-1, 1e-2 .. as the counts allow */
};

/**
 * @param people  subjects that the rows name are below it
 * @param failed  probes without a template whose person is in the gallery: misses at every rank
 * @return 0 or -ENOMEM
 */
int pst_identification_make(const struct pst_matrix *matrix, uint32_t people, uint64_t failed,
	struct pst_identification *ret_identification) PST_MUST_CHECK;

void pst_matrix_finish(struct pst_matrix *matrix);

#endif
