/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "policy/boxes.h"

#define CELLS_MAX 1024
#define AXES 4 /* that have more than one value */

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

struct space {
	struct pst_policy_labels labels;
	uint32_t label[CELLS_MAX];
	size_t cells;
};

static void shape(struct space *space, const uint16_t sizes[AXES])
{
	*space = (struct space){.cells = 1};
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		space->labels.size[axis] = axis < AXES ? sizes[axis] : 1;
		space->cells *= space->labels.size[axis];
	}
	cr_assert_leq(space->cells, CELLS_MAX);
	space->labels.label = space->label;
}

static bool holds(const struct space *space, const struct pst_policy_box *box, size_t cell)
{
	for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
		unsigned value = (unsigned)(cell % space->labels.size[axis]);

		if (!pst_policy_box_has(box, axis, value)) {
			return false;
		}
		cell /= space->labels.size[axis];
	}
	return true;
}

static unsigned times(const struct space *space, const struct pst_policy_boxes *boxes,
	size_t without, size_t cell)
{
	unsigned count = 0;

	for (size_t i = 0; i < boxes->count; i++) {
		if (i != without && holds(space, &boxes->box[i], cell)) {
			cr_assert_eq(boxes->box[i].label, space->label[cell]);
			count++;
		}
	}
	return count;
}

/* Every labelled cell is described, by boxes of its label only, and no box could be left out. */
static struct pst_policy_boxes cover(const struct space *space, bool may_overlap)
{
	struct pst_policy_boxes boxes = {0};

	cr_assert_eq(pst_policy_boxes_cover(&space->labels, may_overlap, &boxes), 0);
	for (size_t cell = 0; cell < space->cells; cell++) {
		unsigned count = times(space, &boxes, SIZE_MAX, cell);

		cr_assert(space->label[cell] ? count >= 1 : count == 0);
		cr_assert(may_overlap || count <= 1);
	}
	for (size_t i = 0; i < boxes.count; i++) {
		bool needed = false;

		for (size_t cell = 0; cell < space->cells; cell++) {
			needed |= space->label[cell] && times(space, &boxes, i, cell) == 0;
		}
		cr_assert(needed);
		cr_assert(i == 0 || boxes.box[i - 1].label <= boxes.box[i].label);
	}
	return boxes;
}

/* @return boxes needed for a plane drawn with one character per cell, '.' for label 0 */
static size_t count_for(const char *plane, uint16_t width, bool may_overlap)
{
	const uint16_t sizes[AXES] = {(uint16_t)(strlen(plane) / width), width, 1, 1};
	struct space space;
	struct pst_policy_boxes boxes;
	size_t count;

	shape(&space, sizes);
	for (size_t i = 0; i < space.cells; i++) {
		space.label[i] = plane[i] == '.' ? 0 : (uint32_t)(plane[i] - 'a' + 1);
	}
	boxes = cover(&space, may_overlap);
	count = boxes.count;
	pst_policy_boxes_finish(&boxes);
	return count;
}

Test(boxes, what_is_one_condition_is_one_box)
{
	cr_expect_eq(count_for("....", 2, true), 0);
	cr_expect_eq(count_for("aaaaaaaaa", 3, true), 1);
	cr_expect_eq(count_for(".a..a..a.", 3, true), 1);
	/* Values need not be neighbours. */
	cr_expect_eq(count_for("a.a...a.a", 3, true), 1);
	cr_expect_eq(count_for("abaaba", 3, true), 2);
}

Test(boxes, corners_overlap_only_where_they_may)
{
	static const char corner[] = "aaaa..a..";
	static const char crossing[] = ".a.aaa.a.";

	cr_expect_eq(count_for(corner, 3, true), 2);
	cr_expect_eq(count_for(corner, 3, false), 2);
	cr_expect_eq(count_for(crossing, 3, true), 2);
	cr_expect_eq(count_for(crossing, 3, false), 2);
	cr_expect_eq(count_for("ab"
			       "ba",
			     2, true),
		4);
}

Test(boxes, a_box_that_the_others_make_needless_is_taken_away)
{
	/* Grown from the left, the middle one comes first. */
	cr_expect_eq(count_for("aa.."
			       ".aa."
			       "..aa",
			     4, true),
		3);
	cr_expect_leq(count_for("aaaaaaa."
				".aaaaaaa",
			      8, true),
		3);
}

Test(boxes, random_labels_are_described_exactly)
{
	for (int round = 0; round < 100; round++) {
		const uint16_t sizes[AXES] = {(uint16_t)(1 + draw(5)), (uint16_t)(1 + draw(4)),
			(uint16_t)(1 + draw(4)), (uint16_t)(1 + draw(6))};
		uint32_t labels = 1 + draw(4);
		struct pst_policy_boxes free_to_overlap;
		struct pst_policy_boxes apart;
		struct space space;

		shape(&space, sizes);
		for (size_t i = 0; i < space.cells; i++) {
			space.label[i] = draw(3) ? draw(labels + 1) : space.label[i / 2];
		}
		free_to_overlap = cover(&space, true);
		apart = cover(&space, false);
		pst_policy_boxes_finish(&free_to_overlap);
		pst_policy_boxes_finish(&apart);
	}
}

Test(boxes, more_values_than_bits_of_a_word)
{
	const uint16_t sizes[AXES] = {PST_BOX_VALUES_MAX, 2, 1, 1};
	struct pst_policy_boxes boxes;
	struct space space;

	shape(&space, sizes);
	for (size_t i = 0; i < space.cells; i++) {
		space.label[i] = 1 + (i / 2 % 2);
	}
	boxes = cover(&space, true);
	cr_assert_eq(boxes.count, 2);
	cr_expect_eq(pst_policy_box_count(&boxes.box[1], 0), PST_BOX_VALUES_MAX / 2);
	cr_expect(pst_policy_box_has(&boxes.box[1], 0, PST_BOX_VALUES_MAX - 1));
	cr_expect_not(pst_policy_box_has(&boxes.box[0], 0, PST_BOX_VALUES_MAX - 1));
	pst_policy_boxes_finish(&boxes);
}
