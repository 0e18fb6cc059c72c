/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_card.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/policy_words.h"

/* A name as words: "under-14" becomes "under 14". */
static void put_words(const char *name, FILE *to)
{
	for (; *name; name++) {
		(void)fputc(*name == '-' || *name == '_' ? ' ' : *name, to);
	}
}

/* "air, sea or land" */
static void put_choice(const char *const *names, const uint64_t *set, FILE *to)
{
	int left = __builtin_popcountll(set[0]);

	for (size_t i = 0; names[i]; i++) {
		if (set[0] >> i & 1) {
			left--;
			put_words(names[i], to);
			(void)fputs(left > 1 ? ", " : left == 1 ? " or " : "", to);
		}
	}
}

static void put_box(const struct pst_policy_card *card, const struct pst_policy_box *box, FILE *to)
{
	static const struct {
		enum pst_axis axis;
		const char *before;
	} parts[] = {{PST_AXIS_DIRECTION, ""}, {PST_AXIS_ENVIRONMENT, ""},
		{PST_AXIS_AGE_BAND, "age "}, {PST_AXIS_PORT, "port "}};
	bool first = true;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		enum pst_axis axis = parts[i].axis;

		if (pst_policy_view_narrows(&card->view, box, axis)) {
			(void)fprintf(to, "%s%s", first ? "" : ", ", parts[i].before);
			put_choice(card->view.policy->values[axis], box->set[axis], to);
			first = false;
		}
	}
	(void)fputs(first ? "always" : "", to);
}

void policy_card_put_when(
	const struct pst_policy_card *card, const struct pst_policy_card_line *line, FILE *to)
{
	for (size_t i = 0; i < line->when.count; i++) {
		(void)fputs(i ? "; or " : "", to);
		put_box(card, &line->when.box[i], to);
	}
}

bool policy_card_is_rest(
	const struct pst_policy_card_group *group, const struct pst_policy_card_line *line)
{
	return line == &group->lines[group->line_count - 1] && line->when.count > 1;
}

void policy_card_put_categories(const struct pst_policy_card *card, uint64_t categories, FILE *to)
{
	const char *const *names = card->view.policy->values[PST_AXIS_CATEGORY];
	bool first = true;

	for (size_t i = 0; names[i]; i++) {
		if (categories >> i & 1) {
			(void)fputs(first ? "" : ", ", to);
			put_words(names[i], to);
			first = false;
		}
	}
}

const char *policy_card_subject(const struct pst_policy_card *card)
{
	struct pst_place held = pst_policy_view_first(&card->view);
	const char *modality = pst_policy_value_name(
		card->view.policy, PST_AXIS_MODALITY, held.value[PST_AXIS_MODALITY]);

	return strcmp(modality, "face") == 0 ? "photo" : modality;
}

const char *policy_card_must(const struct pst_policy_answer *answer)
{
	static const char *const words[PST_DUTY_COUNT] = {
		[PST_DUTY_NOTHING] = "No. Nothing is taken.",
		[PST_DUTY_IF_AGREED] = "No. Only if you agree.",
		[PST_DUTY_UNLESS_DECLINED] = "No. It is offered, and taken unless you decline.",
		[PST_DUTY_IF_ASKED] = "It may be required if you are asked.",
	};

	return words[answer->duty];
}

const char *policy_card_decline(const struct pst_policy_answer *answer)
{
	static const char *const words[PST_DUTY_COUNT] = {
		[PST_DUTY_NOTHING] = "Nothing to decline. A person takes over.",
		[PST_DUTY_IF_AGREED] = "Yes: do not agree. A person takes over instead.",
		[PST_DUTY_UNLESS_DECLINED] = "Yes. A person takes over instead.",
		[PST_DUTY_IF_ASKED] = "The rule gives no right to. If you do, nothing is taken "
				      "here and a person decides.",
	};

	return words[answer->duty];
}

uint64_t policy_card_kept_of(
	const struct pst_policy_card *card, const struct pst_retention *retention)
{
	uint64_t categories = 0;

	for (size_t i = 0; i < card->group_count; i++) {
		const struct pst_policy_card_group *group = &card->groups[i];

		for (size_t j = 0; j < group->line_count; j++) {
			if (group->lines[j].answer.retention == retention) {
				categories |= group->categories;
			}
		}
	}
	return categories;
}

static bool names(const struct pst_policy_answer *answer, const struct pst_dispute *dispute)
{
	for (size_t i = 0; answer->disputes[i]; i++) {
		if (answer->disputes[i] == dispute) {
			return true;
		}
	}
	return false;
}

bool policy_card_names_dispute(
	const struct pst_policy_card *card, const struct pst_dispute *dispute)
{
	for (size_t i = 0; i < card->group_count; i++) {
		for (size_t j = 0; j < card->groups[i].line_count; j++) {
			if (names(&card->groups[i].lines[j].answer, dispute)) {
				return true;
			}
		}
	}
	return false;
}

static json_t *json_day(int32_t day)
{
	char text[PST_CLOCK_TEXT_SIZE];

	if (day == INT32_MAX) {
		return json_null();
	}
	pst_clock_format_day(day, text);
	return json_string(text);
}

/* What a card and a notice both begin with. */
static json_t *json_head(const struct pst_policy_card *card)
{
	const struct pst_policy *policy = card->view.policy;
	const struct pst_policy_texts *texts = &policy->texts;

	return json_pack("{s:s, s:I, s:s, s:o, s:s, s:o, s:s, s:s, s:s, s:s}", "policy", policy->id,
		"version", (json_int_t)policy->version, "title", policy->title, "date",
		json_day(card->view.day), "notice_version", texts->notice_version, "notice_until",
		json_day(texts->notice_until_day), "language", card->wording->language, "withdraw",
		card->wording->withdraw, "complain", card->wording->complain, "disclaimer",
		card->wording->disclaimer);
}

static json_t *json_when(
	const struct pst_policy_card *card, const struct pst_policy_card_line *line)
{
	json_t *list = json_array();

	for (size_t i = 0; i < line->when.count; i++) {
		json_t *condition = json_object();

		for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
			if (axis != PST_AXIS_CATEGORY && PST_POLICY_CARD_AXES >> axis & 1 &&
				pst_policy_view_narrows(&card->view, &line->when.box[i], axis)) {
				json_object_set_new(condition, pst_axis_names[axis],
					policy_json_names(card->view.policy->values[axis],
						line->when.box[i].set[axis]));
			}
		}
		json_array_append_new(list, condition);
	}
	return list;
}

static json_t *json_line(
	const struct pst_policy_card *card, const struct pst_policy_card_line *line)
{
	const struct pst_policy_answer *answer = &line->answer;
	json_t *disputes = json_array();

	for (size_t i = 0; answer->disputes[i]; i++) {
		json_array_append_new(disputes, json_string(answer->disputes[i]->id));
	}
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:b, s:o}", "when",
		json_when(card, line), "duty", pst_duty_name(answer->duty), "other_reading",
		pst_duty_name(answer->other_reading), "declined",
		pst_outcome_name(answer->declined), "must_i", policy_card_must(answer),
		"may_i_decline", policy_card_decline(answer), "retention",
		policy_json_retention(card->view.policy, answer->retention), "mark",
		pst_source_status_name(answer->mark), "recalled", answer->is_recalled, "disputes",
		disputes);
}

json_t *policy_card_json(const struct pst_policy_card *card)
{
	const struct pst_policy *policy = card->view.policy;
	const struct pst_dispute **named = calloc(policy->dispute_count + 1, sizeof(const void *));
	json_t *whole = json_head(card);
	json_t *groups = json_array();
	size_t count = 0;

	for (size_t i = 0; i < card->group_count; i++) {
		const struct pst_policy_card_group *group = &card->groups[i];
		json_t *lines = json_array();

		for (size_t j = 0; j < group->line_count; j++) {
			json_array_append_new(lines, json_line(card, &group->lines[j]));
		}
		json_array_append_new(
			groups, json_pack("{s:o, s:o}", "categories",
					policy_json_names(policy->values[PST_AXIS_CATEGORY],
						&group->categories),
					"lines", lines));
	}
	json_object_set_new(whole, "groups", groups);
	for (size_t i = 0; named && i < policy->dispute_count; i++) {
		if (policy_card_names_dispute(card, &policy->disputes[i])) {
			named[count++] = &policy->disputes[i];
		}
	}
	json_object_set_new(whole, "disputes", named ? policy_json_disputes(named) : json_array());
	free(named);
	return whole;
}

json_t *policy_notice_json(const struct pst_policy_card *card)
{
	const struct pst_policy *policy = card->view.policy;
	json_t *whole = json_head(card);
	json_t *list = json_array();

	for (size_t i = 1; i < policy->retention_count; i++) {
		uint64_t categories = policy_card_kept_of(card, &policy->retention[i]);

		if (categories) {
			json_array_append_new(list,
				json_pack("{s:o, s:o}", "categories",
					policy_json_names(
						policy->values[PST_AXIS_CATEGORY], &categories),
					"retention",
					policy_json_retention(policy, &policy->retention[i])));
		}
	}
	json_object_set_new(whole, "notice", json_string(card->wording->notice));
	json_object_set_new(whole, "kept", list);
	return whole;
}
