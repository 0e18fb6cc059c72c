/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/diff_texts.h"

/*
 * A cell holds what a reading of its rule states: the one the file takes, or the one that an
 * operator chose. So a combination is told by the pair of readings that decide it, and values of an
 * axis that all rules of both policies treat alike stand for each other. What is left after putting
 * those together, the classes, is small enough to be visited.
 */
struct classes {
	uint16_t count;
	uint16_t of[PST_BOX_VALUES_MAX];     /* class of each value */
	uint16_t first[PST_BOX_VALUES_MAX];  /* a value of each class */
	uint16_t weight[PST_BOX_VALUES_MAX]; /* values in each class */
};

struct differ {
	struct pst_policy_diff *diff;
	struct classes classes[PST_AXIS_COUNT];
	size_t cells;		/* combinations of classes */
	uint32_t *label;	/* per combination: 1 + kind of change, 0: both decide alike */
	uint32_t *kind_of;	/* [reading before][reading after]: label, 0 not seen yet, SAME */
	uint64_t *combinations; /* per kind */
	uint32_t *pair;		/* per kind: reading before * readings after + reading after */
	size_t kinds;
	size_t room;
};

#define SAME UINT32_MAX

static int add_day(int32_t *days, int count, int32_t day)
{
	int at = 0;

	while (at < count && days[at] < day) {
		at++;
	}
	if (at < count && days[at] == day) {
		return count;
	}
	memmove(days + at + 1, days + at, (size_t)(count - at) * sizeof(*days));
	days[at] = day;
	return count + 1;
}

static void join_periods(struct pst_policy_diff *diff)
{
	struct pst_policy_diff_axis *axis = &diff->axis[PST_AXIS_PERIOD];
	int count = 0;

	for (int side = 0; side < 2; side++) {
		const struct pst_table *table = &diff->policy[side]->table;

		for (unsigned i = 0; i < table->size[PST_AXIS_PERIOD]; i++) {
			count = add_day(axis->from_day, count, table->period_from[i]);
		}
	}
	axis->count = (uint16_t)count;
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < count; i++) {
			axis->in[side][i] =
				pst_table_period(&diff->policy[side]->table, axis->from_day[i]);
		}
	}
}

static void join_values(struct pst_policy_diff *diff, int axis_index)
{
	struct pst_policy_diff_axis *axis = &diff->axis[axis_index];
	const char *const *before = diff->policy[0]->values[axis_index];
	const char *const *after = diff->policy[1]->values[axis_index];

	for (unsigned i = 0; before[i]; i++) {
		axis->name[axis->count] = before[i];
		axis->in[0][axis->count] = (uint16_t)(i + 1);
		axis->in[1][axis->count++] = (uint16_t)(pst_text_index(after, before[i]) + 1);
	}
	for (unsigned i = 0; after[i]; i++) {
		if (pst_text_index(before, after[i]) < 0) {
			axis->name[axis->count] = after[i];
			axis->in[1][axis->count++] = (uint16_t)(i + 1);
		}
	}
}

static void join_axes(struct pst_policy_diff *diff)
{
	diff->combinations = 1;
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (axis == PST_AXIS_PERIOD) {
			join_periods(diff);
		} else {
			join_values(diff, axis);
		}
		diff->combinations *= diff->axis[axis].count;
	}
}

static bool is_treated_alike(const struct pst_policy *policy, int axis, uint16_t a, uint16_t b)
{
	/* What an operator chose holds for some notices and choices of the traveler only. */
	bool is_split = policy->choices && (axis == PST_AXIS_NOTICE || axis == PST_AXIS_CHOICE);

	if (a == 0 || b == 0 || is_split) {
		return a == b;
	}
	for (unsigned rule = 1; rule < policy->rule_count; rule++) {
		uint64_t when = policy->rules[rule].when[axis];

		if ((when >> (a - 1) & 1) != (when >> (b - 1) & 1)) {
			return false;
		}
	}
	return true;
}

static void classify(const struct pst_policy_diff *diff, int axis_index, struct classes *classes)
{
	const struct pst_policy_diff_axis *axis = &diff->axis[axis_index];

	for (uint16_t value = 0; value < axis->count; value++) {
		uint16_t class = 0;

		while (class < classes->count &&
			!(is_treated_alike(diff->policy[0], axis_index, axis->in[0][value],
				  axis->in[0][classes->first[class]]) &&
				is_treated_alike(diff->policy[1], axis_index, axis->in[1][value],
					axis->in[1][classes->first[class]]))) {
			class ++;
		}
		if (class == classes->count) {
			classes->first[class] = value;
			classes->count++;
		}
		classes->of[value] = class;
		classes->weight[class]++;
	}
}

/* A period may be written in two ways; what is kept for none of it, for different reasons. */
static bool is_same_retention(const struct pst_retention *a, const struct pst_retention *b)
{
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		if (a->keep_s[store] != b->keep_s[store] ||
			(a->keep_s[store] == 0 && strcmp(a->text[store], b->text[store]) != 0)) {
			return false;
		}
	}
	return strcmp(a->class_name, b->class_name) == 0;
}

static bool is_same_decision(
	const struct pst_policy_decision *a, const struct pst_policy_decision *b)
{
	return a->verdict == b->verdict && a->authority == b->authority &&
	       a->outcome == b->outcome && a->obligations == b->obligations &&
	       strcmp(a->rule_id, b->rule_id) == 0 && is_same_retention(a->retention, b->retention);
}

/* Numbers the readings of a policy's rules. */
static uint32_t reading_at(const struct pst_policy *policy, const struct pst_place *place)
{
	struct pst_cell cell = pst_table_lookup(&policy->table, place);
	const struct pst_rule *rule = &policy->rules[cell.rule];
	bool is_chosen = rule->choice && memcmp(&cell, &rule->otherwise, sizeof(cell)) == 0;

	return 2u * cell.rule + is_chosen;
}

static uint32_t count_readings(const struct pst_policy *policy)
{
	return 2u * policy->rule_count;
}

static void describe(
	const struct pst_policy *policy, uint32_t reading, struct pst_policy_decision *ret_decision)
{
	const struct pst_rule *rule = &policy->rules[reading / 2];

	pst_policy_describe(policy, reading % 2 ? rule->otherwise : rule->cell, ret_decision);
}

static void describe_pair(const struct pst_policy_diff *diff, uint32_t pair,
	struct pst_policy_decision *ret_before, struct pst_policy_decision *ret_after)
{
	uint32_t readings = count_readings(diff->policy[1]);

	describe(diff->policy[0], pair / readings, ret_before);
	describe(diff->policy[1], pair % readings, ret_after);
}

static int add_kind(struct differ *differ, uint32_t pair)
{
	if (differ->kinds == differ->room) {
		size_t room = differ->room ? 2 * differ->room : 64;
		void *pairs = reallocarray(differ->pair, room, sizeof(*differ->pair));
		void *counts =
			reallocarray(differ->combinations, room, sizeof(*differ->combinations));

		differ->pair = pairs ? pairs : differ->pair;
		differ->combinations = counts ? counts : differ->combinations;
		if (!pairs || !counts) {
			return -ENOMEM;
		}
		differ->room = room;
	}
	differ->pair[differ->kinds] = pair;
	differ->combinations[differ->kinds++] = 0;
	differ->kind_of[pair] = (uint32_t)differ->kinds;
	return 0;
}

static int label_cell(
	struct differ *differ, size_t at, const struct pst_place place[2], uint64_t weight)
{
	struct pst_policy_diff *diff = differ->diff;
	uint32_t pair = reading_at(diff->policy[0], &place[0]) * count_readings(diff->policy[1]) +
			reading_at(diff->policy[1], &place[1]);
	uint32_t kind = differ->kind_of[pair];

	if (kind == 0) {
		struct pst_policy_decision was;
		struct pst_policy_decision is;

		describe_pair(diff, pair, &was, &is);
		if (is_same_decision(&was, &is)) {
			differ->kind_of[pair] = SAME;
		} else if (add_kind(differ, pair) < 0) {
			return -ENOMEM;
		}
		kind = differ->kind_of[pair];
	}
	if (kind != SAME) {
		differ->label[at] = kind;
		differ->combinations[kind - 1] += weight;
		diff->changed += weight;
	}
	return 0;
}

/* Visits all combinations of classes; the last axis turns fastest. */
static int label_cells(struct differ *differ)
{
	const struct pst_policy_diff *diff = differ->diff;
	uint16_t at[PST_AXIS_COUNT] = {0};
	struct pst_place place[2];

	for (size_t i = 0; i < differ->cells; i++) {
		uint64_t weight = 1;
		int axis;

		for (axis = 0; axis < PST_AXIS_COUNT; axis++) {
			const struct classes *classes = &differ->classes[axis];
			uint16_t value = classes->first[at[axis]];

			weight *= classes->weight[at[axis]];
			place[0].value[axis] = diff->axis[axis].in[0][value];
			place[1].value[axis] = diff->axis[axis].in[1][value];
		}
		if (label_cell(differ, i, place, weight) < 0) {
			return -ENOMEM;
		}
		for (axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
			if (++at[axis] < differ->classes[axis].count) {
				break;
			}
			at[axis] = 0;
		}
	}
	return 0;
}

/* Sets of classes become sets of values. */
static void expand(const struct differ *differ, struct pst_policy_box *box)
{
	struct pst_policy_box wide = {.label = box->label};

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		for (unsigned value = 0; value < differ->diff->axis[axis].count; value++) {
			if (pst_policy_box_has(box, axis, differ->classes[axis].of[value])) {
				pst_policy_box_add(&wide, axis, value);
			}
		}
	}
	*box = wide;
}

static bool keeps_longer(const struct pst_retention *before, const struct pst_retention *after)
{
	for (int store = 0; store < PST_STORE_COUNT; store++) {
		if (after->keep_s[store] > before->keep_s[store]) {
			return true;
		}
	}
	return false;
}

static int by_intrusion(const void *left, const void *right)
{
	const struct pst_policy_diff_change *a = left;
	const struct pst_policy_diff_change *b = right;
	int of_a = 2 * a->reaches_further + a->keeps_longer;
	int of_b = 2 * b->reaches_further + b->keeps_longer;

	if (of_a != of_b) {
		return of_a > of_b ? -1 : 1;
	}
	return (a->when > b->when) - (a->when < b->when);
}

/* One change per kind; the boxes stand by label, which is the kind. */
static int take_changes(struct differ *differ)
{
	struct pst_policy_diff *diff = differ->diff;
	size_t from = 0;

	diff->changes = calloc(differ->kinds + 1, sizeof(*diff->changes));
	if (!diff->changes) {
		return -ENOMEM;
	}
	for (size_t kind = 0; kind < differ->kinds; kind++) {
		struct pst_policy_diff_change *change = &diff->changes[diff->change_count++];

		describe_pair(diff, differ->pair[kind], &change->before, &change->after);
		change->reaches_further =
			pst_verdict_intrusion(change->after.verdict, change->after.authority) >
			pst_verdict_intrusion(change->before.verdict, change->before.authority);
		change->keeps_longer =
			keeps_longer(change->before.retention, change->after.retention);
		change->combinations = differ->combinations[kind];
		change->when = diff->boxes.box + from;
		while (from < diff->boxes.count && diff->boxes.box[from].label == kind + 1) {
			expand(differ, &diff->boxes.box[from++]);
			change->when_count++;
		}
	}
	qsort(diff->changes, diff->change_count, sizeof(*diff->changes), by_intrusion);
	return 0;
}

static int compare_tables(struct differ *differ)
{
	struct pst_policy_diff *diff = differ->diff;
	struct pst_policy_labels labels = {0};
	size_t pairs = (size_t)count_readings(diff->policy[0]) * count_readings(diff->policy[1]);
	int status = -ENOMEM;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		labels.size[axis] = differ->classes[axis].count;
	}
	differ->label = calloc(differ->cells, sizeof(*differ->label));
	differ->kind_of = calloc(pairs, sizeof(*differ->kind_of));
	if (differ->label && differ->kind_of) {
		labels.label = differ->label;
		status = label_cells(differ);
	}
	if (status == 0) {
		status = pst_policy_boxes_cover(&labels, true, &diff->boxes);
	}
	if (status == 0) {
		status = take_changes(differ);
	}
	free(differ->label);
	free(differ->kind_of);
	free(differ->pair);
	free(differ->combinations);
	return status;
}

int pst_policy_diff_open(const struct pst_policy *before, const struct pst_policy *after,
	struct pst_policy_diff *ret_diff, struct pst_error *error)
{
	struct differ differ = {.diff = ret_diff, .cells = 1};
	int status;

	*ret_diff = (struct pst_policy_diff){.policy = {before, after}};
	join_axes(ret_diff);
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		classify(ret_diff, axis, &differ.classes[axis]);
		differ.cells *= differ.classes[axis].count;
		if (differ.cells > PST_POLICY_DIFF_CELLS_MAX) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s and %s: their values and dates together span more than %u "
				"combinations that differ in something; compare versions that "
				"have more in common",
				before->id, after->id, PST_POLICY_DIFF_CELLS_MAX);
		}
	}
	status = compare_tables(&differ);
	if (status == 0) {
		status = policy_diff_texts(ret_diff);
	}
	return status < 0 ? pst_error_set(error, status, "policy diff: out of memory") : 0;
}

bool pst_policy_diff_is_empty(const struct pst_policy_diff *diff)
{
	for (size_t i = 0; i < diff->text_count; i++) {
		if (diff->texts[i].steers) {
			return false;
		}
	}
	return diff->change_count == 0;
}

bool pst_policy_diff_narrows(
	const struct pst_policy_diff *diff, const struct pst_policy_box *when, int axis)
{
	return pst_policy_box_count(when, axis) < diff->axis[axis].count;
}

bool pst_policy_diff_days(const struct pst_policy_diff *diff, const struct pst_policy_box *when,
	unsigned index, int32_t *ret_first, int32_t *ret_last)
{
	const struct pst_policy_diff_axis *axis = &diff->axis[PST_AXIS_PERIOD];
	unsigned at = 0;

	for (unsigned i = 0;; i++) {
		unsigned from;

		while (at < axis->count && !pst_policy_box_has(when, PST_AXIS_PERIOD, at)) {
			at++;
		}
		from = at;
		while (at < axis->count && pst_policy_box_has(when, PST_AXIS_PERIOD, at)) {
			at++;
		}
		if (from == at) {
			return false;
		}
		if (i == index) {
			*ret_first = axis->from_day[from];
			*ret_last = at < axis->count ? axis->from_day[at] - 1 : INT32_MAX;
			return true;
		}
	}
}

void pst_policy_diff_finish(struct pst_policy_diff *diff)
{
	for (size_t i = 0; i < diff->text_count; i++) {
		free(diff->texts[i].before);
		free(diff->texts[i].after);
	}
	free(diff->texts);
	free(diff->changes);
	pst_policy_boxes_finish(&diff->boxes);
	*diff = (struct pst_policy_diff){0};
}
