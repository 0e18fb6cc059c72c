/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/scores.h"

#include "fixture.h"

#include <stdlib.h>

Test(scores, sorted_as_numbers_and_equal_ones_keep_their_order)
{
	struct pst_comparisons list = {0};

	srand(1);
	for (uint32_t i = 0; i < 20000; i++) {
		/* Few values, of both signs and of all magnitudes. */
		double score = (rand() % 41 - 20) * pow(10, rand() % 13 - 6);

		cr_assert_eq(pst_comparisons_put(&list, score, i, 0), 0);
	}
	cr_assert_eq(pst_comparisons_put(&list, -0.0, 20000, 0), 0);
	cr_assert_eq(pst_comparisons_put(&list, 0.0, 20001, 0), 0);
	cr_assert_eq(pst_comparisons_sort(&list), 0);
	cr_assert_eq(list.count, 20002);
	for (size_t i = 1; i < list.count; i++) {
		const struct pst_comparison *a = &list.at[i - 1], *b = &list.at[i];

		cr_assert(a->score < b->score ||
				  (a->score == b->score && a->reference < b->reference),
			"%g (%u) before %g (%u)", a->score, a->reference, b->score, b->reference);
	}
	for (size_t i = 0; i < list.count; i += 7) {
		size_t below = 0, up_to = 0;

		for (size_t k = 0; k < list.count; k++) {
			below += list.at[k].score < list.at[i].score;
			up_to += list.at[k].score <= list.at[i].score;
		}
		cr_assert_eq(pst_comparisons_below(&list, list.at[i].score), below);
		cr_assert_eq(pst_comparisons_up_to(&list, list.at[i].score), up_to);
		i += 500;
	}
	free(list.at);
}

Test(scores, a_list_grows_after_it_was_sorted)
{
	struct pst_comparisons list = {0};

	for (int i = 3000; i > 0; i--) {
		cr_assert_eq(pst_comparisons_put(&list, i, 0, 0), 0);
	}
	cr_assert_eq(pst_comparisons_sort(&list), 0);
	for (int i = 0; i < 3000; i++) {
		cr_assert_eq(pst_comparisons_put(&list, -i, 0, 0), 0);
	}
	cr_assert_eq(pst_comparisons_sort(&list), 0);
	cr_assert_eq(list.at[0].score, -2999);
	cr_assert_eq(list.at[5999].score, 3000);
	free(list.at);
}
