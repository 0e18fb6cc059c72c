/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/diff_texts.h"

/* What is compared at present, and where differences go. */
struct notes {
	struct pst_policy_diff *diff;
	size_t room;
	int status;
	const char *what;
	const char *id;
	bool steers;
};

static char *copy(struct notes *notes, const char *text)
{
	char *own = text ? strdup(text) : NULL;

	if (text && !own) {
		notes->status = -ENOMEM;
	}
	return own;
}

/* Notes a difference; NULL is what is not there. */
static void note(struct notes *notes, const char *key, const char *before, const char *after)
{
	struct pst_policy_diff *diff = notes->diff;

	if ((!before && !after) || (before && after && strcmp(before, after) == 0)) {
		return;
	}
	if (diff->text_count == notes->room) {
		size_t room = notes->room ? 2 * notes->room : 32;
		void *grown = reallocarray(diff->texts, room, sizeof(*diff->texts));

		if (!grown) {
			notes->status = -ENOMEM;
			return;
		}
		diff->texts = grown;
		notes->room = room;
	}
	diff->texts[diff->text_count++] = (struct pst_policy_diff_text){
		.what = notes->what,
		.id = notes->id,
		.key = key,
		.before = copy(notes, before),
		.after = copy(notes, after),
		.steers = notes->steers,
	};
}

static void note_number(struct notes *notes, const char *key, int64_t before, int64_t after)
{
	char text[2][24];

	(void)snprintf(text[0], sizeof(text[0]), "%" PRId64, before);
	(void)snprintf(text[1], sizeof(text[1]), "%" PRId64, after);
	note(notes, key, text[0], text[1]);
}

/* INT32_MIN and INT32_MAX stand for no day at all. */
static void note_day(struct notes *notes, const char *key, int32_t before, int32_t after)
{
	const int32_t day[2] = {before, after};
	char text[2][PST_CLOCK_TEXT_SIZE];
	const char *shown[2] = {NULL, NULL};

	for (int side = 0; side < 2; side++) {
		if (day[side] != INT32_MIN && day[side] != INT32_MAX) {
			pst_clock_format_day(day[side], text[side]);
			shown[side] = text[side];
		}
	}
	note(notes, key, shown[0], shown[1]);
}

/* Notes texts that were written by a function each; a NULL among them is out of memory. */
static void note_written(struct notes *notes, const char *key, char *before, char *after)
{
	if (before && after) {
		note(notes, key, before, after);
	} else {
		notes->status = -ENOMEM;
	}
	free(before);
	free(after);
}

/* @return a text that the caller frees, NULL: out of memory */
static char *finish_text(FILE *to, char **text)
{
	if (!to || fclose(to) != 0) {
		free(*text);
		*text = NULL;
	}
	return *text;
}

static char *write_sources(const struct pst_rule *rule)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (size_t i = 0; to && rule->sources[i]; i++) {
		(void)fprintf(to, "%s%s", i ? ", " : "", rule->sources[i]->id);
	}
	return finish_text(to, &text);
}

static char *write_disputes(const struct pst_rule *rule)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (size_t i = 0; to && rule->disputes[i]; i++) {
		(void)fprintf(to, "%s%s", i ? ", " : "", rule->disputes[i]->id);
	}
	return finish_text(to, &text);
}

static char *write_other_reading(const struct pst_policy *policy, const struct pst_rule *rule)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	struct pst_policy_decision other;

	pst_policy_describe(policy, rule->otherwise, &other);
	if (to && rule->has_otherwise && other.verdict == PST_VERDICT_ALLOW) {
		(void)fprintf(to, "%s, %s, %s", pst_verdict_name(other.verdict),
			pst_authority_name(other.authority), other.retention->class_name);
	} else if (to && rule->has_otherwise) {
		(void)fprintf(to, "%s, %s", pst_verdict_name(other.verdict),
			pst_outcome_name(other.outcome));
	}
	return finish_text(to, &text);
}

static void compare_rules(struct notes *notes)
{
	const struct pst_policy *const *policy = notes->diff->policy;

	notes->what = "rule";
	for (unsigned i = 1; i < policy[0]->rule_count; i++) {
		const struct pst_rule *before = &policy[0]->rules[i];
		const struct pst_rule *after = NULL;

		for (unsigned j = 1; j < policy[1]->rule_count && !after; j++) {
			if (strcmp(policy[1]->rules[j].id, before->id) == 0) {
				after = &policy[1]->rules[j];
			}
		}
		if (!after) {
			continue; /* it decided something, so it stands among the changes */
		}
		notes->id = before->id;
		note(notes, "text", before->text, after->text);
		note_day(notes, "from", before->from_day, after->from_day);
		note_day(notes, "until", before->until_day, after->until_day);
		note_number(notes, "priority", before->priority, after->priority);
		note(notes, "basis", before->basis, after->basis);
		note_written(notes, "sources", write_sources(before), write_sources(after));
		note_written(notes, "disputes", write_disputes(before), write_disputes(after));
		note_written(notes, "otherwise", write_other_reading(policy[0], before),
			write_other_reading(policy[1], after));
	}
}

static const struct pst_source *find_source(const struct pst_policy *policy, const char *id)
{
	for (size_t i = 0; i < policy->source_count; i++) {
		if (strcmp(policy->sources[i].id, id) == 0) {
			return &policy->sources[i];
		}
	}
	return NULL;
}

static void compare_sources(struct notes *notes)
{
	const struct pst_policy *const *policy = notes->diff->policy;

	notes->what = "source";
	for (size_t i = 0; i < policy[0]->source_count; i++) {
		const struct pst_source *before = &policy[0]->sources[i];
		const struct pst_source *after = find_source(policy[1], before->id);

		notes->id = before->id;
		if (!after) {
			note(notes, "", before->title, NULL);
			continue;
		}
		note(notes, "title", before->title, after->title);
		note(notes, "citation", before->citation, after->citation);
		note_day(notes, "checked", before->checked_day, after->checked_day);
		note(notes, "status", pst_source_status_name(before->status),
			pst_source_status_name(after->status));
	}
	for (size_t i = 0; i < policy[1]->source_count; i++) {
		notes->id = policy[1]->sources[i].id;
		if (!find_source(policy[0], notes->id)) {
			note(notes, "", NULL, policy[1]->sources[i].title);
		}
	}
}

static const struct pst_dispute *find_dispute(const struct pst_policy *policy, const char *id)
{
	for (size_t i = 0; i < policy->dispute_count; i++) {
		if (strcmp(policy->disputes[i].id, id) == 0) {
			return &policy->disputes[i];
		}
	}
	return NULL;
}

static char *write_readings(const struct pst_dispute *dispute)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (size_t i = 0; to && dispute->readings[i]; i++) {
		(void)fprintf(to, "%s%s", i ? " | " : "", dispute->readings[i]);
	}
	return finish_text(to, &text);
}

static void compare_disputes(struct notes *notes)
{
	const struct pst_policy *const *policy = notes->diff->policy;

	notes->what = "dispute";
	for (size_t i = 0; i < policy[0]->dispute_count; i++) {
		const struct pst_dispute *before = &policy[0]->disputes[i];
		const struct pst_dispute *after = find_dispute(policy[1], before->id);

		notes->id = before->id;
		if (!after) {
			note(notes, "", before->question, NULL);
			continue;
		}
		note(notes, "question", before->question, after->question);
		note_written(notes, "readings", write_readings(before), write_readings(after));
		note(notes, "taken", before->taken, after->taken);
	}
	for (size_t i = 0; i < policy[1]->dispute_count; i++) {
		notes->id = policy[1]->disputes[i].id;
		if (!find_dispute(policy[0], notes->id)) {
			note(notes, "", NULL, policy[1]->disputes[i].question);
		}
	}
}

static const struct pst_retention *find_class(const struct pst_policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->retention_count; i++) {
		if (strcmp(policy->retention[i].class_name, name) == 0) {
			return &policy->retention[i];
		}
	}
	return NULL;
}

static void compare_retention(struct notes *notes)
{
	const struct pst_policy *const *policy = notes->diff->policy;

	notes->what = "retention";
	for (size_t i = 0; i < policy[0]->retention_count; i++) {
		const struct pst_retention *before = &policy[0]->retention[i];
		const struct pst_retention *after = find_class(policy[1], before->class_name);

		notes->id = before->class_name;
		if (!after) {
			note(notes, "", before->note, NULL);
			continue;
		}
		for (int store = 0; store < PST_STORE_COUNT; store++) {
			note(notes, pst_store_names[store], before->text[store],
				after->text[store]);
		}
		note(notes, "note", before->note, after->note);
	}
	for (size_t i = 0; i < policy[1]->retention_count; i++) {
		notes->id = policy[1]->retention[i].class_name;
		if (!find_class(policy[0], notes->id)) {
			note(notes, "", NULL, policy[1]->retention[i].note);
		}
	}
}

/* "under-14 from 0, 14-to-79 from 14, over-79 from 80" */
static char *write_ages(const struct pst_policy *policy)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	for (unsigned i = 0; to && policy->ages && i < policy->table.size[PST_AXIS_AGE_BAND]; i++) {
		(void)fprintf(to, "%s%s from %u", i ? ", " : "",
			policy->values[PST_AXIS_AGE_BAND][i], policy->ages[i].from);
	}
	return finish_text(to, &text);
}

static void compare_axes(struct notes *notes)
{
	const struct pst_policy *const *policy = notes->diff->policy;

	notes->what = "axis";
	notes->steers = true;
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		const char *preset[2] = {NULL, NULL};

		for (int side = 0; side < 2; side++) {
			uint16_t value = policy[side]->default_value[axis];

			preset[side] = value ? policy[side]->values[axis][value - 1] : NULL;
		}
		notes->id = pst_axis_names[axis];
		note(notes, "default", preset[0], preset[1]);
	}
	notes->id = pst_axis_names[PST_AXIS_AGE_BAND];
	note_written(notes, "ages", write_ages(policy[0]), write_ages(policy[1]));
	notes->steers = false;
}

static void compare_wordings(struct notes *notes, const struct pst_policy_wording *was,
	const struct pst_policy_wording *is)
{
	note(notes, "notice", was->notice, is->notice);
	note(notes, "withdraw", was->withdraw, is->withdraw);
	note(notes, "complain", was->complain, is->complain);
	note(notes, "disclaimer", was->disclaimer, is->disclaimer);
}

static const struct pst_policy_wording *find_translation(
	const struct pst_policy *policy, const char *language)
{
	const struct pst_policy_wording *wording = pst_policy_wording(policy, language);

	return wording == &policy->texts.own ? NULL : wording;
}

static void compare_heads(struct notes *notes)
{
	const struct pst_policy *before = notes->diff->policy[0];
	const struct pst_policy *after = notes->diff->policy[1];
	const struct pst_policy_texts *was = &before->texts;
	const struct pst_policy_texts *is = &after->texts;
	char window[2][PST_CLOCK_TEXT_SIZE];

	notes->what = "policy";
	notes->id = "";
	notes->steers = true;
	pst_clock_format_duration(before->choice_window_ns, window[0]);
	pst_clock_format_duration(after->choice_window_ns, window[1]);
	note(notes, "choice-window", window[0], window[1]);
	note_day(notes, "notice-until", was->notice_until_day, is->notice_until_day);
	notes->steers = false;
	note(notes, "policy", before->id, after->id);
	note_number(notes, "version", before->version, after->version);
	note(notes, "title", before->title, after->title);
	note(notes, "notice-version", was->notice_version, is->notice_version);
	note(notes, "language", was->own.language, is->own.language);
	compare_wordings(notes, &was->own, &is->own);
}

static void compare_translations(struct notes *notes)
{
	const struct pst_policy *const *policy = notes->diff->policy;

	notes->what = "translation";
	for (size_t i = 0; i < policy[0]->texts.translation_count; i++) {
		const struct pst_policy_wording *before = &policy[0]->texts.translations[i];
		const struct pst_policy_wording *after =
			find_translation(policy[1], before->language);

		notes->id = before->language;
		if (after) {
			compare_wordings(notes, before, after);
		} else {
			note(notes, "", before->notice, NULL);
		}
	}
	for (size_t i = 0; i < policy[1]->texts.translation_count; i++) {
		notes->id = policy[1]->texts.translations[i].language;
		if (!find_translation(policy[0], notes->id)) {
			note(notes, "", NULL, policy[1]->texts.translations[i].notice);
		}
	}
}

int policy_diff_texts(struct pst_policy_diff *diff)
{
	static void (*const parts[])(struct notes * notes) = {compare_heads, compare_translations,
		compare_axes, compare_rules, compare_sources, compare_disputes, compare_retention};
	struct notes notes = {.diff = diff};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && notes.status == 0; i++) {
		parts[i](&notes);
	}
	return notes.status;
}
