/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/cover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

/*
 * Rules stand in order of priority, as bits. For each value of each axis there is the set of rules
 * that take it; walking down the axes, the sets are intersected, so a cell costs one step.
 */
struct walk {
	const struct pst_policy *policy;
	struct pst_cell *cells;
	struct cover *cover;
	size_t words;
	uint16_t *order;		   /* bit -> rule */
	uint64_t *takes;		   /* [axis][value][word] */
	size_t takes_from[PST_AXIS_COUNT]; /* where an axis begins in takes */
	uint64_t *live;			   /* [depth][word] */
	struct pst_place place;		   /* where the walk stands */
};

static int by_priority(const void *left, const void *right, void *context)
{
	const struct pst_rule *rules = context;
	const struct pst_rule *a = &rules[*(const uint16_t *)left];
	const struct pst_rule *b = &rules[*(const uint16_t *)right];

	if (a->priority != b->priority) {
		return a->priority > b->priority ? -1 : 1;
	}
	return a->cell.rule < b->cell.rule ? -1 : 1;
}

static int prepare(struct walk *walk)
{
	const struct pst_policy *policy = walk->policy;
	size_t rules = policy->rule_count - 1u;
	size_t values = 0;

	walk->words = (rules + 63) / 64;
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		walk->takes_from[axis] = values * walk->words;
		values += policy->table.size[axis];
	}
	walk->order = calloc(rules, sizeof(*walk->order));
	walk->takes = calloc(values * walk->words, sizeof(*walk->takes));
	walk->live = calloc((PST_AXIS_COUNT + 1) * walk->words, sizeof(*walk->live));
	if (!walk->order || !walk->takes || !walk->live) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < rules; i++) {
		walk->order[i] = (uint16_t)(i + 1);
		walk->live[i / 64] |= 1ULL << (i % 64);
	}
	qsort_r(walk->order, rules, sizeof(*walk->order), by_priority,
		(void *)(uintptr_t)policy->rules);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		for (unsigned value = 0; value < policy->table.size[axis]; value++) {
			uint64_t *set = walk->takes + walk->takes_from[axis] + value * walk->words;

			for (size_t i = 0; i < rules; i++) {
				uint64_t when = policy->rules[walk->order[i]].when[axis];

				set[i / 64] |= (when >> value & 1) << (i % 64);
			}
		}
	}
	return 0;
}

static size_t next_bit(const uint64_t *set, size_t words, size_t from)
{
	for (size_t word = from / 64; word < words; word++) {
		uint64_t bits = set[word] & (word == from / 64 ? ~0ULL << (from % 64) : ~0ULL);

		if (bits) {
			return word * 64 + (size_t)__builtin_ctzll(bits);
		}
	}
	return SIZE_MAX;
}

static void decide_cell(struct walk *walk, const uint64_t *set, uint32_t index)
{
	const struct pst_rule *rules = walk->policy->rules;
	struct cover *cover = walk->cover;
	size_t first = next_bit(set, walk->words, 0);
	size_t second = next_bit(set, walk->words, first + 1);
	uint16_t winner = walk->order[first];

	if (second != SIZE_MAX && rules[walk->order[second]].priority == rules[winner].priority) {
		if (cover->contested++ == 0) {
			cover->first_contested = walk->place;
			cover->contested_by[0] = winner;
			cover->contested_by[1] = walk->order[second];
		}
		return;
	}
	cover->wins[winner]++;
	walk->cells[index] = policy_rule_cell(&rules[winner], &walk->place);
}

static void note_gap(struct walk *walk, int axis)
{
	struct cover *cover = walk->cover;

	if (cover->undecided == 0) {
		cover->first_undecided = walk->place;
		for (int below = axis + 1; below < PST_AXIS_COUNT; below++) {
			cover->first_undecided.value[below] = 1;
		}
	}
	cover->undecided += walk->policy->table.stride[axis];
}

static void descend(struct walk *walk, int axis, uint32_t index)
{
	const struct pst_table *table = &walk->policy->table;
	const uint64_t *above = walk->live + (size_t)axis * walk->words;
	uint64_t *here = walk->live + (size_t)(axis + 1) * walk->words;
	unsigned values = table->stride[axis] ? table->size[axis] : 1;

	for (unsigned value = 0; value < values; value++) {
		const uint64_t *set = walk->takes + walk->takes_from[axis] + value * walk->words;
		uint32_t at = index + value * table->stride[axis];
		uint64_t any = 0;

		walk->place.value[axis] = (uint16_t)(value + 1);
		for (size_t word = 0; word < walk->words; word++) {
			here[word] = above[word] & set[word];
			any |= here[word];
		}
		if (!any) {
			note_gap(walk, axis);
		} else if (axis + 1 < PST_AXIS_COUNT) {
			descend(walk, axis + 1, at);
		} else {
			decide_cell(walk, here, at);
		}
	}
}

int policy_cover(const struct pst_policy *policy, struct pst_cell *cells, struct cover *ret_cover)
{
	struct walk walk = {.policy = policy, .cells = cells, .cover = ret_cover};
	int status = prepare(&walk);

	if (status == 0) {
		descend(&walk, 0, 0);
	}
	free(walk.order);
	free(walk.takes);
	free(walk.live);
	return status;
}

/* A set of combinations: per axis a set of values. */
struct box {
	uint64_t value[PST_AXIS_COUNT];
};

static bool meets(const struct pst_rule *rule, const struct box *box)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (!(rule->when[axis] & box->value[axis])) {
			return false;
		}
	}
	return true;
}

static bool holds(const struct pst_rule *rule, const struct box *box)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (box->value[axis] & ~rule->when[axis]) {
			return false;
		}
	}
	return true;
}

static bool is_gap(const struct pst_policy *policy, const struct box *box, const uint16_t *rules)
{
	(void)rules;
	for (unsigned i = 1; i < policy->rule_count; i++) {
		if (meets(&policy->rules[i], box)) {
			return false;
		}
	}
	return true;
}

static bool is_contest(
	const struct pst_policy *policy, const struct box *box, const uint16_t *rules)
{
	int priority = policy->rules[rules[0]].priority;

	for (unsigned i = 1; i < policy->rule_count; i++) {
		if (policy->rules[i].priority > priority && meets(&policy->rules[i], box)) {
			return false;
		}
	}
	return holds(&policy->rules[rules[0]], box) && holds(&policy->rules[rules[1]], box);
}

static void word_box(const struct pst_policy *policy, const struct pst_place *place,
	const uint16_t *rules,
	bool (*is_same)(const struct pst_policy *, const struct box *, const uint16_t *),
	char *text, size_t size)
{
	struct box box;
	size_t used = 0;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		box.value[axis] = 1ULL << (place->value[axis] - 1);
	}
	text[0] = 0;
	for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
		uint64_t one = box.value[axis];

		box.value[axis] = policy_axis_all(policy, (enum pst_axis)axis);
		if (!is_same(policy, &box, rules)) {
			box.value[axis] = one;
		}
	}
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (box.value[axis] != policy_axis_all(policy, (enum pst_axis)axis) &&
			used < size) {
			used += (size_t)snprintf(text + used, size - used, "%s%s %s",
				used ? ", " : "", pst_axis_names[axis],
				policy->values[axis][place->value[axis] - 1]);
		}
	}
	if (!used) {
		(void)snprintf(text, size, "every combination");
	}
}

void policy_word_gap(
	const struct pst_policy *policy, const struct pst_place *place, char *text, size_t size)
{
	word_box(policy, place, NULL, is_gap, text, size);
}

void policy_word_contest(const struct pst_policy *policy, const struct pst_place *place,
	const uint16_t rules[2], char *text, size_t size)
{
	word_box(policy, place, rules, is_contest, text, size);
}
