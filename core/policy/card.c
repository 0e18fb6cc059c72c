/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/card.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DUTY_TEXT(name, text) text,
static const char *const duty_names[] = {PST_DUTY_MAP(DUTY_TEXT) NULL};

const char *pst_duty_name(enum pst_duty duty)
{
	return duty_names[(unsigned)duty < PST_DUTY_COUNT ? duty : 0];
}

/* What meets a person who was told: saying nothing, agreeing, declining. */
struct cells {
	struct pst_cell silent;
	struct pst_cell agreed;
	struct pst_cell declined;
};

struct builder {
	struct pst_policy_card *card;
	const struct pst_policy *policy;
	struct pst_policy_labels labels; /* over all axes of the card */
	size_t cells;
	size_t per_category; /* combinations */
	uint32_t *label;     /* per combination: answer + 1, 0 if it is not shown */
	uint32_t *practice;  /* per combination of one category: first answer like it, + 1 */
	struct pst_policy_answer *answers; /* all different */
	struct cells *seen;		   /* per answer: what it was first seen with */
	size_t answer_count;
	size_t answer_room;
};

static enum pst_duty duty_of(struct pst_cell silent, struct pst_cell agreed)
{
	if (silent.verdict == PST_VERDICT_ALLOW) {
		return silent.authority == PST_AUTHORITY_REQUIRED_IF_ASKED
			       ? PST_DUTY_IF_ASKED
			       : PST_DUTY_UNLESS_DECLINED;
	}
	return agreed.verdict == PST_VERDICT_ALLOW ? PST_DUTY_IF_AGREED : PST_DUTY_NOTHING;
}

/* The reading of a cell's rule that does not hold there; the cell itself where there is none. */
static struct pst_cell other_reading(const struct pst_policy *policy, struct pst_cell cell)
{
	const struct pst_rule *rule = &policy->rules[cell.rule];

	if (!rule->has_otherwise) {
		return cell;
	}
	return memcmp(&cell, &rule->cell, sizeof(cell)) == 0 ? rule->otherwise : rule->cell;
}

static struct cells look_up(const struct pst_policy *policy, struct pst_place place)
{
	struct cells cells;

	place.value[PST_AXIS_NOTICE] = PST_NOTICE_CURRENT;
	place.value[PST_AXIS_CHOICE] = PST_CHOICE_NONE;
	cells.silent = pst_table_lookup(&policy->table, &place);
	place.value[PST_AXIS_CHOICE] = PST_CHOICE_CONSENT;
	cells.agreed = pst_table_lookup(&policy->table, &place);
	place.value[PST_AXIS_CHOICE] = PST_CHOICE_DECLINE;
	cells.declined = pst_table_lookup(&policy->table, &place);
	return cells;
}

static bool names(const struct pst_rule *rule, const struct pst_dispute *dispute)
{
	for (size_t i = 0; rule->disputes[i]; i++) {
		if (rule->disputes[i] == dispute) {
			return true;
		}
	}
	return false;
}

/* The disputes of up to three rules, each once, in the file's order. */
static const struct pst_dispute **gather_disputes(
	const struct pst_policy *policy, const struct pst_rule *const of[3])
{
	const struct pst_dispute **list = calloc(policy->dispute_count + 1, sizeof(const void *));
	size_t count = 0;

	for (size_t i = 0; list && i < policy->dispute_count; i++) {
		const struct pst_dispute *dispute = &policy->disputes[i];

		if (names(of[0], dispute) || names(of[1], dispute) || names(of[2], dispute)) {
			list[count++] = dispute;
		}
	}
	return list;
}

static bool is_recalled(const struct pst_rule *rule)
{
	for (size_t i = 0; rule->sources[i]; i++) {
		if (rule->sources[i]->status == PST_SOURCE_STATUS_RECALLED) {
			return true;
		}
	}
	return false;
}

static enum pst_source_status weaker(enum pst_source_status a, enum pst_source_status b)
{
	return a > b ? a : b;
}

static int answer_of(
	const struct pst_policy *policy, struct cells cells, struct pst_policy_answer *ret_answer)
{
	enum pst_duty duty = duty_of(cells.silent, cells.agreed);
	struct pst_cell captures = duty == PST_DUTY_IF_AGREED ? cells.agreed : cells.silent;
	/* Declining matters only to those of whom something is asked. */
	struct pst_cell refuses = duty == PST_DUTY_NOTHING ? cells.silent : cells.declined;
	const struct pst_rule *const of[3] = {&policy->rules[cells.silent.rule],
		&policy->rules[captures.rule], &policy->rules[refuses.rule]};

	*ret_answer = (struct pst_policy_answer){
		.duty = duty,
		.other_reading = duty_of(
			other_reading(policy, cells.silent), other_reading(policy, cells.agreed)),
		.declined = (enum pst_outcome)refuses.outcome,
		.retention = &policy->retention[captures.retention],
		.disputes = gather_disputes(policy, of),
	};
	for (int i = 0; i < 3; i++) {
		ret_answer->mark = weaker(ret_answer->mark, of[i]->mark);
		ret_answer->is_recalled |= is_recalled(of[i]);
	}
	return ret_answer->disputes ? 0 : -ENOMEM;
}

static bool is_same_list(const struct pst_dispute **a, const struct pst_dispute **b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Whether two answers mean the same to a traveler, however sure they are. */
static bool is_same_practice(const struct pst_policy_answer *a, const struct pst_policy_answer *b)
{
	return a->duty == b->duty && a->other_reading == b->other_reading &&
	       a->declined == b->declined && a->retention == b->retention;
}

static bool is_same_answer(const struct pst_policy_answer *a, const struct pst_policy_answer *b)
{
	return is_same_practice(a, b) && a->mark == b->mark && a->is_recalled == b->is_recalled &&
	       is_same_list(a->disputes, b->disputes);
}

static int make_room(struct builder *builder)
{
	size_t room = builder->answer_room ? 2 * builder->answer_room : 16;
	void *answers = reallocarray(builder->answers, room, sizeof(*builder->answers));
	void *seen = reallocarray(builder->seen, room, sizeof(*builder->seen));

	builder->answers = answers ? answers : builder->answers;
	builder->seen = seen ? seen : builder->seen;
	if (!answers || !seen) {
		return -ENOMEM;
	}
	builder->answer_room = room;
	return 0;
}

/* @return label of the answer that three cells make, or -ENOMEM */
static int64_t intern(struct builder *builder, struct cells cells)
{
	struct pst_policy_answer answer;
	size_t i = 0;

	while (i < builder->answer_count && memcmp(&builder->seen[i], &cells, sizeof(cells)) != 0) {
		i++;
	}
	if (i < builder->answer_count) {
		return (int64_t)i + 1;
	}
	if (answer_of(builder->policy, cells, &answer) < 0) {
		return -ENOMEM;
	}
	i = 0;
	while (i < builder->answer_count && !is_same_answer(&builder->answers[i], &answer)) {
		i++;
	}
	if (i < builder->answer_count || (i == builder->answer_room && make_room(builder) < 0)) {
		free(answer.disputes);
		return i < builder->answer_count ? (int64_t)i + 1 : -ENOMEM;
	}
	builder->seen[i] = cells;
	builder->answers[i] = answer;
	builder->answer_count++;
	return (int64_t)i + 1;
}

static bool is_card_axis(int axis)
{
	return PST_POLICY_CARD_AXES >> axis & 1;
}

static bool shows(const struct pst_policy_view *view, const struct pst_place *place)
{
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (is_card_axis(axis) && !pst_policy_view_shows(view, axis, place->value[axis])) {
			return false;
		}
	}
	return true;
}

static int label_cells(struct builder *builder)
{
	const struct pst_policy_view *view = &builder->card->view;
	struct pst_place place = pst_policy_view_first(view);

	for (size_t i = 0; i < builder->cells; i++) {
		size_t rest = i;
		int64_t label;

		for (int axis = PST_AXIS_COUNT - 1; axis >= 0; axis--) {
			if (is_card_axis(axis)) {
				place.value[axis] =
					(uint16_t)(rest % builder->labels.size[axis] + 1);
				rest /= builder->labels.size[axis];
			}
		}
		if (!shows(view, &place)) {
			continue;
		}
		label = intern(builder, look_up(builder->policy, place));
		if (label < 0) {
			return (int)label;
		}
		builder->label[i] = (uint32_t)label;
	}
	return 0;
}

static int by_reach(const void *left, const void *right)
{
	const struct pst_policy_card_line *a = left;
	const struct pst_policy_card_line *b = right;

	if (a->answer.duty != b->answer.duty) {
		return a->answer.duty > b->answer.duty ? -1 : 1;
	}
	return (a->when.box->label > b->when.box->label) -
	       (a->when.box->label < b->when.box->label);
}

static bool is_in(const struct pst_dispute **list, const struct pst_dispute *dispute)
{
	while (*list && *list != dispute) {
		list++;
	}
	return *list != NULL;
}

/* Adds to an answer what makes another one, which means the same, less sure. */
static int join_doubts(const struct pst_policy *policy, const struct pst_policy_answer *from,
	struct pst_policy_answer *to)
{
	const struct pst_dispute **all = calloc(policy->dispute_count + 1, sizeof(const void *));
	size_t count = 0;

	if (!all) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < policy->dispute_count; i++) {
		const struct pst_dispute *dispute = &policy->disputes[i];

		if (is_in(from->disputes, dispute) ||
			(to->disputes && is_in(to->disputes, dispute))) {
			all[count++] = dispute;
		}
	}
	free(to->disputes);
	to->disputes = all;
	to->mark = weaker(to->mark, from->mark);
	to->is_recalled |= from->is_recalled;
	return 0;
}

/* The answers that were put together under one label, as one. */
static int take_answer(const struct builder *builder, const uint32_t *exact, uint32_t practice,
	struct pst_policy_answer *ret_answer)
{
	*ret_answer = builder->answers[practice - 1];
	ret_answer->disputes = NULL;
	for (size_t i = 0; i < builder->per_category; i++) {
		if (builder->practice[i] == practice &&
			join_doubts(builder->policy, &builder->answers[exact[i] - 1], ret_answer) <
				0) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* Splits boxes, which stand by label, into a line for each label. */
static int take_lines(const struct builder *builder, const uint32_t *exact,
	const struct pst_policy_boxes *boxes, struct pst_policy_card_group *group)
{
	group->lines = calloc(boxes->count, sizeof(*group->lines));
	if (!group->lines) {
		return -ENOMEM;
	}
	for (size_t from = 0, to; from < boxes->count; from = to) {
		struct pst_policy_card_line *line = &group->lines[group->line_count++];

		for (to = from; to < boxes->count && boxes->box[to].label == boxes->box[from].label;
			to++) {
		}
		line->when.box = calloc(to - from, sizeof(*line->when.box));
		if (!line->when.box ||
			take_answer(builder, exact, boxes->box[from].label, &line->answer) < 0) {
			return -ENOMEM;
		}
		line->when.count = to - from;
		memcpy(line->when.box, boxes->box + from, (to - from) * sizeof(*line->when.box));
	}
	qsort(group->lines, group->line_count, sizeof(*group->lines), by_reach);
	return 0;
}

/* Labels combinations of a category alike where a traveler sees no difference. */
static void label_practice(struct builder *builder, const uint32_t *exact)
{
	for (size_t i = 0; i < builder->per_category; i++) {
		uint32_t first = 1;

		while (exact[i] && !is_same_practice(&builder->answers[first - 1],
					   &builder->answers[exact[i] - 1])) {
			first++;
		}
		builder->practice[i] = exact[i] ? first : 0;
	}
}

static int take_group(struct builder *builder, unsigned category)
{
	struct pst_policy_card_group *group = &builder->card->groups[builder->card->group_count++];
	const uint32_t *exact = builder->label + (category - 1) * builder->per_category;
	struct pst_policy_labels one = builder->labels;
	struct pst_policy_boxes boxes = {0};
	int status;

	label_practice(builder, exact);
	one.size[PST_AXIS_CATEGORY] = 1;
	one.label = builder->practice;
	group->categories = 1ULL << (category - 1);
	status = pst_policy_boxes_cover(&one, true, &boxes);
	if (status == 0) {
		status = take_lines(builder, exact, &boxes, group);
	}
	pst_policy_boxes_finish(&boxes);
	return status;
}

static struct pst_policy_card_group *find_group(const struct builder *builder, unsigned category)
{
	const uint32_t *of = builder->label + (category - 1) * builder->per_category;

	for (size_t i = 0; i < builder->card->group_count; i++) {
		struct pst_policy_card_group *group = &builder->card->groups[i];
		size_t leader = (size_t)__builtin_ctzll(group->categories);

		if (memcmp(builder->label + leader * builder->per_category, of,
			    builder->per_category * sizeof(*of)) == 0) {
			return group;
		}
	}
	return NULL;
}

static int take_groups(struct builder *builder)
{
	struct pst_policy_card *card = builder->card;
	unsigned categories = builder->labels.size[PST_AXIS_CATEGORY];
	int status = 0;

	card->groups = calloc(categories, sizeof(*card->groups));
	if (!card->groups) {
		return -ENOMEM;
	}
	for (unsigned category = 1; category <= categories && status == 0; category++) {
		struct pst_policy_card_group *group;

		if (!pst_policy_view_shows(&card->view, PST_AXIS_CATEGORY, category)) {
			continue;
		}
		group = find_group(builder, category);
		if (group) {
			group->categories |= 1ULL << (category - 1);
		} else {
			status = take_group(builder, category);
		}
	}
	return status;
}

static void finish_builder(struct builder *builder)
{
	for (size_t i = 0; i < builder->answer_count; i++) {
		free(builder->answers[i].disputes);
	}
	free(builder->answers);
	free(builder->seen);
	free(builder->label);
	free(builder->practice);
}

int pst_policy_card_open(const struct pst_policy_view *view, struct pst_policy_card *ret_card)
{
	struct builder builder = {.card = ret_card, .policy = view->policy, .cells = 1};
	int status = -ENOMEM;

	*ret_card = (struct pst_policy_card){.view = *view, .wording = &view->policy->texts.own};
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		builder.labels.size[axis] = is_card_axis(axis) ? view->policy->table.size[axis] : 1;
		builder.cells *= builder.labels.size[axis];
	}
	builder.per_category = builder.cells / builder.labels.size[PST_AXIS_CATEGORY];
	builder.label = calloc(builder.cells, sizeof(*builder.label));
	builder.practice = calloc(builder.per_category, sizeof(*builder.practice));
	if (builder.label && builder.practice) {
		status = label_cells(&builder);
	}
	if (status == 0) {
		status = take_groups(&builder);
	}
	finish_builder(&builder);
	return status;
}

void pst_policy_card_finish(struct pst_policy_card *card)
{
	for (size_t i = 0; i < card->group_count; i++) {
		for (size_t j = 0; j < card->groups[i].line_count; j++) {
			pst_policy_boxes_finish(&card->groups[i].lines[j].when);
			free(card->groups[i].lines[j].answer.disputes);
		}
		free(card->groups[i].lines);
	}
	free(card->groups);
	*card = (struct pst_policy_card){0};
}
