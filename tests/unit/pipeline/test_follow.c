/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "pipeline/follow.h"

static const struct pst_face person = {.x = 10, .y = 20, .width = 60, .height = 80};

/* Asks and answers as a worker that finds the person wherever it is told to look. */
static bool step(struct pst_follow *follow)
{
	bool near = pst_follow_next(follow) != NULL;

	pst_follow_take(follow, near ? PST_WIRE_HOW_NEAR : PST_WIRE_HOW_WHOLE, &person);
	return near;
}

Test(follow, off_searches_every_frame_in_full)
{
	struct pst_follow follow = {0};

	for (int i = 0; i < 50; i++) {
		cr_assert_not(step(&follow));
	}
}

Test(follow, a_whole_search_comes_after_so_many)
{
	struct pst_follow follow = {.every = 3};

	for (int i = 0; i < 40; i++) {
		cr_assert_eq(step(&follow), i % 4 != 0, "frame %d", i);
	}
}

Test(follow, looks_where_the_person_was)
{
	struct pst_follow follow = {.every = 3};
	const struct pst_wire_box *box;

	cr_assert_null(pst_follow_next(&follow));
	pst_follow_take(&follow, PST_WIRE_HOW_WHOLE, &person);
	box = pst_follow_next(&follow);
	cr_assert_not_null(box);
	cr_assert_eq(box->x, 10);
	cr_assert_eq(box->y, 20);
	cr_assert_eq(box->width, 60);
	cr_assert_eq(box->height, 80);
}

Test(follow, nobody_there_is_not_followed)
{
	struct pst_follow follow = {.every = 3};

	step(&follow);
	cr_assert_not_null(pst_follow_next(&follow));
	pst_follow_take(&follow, PST_WIRE_HOW_NEAR, NULL); /* has left the zone */
	cr_assert_null(pst_follow_next(&follow));
}

Test(follow, misses_in_a_row_make_it_rest_longer)
{
	struct pst_follow follow = {.every = 100};
	int asked = 0, rests[6], rest = 0;

	step(&follow);
	while (asked < 6) {
		if (pst_follow_next(&follow)) {
			rests[asked++] = rest;
			rest = 0;
		} else {
			rest++;
		}
		pst_follow_take(&follow, PST_WIRE_HOW_WHOLE, &person);
	}
	for (int i = 0; i < 6; i++) {
		cr_assert_eq(rests[i], i == 0 ? 0 : (1 << (i - 1)) - 1, "rest %d", i);
	}
}

Test(follow, rests_no_longer_than_it_follows)
{
	struct pst_follow follow = {.every = 5};
	int rest = 0, longest = 0;

	step(&follow);
	for (int i = 0; i < 500; i++) {
		rest = pst_follow_next(&follow) ? 0 : rest + 1;
		longest = rest > longest ? rest : longest;
		pst_follow_take(&follow, PST_WIRE_HOW_WHOLE, &person);
	}
	cr_assert_eq(longest, 5);
}

Test(follow, one_that_is_found_again_ends_the_rest)
{
	struct pst_follow follow = {.every = 100};

	step(&follow);
	for (int i = 0; i < 20; i++) {
		(void)pst_follow_next(&follow);
		pst_follow_take(&follow, PST_WIRE_HOW_WHOLE, &person);
	}
	while (!step(&follow)) {
	}
	for (int i = 0; i < 50; i++) {
		cr_assert(step(&follow));
	}
}

Test(follow, forgets_with_the_person)
{
	struct pst_follow follow = {.every = 7};

	step(&follow);
	step(&follow);
	pst_follow_forget(&follow);
	cr_assert_eq(follow.every, 7);
	cr_assert_null(pst_follow_next(&follow));
	cr_assert_eq(follow.box.width, 0);
}
