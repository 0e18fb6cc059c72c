/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/discard.h"

#include "fixture.h"

Test(discard, by_hand)
{
	static const uint8_t quality[] = {10, 50, 50, 90};
	struct pst_scores scores = {0};
	struct pst_discard discard;

	/* Qualities 10, 50, 50, 50: the misses at 10 and one at 50. */
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.1, 0, 3), 0);
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.2, 1, 2), 0);
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.8, 3, 1), 0);
	cr_assert_eq(pst_comparisons_put(&scores.genuine, 0.9, 2, 3), 0);
	cr_assert_eq(pst_discard_make(&scores, 0.5, quality, &discard), 0);
	cr_assert_eq(discard.count, 2);
	cr_assert_eq(discard.at[0].discarded, 0);
	cr_assert_float_eq(discard.at[0].fnmr, 0.5, EPSILON);
	cr_assert_eq(discard.at[0].quality, 10);
	cr_assert_float_eq(discard.at[1].discarded, 0.25, EPSILON);
	cr_assert_float_eq(discard.at[1].fnmr, 1.0 / 3, EPSILON);
	cr_assert_eq(discard.at[1].quality, 50);
	pst_discard_finish(&discard);
	pst_scores_finish(&scores);
}
