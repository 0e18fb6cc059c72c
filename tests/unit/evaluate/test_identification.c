/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/identification.h"

#include "fixture.h"

#include <stdlib.h>

/* Person 0 has pictures 0 and 1, person 1 has 2 and 3, person 2 has 4 alone. */
static uint32_t subject[] = {0, 0, 1, 1, 2};
static float score[25] = {
	0, .9f, .3f, .2f, .1f, /* mate .9, best stranger .3: rank 1 */
	.4f, 0, .5f, .1f, .2f, /* mate .4, person 1 at .5: rank 2 */
	.1f, .2f, 0, .6f, .6f, /* mate .6, person 2 as high: rank 2 */
	.7f, .8f, .6f, 0, .7f, /* mate .6, two people above: rank 3 */
	.1f, .2f, .3f, .4f, 0, /* nobody to find; best stranger .4 */
};
static const struct pst_matrix matrix = {score, subject, 5};

Test(identification, ranks_by_hand)
{
	struct pst_identification found;

	cr_assert_eq(pst_identification_make(&matrix, 3, 0, &found), 0);
	cr_assert_eq(found.probes, 5);
	cr_assert_eq(found.mated, 4);
	cr_assert_eq(found.people, 3);
	cr_assert_eq(found.ranks, 3);
	cr_assert_eq(found.rank[0].errors, 3);
	cr_assert_eq(found.rank[1].errors, 1);
	cr_assert_eq(found.rank[2].errors, 0);
	cr_assert_eq(found.rank[0].trials, 4);
	cr_assert_eq(found.points, 0, "five searches carry no rate");
}

Test(identification, a_probe_without_a_template_is_missed_at_every_rank)
{
	struct pst_identification found;

	cr_assert_eq(pst_identification_make(&matrix, 3, 2, &found), 0);
	cr_assert_eq(found.mated, 6);
	cr_assert_eq(found.rank[2].errors, 2);
	cr_assert_float_eq(found.rank[0].rate, 5.0 / 6, EPSILON);
}

/* 20 people with two pictures each: mates at 0.8, strangers below but for three of 40 at 0.9. */
Test(identification, alarms_and_misses_at_a_threshold)
{
	enum { SIZE = 40 };
	struct pst_matrix many = {
		malloc(SIZE * SIZE * sizeof(float)), malloc(SIZE * sizeof(uint32_t)), SIZE};
	struct pst_identification found;

	for (uint32_t i = 0; i < SIZE; i++) {
		many.subject[i] = i / 2;
		for (uint32_t k = 0; k < SIZE; k++) {
			many.at[i * SIZE + k] = i / 2 == k / 2 ? 0.8f : 0.001f * (float)i;
		}
	}
	for (uint32_t i = 0; i < 3; i++) {
		many.at[i * SIZE + 39] = 0.9f;
	}
	cr_assert_eq(pst_identification_make(&many, 20, 0, &found), 0);
	cr_assert_eq(found.points, 1);
	cr_assert_eq(found.point[0].fpir.errors, 4, "0.9 thrice and the next lower");
	cr_assert_eq(found.point[0].fpir.trials, 40);
	cr_assert_float_eq(found.point[0].threshold, (double)(0.001f * 39), EPSILON);
	cr_assert_eq(found.point[0].fnir.errors, 3, "those with a stranger above their mate");
	cr_assert_eq(found.point[0].fnir.trials, 40);
	cr_assert_eq(pst_identification_make(&many, 20, 2, &found), 0);
	cr_assert_eq(found.point[0].fnir.errors, 5, "and those without a template");
	cr_assert_eq(found.point[0].fnir.trials, 42);
	pst_matrix_finish(&many);
}
