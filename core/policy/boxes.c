/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/boxes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Combinations that boxes hold together before the first one found is good enough: seconds. */
#define PATIENCE (1ULL << 28)

/* The values a growing box has on one axis. */
struct pick {
	uint16_t count;
	uint8_t value[PST_BOX_VALUES_MAX];
};

/* The order in which a box tries the axes: one first, then the others, forward or backward. */
struct order {
	int first; /* PST_AXIS_COUNT: none */
	bool backward;
};

struct search {
	const struct pst_policy_labels *labels;
	size_t stride[PST_AXIS_COUNT];
	size_t combinations;
	uint32_t *times; /* per combination: in how many boxes */
	bool may_overlap;
	uint32_t wanted;
	struct pick pick[PST_AXIS_COUNT];
	uint64_t effort; /* combinations looked at while growing */
	struct pst_policy_boxes boxes;
	size_t room;
};

bool pst_policy_box_has(const struct pst_policy_box *box, int axis, unsigned value)
{
	return box->set[axis][value / 64] >> (value % 64) & 1;
}

void pst_policy_box_add(struct pst_policy_box *box, int axis, unsigned value)
{
	box->set[axis][value / 64] |= 1ULL << (value % 64);
}

unsigned pst_policy_box_count(const struct pst_policy_box *box, int axis)
{
	unsigned count = 0;

	for (size_t word = 0; word < PST_BOX_VALUES_MAX / 64; word++) {
		count += (unsigned)__builtin_popcountll(box->set[axis][word]);
	}
	return count;
}

void pst_policy_boxes_finish(struct pst_policy_boxes *boxes)
{
	free(boxes->box);
	*boxes = (struct pst_policy_boxes){0};
}

static int prepare(struct search *search)
{
	search->combinations = 1;
	for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
		search->stride[axis] = search->combinations;
		search->combinations *= search->labels->size[axis];
	}
	search->times = calloc(search->combinations, sizeof(*search->times));
	return search->times ? 0 : -ENOMEM;
}

/* Whether the growing box, with one axis narrowed to one value, may be described. */
static bool is_open(const struct search *search, int narrowed, unsigned value, int axis, size_t at)
{
	const struct pick *pick = &search->pick[axis];

	if (axis == PST_AXIS_COUNT) {
		return search->labels->label[at] == search->wanted &&
		       (search->may_overlap || search->times[at] == 0);
	}
	if (axis == narrowed) {
		return is_open(
			search, narrowed, value, axis + 1, at + value * search->stride[axis]);
	}
	for (unsigned i = 0; i < pick->count; i++) {
		if (!is_open(search, narrowed, value, axis + 1,
			    at + pick->value[i] * search->stride[axis])) {
			return false;
		}
	}
	return true;
}

static void grow_axis(struct search *search, int axis)
{
	struct pick *pick = &search->pick[axis];
	uint8_t seed = pick->value[0];

	for (unsigned value = 0; value < search->labels->size[axis]; value++) {
		if (value != seed && is_open(search, axis, value, 0, 0)) {
			pick->value[pick->count++] = (uint8_t)value;
		}
	}
}

static void grow(struct search *search, size_t seed, struct order order)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		search->pick[axis].count = 1;
		search->pick[axis].value[0] =
			(uint8_t)(seed / search->stride[axis] % search->labels->size[axis]);
	}
	if (order.first < PST_AXIS_COUNT) {
		grow_axis(search, order.first);
	}
	for (int i = 0; i < PST_AXIS_COUNT; i++) {
		int axis = order.backward ? PST_AXIS_COUNT - 1 - i : i;

		if (axis != order.first) {
			grow_axis(search, axis);
		}
	}
}

/* How many combinations of the growing box no other box holds yet. */
static size_t count_new(const struct search *search, int axis, size_t at)
{
	size_t count = 0;

	if (axis == PST_AXIS_COUNT) {
		return search->times[at] == 0;
	}
	for (unsigned i = 0; i < search->pick[axis].count; i++) {
		count += count_new(
			search, axis + 1, at + search->pick[axis].value[i] * search->stride[axis]);
	}
	return count;
}

static uint64_t volume(const struct search *search)
{
	uint64_t volume = 1;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		volume *= search->pick[axis].count;
	}
	return volume;
}

static int append(struct search *search)
{
	struct pst_policy_boxes *boxes = &search->boxes;
	struct pst_policy_box *box;

	if (boxes->count == search->room) {
		size_t room = search->room ? 2 * search->room : 16;
		void *grown = reallocarray(boxes->box, room, sizeof(*boxes->box));

		if (!grown) {
			return -ENOMEM;
		}
		boxes->box = grown;
		search->room = room;
	}
	box = &boxes->box[boxes->count++];
	*box = (struct pst_policy_box){.label = search->wanted};
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		for (unsigned i = 0; i < search->pick[axis].count; i++) {
			pst_policy_box_add(box, axis, search->pick[axis].value[i]);
		}
	}
	return 0;
}

static void load(struct search *search, const struct pst_policy_box *box)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		struct pick *pick = &search->pick[axis];

		pick->count = 0;
		for (unsigned value = 0; value < search->labels->size[axis]; value++) {
			if (pst_policy_box_has(box, axis, value)) {
				pick->value[pick->count++] = (uint8_t)value;
			}
		}
	}
}

static void mark(struct search *search, int axis, size_t at, int times)
{
	if (axis == PST_AXIS_COUNT) {
		search->times[at] += (uint32_t)times;
		return;
	}
	for (unsigned i = 0; i < search->pick[axis].count; i++) {
		mark(search, axis + 1, at + search->pick[axis].value[i] * search->stride[axis],
			times);
	}
}

/* Whether each combination of the loaded box lies in another one too. */
static bool is_spare(const struct search *search, int axis, size_t at)
{
	if (axis == PST_AXIS_COUNT) {
		return search->times[at] > 1;
	}
	for (unsigned i = 0; i < search->pick[axis].count; i++) {
		if (!is_spare(search, axis + 1,
			    at + search->pick[axis].value[i] * search->stride[axis])) {
			return false;
		}
	}
	return true;
}

/* Appends the box around a combination that holds most of what no box holds yet. */
static int describe(struct search *search, size_t seed)
{
	struct pick best[PST_AXIS_COUNT] = {0};
	size_t most = 0;

	search->wanted = search->labels->label[seed];
	for (int trial = 0; trial < 2 * (PST_AXIS_COUNT + 1); trial++) {
		struct order order = {.first = trial / 2, .backward = trial % 2};
		size_t count;

		if (most > 0 && search->effort > PATIENCE) {
			break;
		}
		if (order.first < PST_AXIS_COUNT && search->labels->size[order.first] == 1) {
			continue;
		}
		grow(search, seed, order);
		search->effort += volume(search);
		count = count_new(search, 0, 0);
		if (count > most) {
			most = count;
			memcpy(best, search->pick, sizeof(best));
		}
	}
	memcpy(search->pick, best, sizeof(best));
	mark(search, 0, 0, 1);
	return append(search);
}

static void prune(struct search *search)
{
	struct pst_policy_boxes *boxes = &search->boxes;
	size_t kept = 0;

	for (size_t i = 0; i < boxes->count; i++) {
		load(search, &boxes->box[i]);
		if (is_spare(search, 0, 0)) {
			mark(search, 0, 0, -1);
		} else {
			boxes->box[kept++] = boxes->box[i];
		}
	}
	boxes->count = kept;
}

static int by_label_then_place(const void *left, const void *right)
{
	const struct pst_policy_box *a = left;
	const struct pst_policy_box *b = right;

	if (a->label != b->label) {
		return a->label < b->label ? -1 : 1;
	}
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		for (size_t word = 0; word < PST_BOX_VALUES_MAX / 64; word++) {
			uint64_t differ = a->set[axis][word] ^ b->set[axis][word];

			if (differ) {
				return a->set[axis][word] & differ & -differ ? -1 : 1;
			}
		}
	}
	return 0;
}

int pst_policy_boxes_cover(const struct pst_policy_labels *labels, bool may_overlap,
	struct pst_policy_boxes *ret_boxes)
{
	struct search search = {.labels = labels, .may_overlap = may_overlap};
	int status = prepare(&search);

	for (size_t at = 0; status == 0 && at < search.combinations; at++) {
		if (labels->label[at] && search.times[at] == 0) {
			status = describe(&search, at);
		}
	}
	if (status == 0) {
		prune(&search);
		if (search.boxes.count) {
			qsort(search.boxes.box, search.boxes.count, sizeof(*search.boxes.box),
				by_label_then_place);
		}
		*ret_boxes = search.boxes;
	} else {
		pst_policy_boxes_finish(&search.boxes);
	}
	free(search.times);
	return status;
}
