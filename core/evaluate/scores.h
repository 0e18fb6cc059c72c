/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_SCORES_H
#define PST_EVALUATE_SCORES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PST_SCORES_MAX 1000000000u /* comparisons of one kind */

/** One comparison: its score and the two samples, by index. */
struct pst_comparison {
	double score; /* finite; higher is more alike */
	uint32_t reference;
	uint32_t probe;
};

struct pst_comparisons {
	struct pst_comparison *at; /* owned */
	size_t count;
	size_t room;
};

/**
 * Scores of an evaluation, genuine (one person twice) and impostor (two people). A comparison is a
 * match if and only if its score is at or above the threshold. Zeroed is a valid empty one.
 */
struct pst_scores {
	struct pst_comparisons genuine; /* rising once sorted */
	struct pst_comparisons impostor;
	uint64_t genuine_failed; /* comparisons not made, as one side has no template */
	uint64_t impostor_failed;
};

/** @param room  a guess of how many will come, or 0 @return 0 or -ENOMEM */
int pst_comparisons_reserve(struct pst_comparisons *list, size_t room) PST_MUST_CHECK;

/** @return 0, -ENOMEM, or -EFBIG: more than PST_SCORES_MAX */
int pst_comparisons_put(struct pst_comparisons *list, double score, uint32_t reference,
	uint32_t probe) PST_MUST_CHECK;

/** Sorts by score, rising; equal ones keep their order. @return 0 or -ENOMEM */
int pst_comparisons_sort(struct pst_comparisons *list) PST_MUST_CHECK;

/** @return how many of the sorted list lie below the score */
size_t pst_comparisons_below(const struct pst_comparisons *list, double score);

/** @return how many of the sorted list lie at or below the score */
size_t pst_comparisons_up_to(const struct pst_comparisons *list, double score);

/** Sorts both kinds. @return 0 or -ENOMEM */
int pst_scores_sort(struct pst_scores *scores) PST_MUST_CHECK;

/** Frees and zeroes the struct. */
void pst_scores_finish(struct pst_scores *scores);

#endif
