/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

#define SECONDS_PER_DAY 86400
#define ROOM 64 /* measures that a group begins with */

_Static_assert(PST_MEASURE_RULE < ROOM, "a group begins with room for all that is not a rule");

/* An encounter as its entry tells it. */
struct encounter {
	const char *lane;
	const char *category;
	const char *rule;
	enum pst_outcome outcome;
	enum pst_capture_reason reason;
	enum pst_notice notice;
	bool recorded;
};

unsigned pst_tally_measures(const struct pst_report *report)
{
	return PST_MEASURE_RULE + (unsigned)report->rule_count;
}

unsigned pst_tally_parent(const struct pst_report *report, unsigned measure)
{
	if (measure >= PST_MEASURE_RULE) {
		return PST_MEASURE_OUTCOME + report->rules[measure - PST_MEASURE_RULE].outcome;
	}
	if (measure >= PST_MEASURE_NOTICE) {
		return PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_NO_NOTICE;
	}
	if (measure >= PST_MEASURE_REASON) {
		return PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_NOT_CAPTURED;
	}
	switch (measure) {
	case PST_MEASURE_OUTCOME + PST_OUTCOME_VERIFIED:
	case PST_MEASURE_OUTCOME + PST_OUTCOME_ENROLLED:
	case PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_NO_MATCH:
	case PST_MEASURE_OUTCOME + PST_OUTCOME_REFER_UNCALIBRATED:
		return PST_MEASURE_CAPTURED;
	default:
		return PST_MEASURE_ENCOUNTERS;
	}
}

/* Outcomes that a rule gave: the person was not to be captured, or did not want to be. */
static bool is_by_rule(enum pst_outcome outcome)
{
	return outcome == PST_OUTCOME_REFER_OPTED_OUT || outcome == PST_OUTCOME_REFER_EXEMPT ||
	       outcome == PST_OUTCOME_REFER_NO_CONSENT ||
	       outcome == PST_OUTCOME_REFER_UNKNOWN_CATEGORY ||
	       outcome == PST_OUTCOME_REFER_WITHDRAWN;
}

/* @return a group's place in a list that grows, or -ENOMEM, -E2BIG */
static int find_group(struct pst_report_group **list, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp((*list)[i].name, name) == 0) {
			return (int)i;
		}
	}
	if (*count >= PST_REPORT_GROUPS_MAX) {
		return -E2BIG;
	}
	struct pst_report_group *moved = reallocarray(*list, *count + 1, sizeof(**list));
	if (!moved) {
		return -ENOMEM;
	}
	*list = moved;
	moved[*count] = (struct pst_report_group){0};
	(void)snprintf(moved[*count].name, sizeof(moved[*count].name), "%s", name);
	return (int)(*count)++;
}

static int find_rule(struct pst_report *report, enum pst_outcome outcome, const char *name)
{
	for (size_t i = 0; i < report->rule_count; i++) {
		if (report->rules[i].outcome == outcome &&
			strcmp(report->rules[i].name, name) == 0) {
			return (int)i;
		}
	}
	if (report->rule_count >= PST_REPORT_RULES_MAX) {
		return -E2BIG;
	}
	struct pst_report_rule *moved =
		reallocarray(report->rules, report->rule_count + 1, sizeof(*moved));
	if (!moved) {
		return -ENOMEM;
	}
	report->rules = moved;
	moved[report->rule_count] = (struct pst_report_rule){.outcome = outcome};
	(void)snprintf(moved[report->rule_count].name, PST_REPORT_NAME_SIZE, "%s", name);
	return (int)report->rule_count++;
}

static int make_room(struct pst_report_group *group, unsigned measure)
{
	size_t room = group->room ? group->room : ROOM;

	while (room <= measure) {
		room *= 2;
	}
	if (room == group->room) {
		return 0;
	}
	uint64_t *counts = calloc(room, sizeof(*counts));
	bool *hidden = calloc(room, sizeof(*hidden));
	if (!counts || !hidden) {
		free(counts);
		free(hidden);
		return -ENOMEM;
	}
	if (group->room > 0) {
		memcpy(counts, group->counts, group->room * sizeof(*counts));
	}
	free(group->counts);
	free(group->hidden);
	group->counts = counts;
	group->hidden = hidden;
	group->room = room;
	return 0;
}

/* Counts a measure, and all that it is a part of. */
static int count(struct pst_report *report, struct pst_report_group *group, unsigned measure)
{
	int status = make_room(group, measure);

	if (status < 0) {
		return status;
	}
	group->counts[measure]++;
	while (measure != PST_MEASURE_ENCOUNTERS) {
		measure = pst_tally_parent(report, measure);
		group->counts[measure]++;
	}
	return 0;
}

/* @return the smallest branch that the encounter belongs to, or a status */
static int measure_of(struct pst_report *report, const struct encounter *encounter)
{
	if (encounter->outcome == PST_OUTCOME_REFER_NOT_CAPTURED) {
		return encounter->recorded ? PST_MEASURE_RECORDED
					   : PST_MEASURE_REASON + (int)encounter->reason;
	}
	if (encounter->outcome == PST_OUTCOME_REFER_NO_NOTICE) {
		return PST_MEASURE_NOTICE + (int)encounter->notice;
	}
	if (is_by_rule(encounter->outcome)) {
		int rule = find_rule(report, encounter->outcome, encounter->rule);

		return rule < 0 ? rule : PST_MEASURE_RULE + rule;
	}
	return PST_MEASURE_OUTCOME + (int)encounter->outcome;
}

static const char *name_at(const json_t *object, const char *field)
{
	const char *text = json_string_value(json_object_get(object, field));

	return text && pst_text_is_id(text) ? text : "unset";
}

/* @return the word's place in a list; 0, which is unset in all of them, where it is none */
static int word_at(const json_t *object, const char *field, const char *const *names)
{
	const char *text = json_string_value(json_object_get(object, field));
	int index = text ? pst_text_index(names, text) : 0;

	return index < 0 ? 0 : index;
}

static int add_times(struct pst_report_group *group, const json_t *object)
{
	const json_t *consent = json_object_get(object, "consent_ms");
	const json_t *decline = json_object_get(object, "decline_ms");
	int status = 0;

	if (json_is_integer(consent)) {
		status = pst_times_add(&group->consent, json_integer_value(consent));
	}
	if (status == 0 && json_is_integer(decline)) {
		status = pst_times_add(&group->decline, json_integer_value(decline));
	}
	return status;
}

static int take_closed(struct pst_report *report, const json_t *object)
{
	const struct encounter encounter = {.lane = name_at(object, "lane"),
		.category = name_at(object, "category"),
		.rule = name_at(object, "rule"),
		.outcome = (enum pst_outcome)word_at(object, "outcome", pst_outcome_names),
		.reason = (enum pst_capture_reason)word_at(
			object, "reason", pst_capture_reason_names),
		.notice = (enum pst_notice)word_at(object, "notice", pst_notice_names),
		.recorded = json_is_string(json_object_get(object, "recording"))};
	int measure = measure_of(report, &encounter);
	int category = find_group(&report->categories, &report->category_count, encounter.category);
	int lane = find_group(&report->lanes, &report->lane_count, encounter.lane);

	if (measure < 0 || category < 0 || lane < 0) {
		return measure < 0 ? measure : category < 0 ? category : lane;
	}
	struct pst_report_group *const groups[] = {
		&report->all, &report->categories[category], &report->lanes[lane]};
	int status = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && status == 0; i++) {
		status = count(report, groups[i], (unsigned)measure);
		if (status == 0) {
			status = add_times(groups[i], object);
		}
	}
	report->lanes[lane].open = 0;
	return status;
}

/* What a lane met with that is nobody's encounter. */
static int take_lane(struct pst_report *report, const char *kind, const json_t *object)
{
	int index = find_group(&report->lanes, &report->lane_count, name_at(object, "lane"));

	if (index < 0) {
		return index;
	}
	struct pst_report_group *lane = &report->lanes[index];
	bool permit = strcmp(kind, "permit.granted") == 0;
	uint64_t number = (uint64_t)json_integer_value(json_object_get(object, "encounter"));
	bool opened = strcmp(kind, "lane.opened") == 0;
	bool lost = strcmp(kind, "source.lost") == 0;
	bool cut = lane->open != 0 && (opened || (permit && lane->open != number));

	lane->runs += opened;
	report->all.runs += opened;
	lane->losses += lost;
	report->all.losses += lost;
	lane->cut += cut;
	report->all.cut += cut;
	if (permit) {
		lane->open = number;
	} else if (opened) {
		lane->open = 0;
	}
	return 0;
}

int pst_tally_entry(struct pst_report *report, const struct pst_audit_item *item)
{
	static const char *const kinds[] = {
		"encounter.closed", "lane.opened", "permit.granted", "source.lost", NULL};
	int64_t day = item->wall_s / SECONDS_PER_DAY;
	int kind = pst_text_index(kinds, item->kind);

	if (kind < 0 || day < report->from_day || day > report->until_day) {
		return 0;
	}
	json_t *object = json_loads(item->json, 0, NULL);
	int status =
		kind == 0 ? take_closed(report, object) : take_lane(report, item->kind, object);
	json_decref(object);
	return status;
}
