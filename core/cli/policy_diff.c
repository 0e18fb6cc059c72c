/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/policy_words.h"

#define INDENT 4
#define LABEL_WIDTH 18

static void put_decision(const struct pst_policy_decision *decision, FILE *to)
{
	(void)fputs(policy_cell_word(decision->cell), to);
	if (decision->verdict == PST_VERDICT_ALLOW) {
		(void)fprintf(to, ", keeps %s", decision->retention->class_name);
	} else {
		(void)fprintf(to, ", %s", pst_outcome_name(decision->outcome));
	}
	(void)fprintf(to, " (%s)", decision->rule_id);
}

static void put_condition(
	const struct pst_policy_diff *diff, const struct pst_policy_box *when, FILE *to)
{
	bool first = true;
	int32_t from;
	int32_t until;

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (!pst_policy_diff_narrows(diff, when, axis)) {
			continue;
		}
		(void)fputs(first ? "" : "; ", to);
		first = false;
		if (axis == PST_AXIS_PERIOD) {
			for (unsigned i = 0; pst_policy_diff_days(diff, when, i, &from, &until);
				i++) {
				(void)fputs(i ? " or " : "", to);
				policy_put_days(from, until, to);
			}
		} else {
			(void)fprintf(to, "%s ", pst_axis_names[axis]);
			policy_put_names(diff->axis[axis].name, when->set[axis], ", ", to);
		}
	}
	(void)fputs(first ? "always" : "", to);
}

static void put_retention(const struct pst_policy_diff_change *change, FILE *to)
{
	bool first = true;

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		const char *before = change->before.retention->text[store];
		const char *after = change->after.retention->text[store];

		if (strcmp(before, after) != 0) {
			(void)fprintf(to, "%s%s %s -> %s", first ? "" : ", ",
				pst_store_names[store], before, after);
			first = false;
		}
	}
}

static void put_obligations(const struct pst_policy_diff_change *change, FILE *to)
{
	uint16_t before = change->before.obligations;
	uint16_t after = change->after.obligations;
	bool first = true;

	for (int bit = 0; bit < PST_OBLIGATION_COUNT; bit++) {
		if ((before ^ after) >> bit & 1) {
			(void)fprintf(to, "%s%s %s", first ? "" : ", ",
				after >> bit & 1 ? "now" : "no longer", pst_obligation_names[bit]);
			first = false;
		}
	}
}

/* Prints what a function writes after a label; nothing if it writes nothing. */
static void print_part(const char *label, const struct pst_policy_diff_change *change,
	void (*put)(const struct pst_policy_diff_change *change, FILE *to))
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (to) {
		put(change, to);
		if (fclose(to) == 0 && size > 0) {
			policy_print_wrapped(
				printf("%*s%-*s", INDENT, "", LABEL_WIDTH - INDENT, label),
				LABEL_WIDTH, text);
		}
		free(text);
	}
}

static void print_conditions(
	const struct pst_policy_diff *diff, const struct pst_policy_diff_change *change)
{
	for (size_t i = 0; i < change->when_count; i++) {
		char *text = NULL;
		size_t size;
		FILE *to = open_memstream(&text, &size);

		if (to) {
			put_condition(diff, &change->when[i], to);
			if (fclose(to) == 0) {
				policy_print_wrapped(
					printf("%*s%-*s", INDENT, "", LABEL_WIDTH - INDENT,
						i ? "or" : "when"),
					LABEL_WIDTH, text);
			}
			free(text);
		}
	}
}

static void put_mark(const struct pst_policy_diff_change *change, FILE *to)
{
	if (change->reaches_further || change->keeps_longer) {
		(void)fprintf(to, "%s%s%s", change->reaches_further ? "reaches further" : "",
			change->reaches_further && change->keeps_longer ? ", " : "",
			change->keeps_longer ? "keeps longer" : "");
	}
}

static void print_change(
	const struct pst_policy_diff *diff, const struct pst_policy_diff_change *change)
{
	put_decision(&change->before, stdout);
	(void)fputs("\n -> ", stdout);
	put_decision(&change->after, stdout);
	(void)putchar('\n');
	print_part("INTRUSIVE", change, put_mark);
	print_part("retention", change, put_retention);
	print_part("obligations", change, put_obligations);
	print_conditions(diff, change);
	(void)printf("%*s%-*s%llu\n\n", INDENT, "", LABEL_WIDTH - INDENT, "combinations",
		(unsigned long long)change->combinations);
}

static void print_texts(const struct pst_policy_diff *diff, bool steers, const char *title)
{
	bool any = false;

	for (size_t i = 0; i < diff->text_count; i++) {
		const struct pst_policy_diff_text *text = &diff->texts[i];

		if (text->steers != steers) {
			continue;
		}
		(void)fputs(any ? "" : title, stdout);
		any = true;
		(void)printf("  %s%s%s%s%s\n", text->what, text->id[0] ? " " : "", text->id,
			text->key[0] ? ": " : "", text->key);
		policy_print_wrapped(printf("    - "), 6, text->before ? text->before : "(none)");
		policy_print_wrapped(printf("    + "), 6, text->after ? text->after : "(none)");
	}
	(void)fputs(any ? "\n" : "", stdout);
}

void policy_diff_print_text(const struct pst_policy_diff *diff)
{
	const struct pst_policy *before = diff->policy[0];
	const struct pst_policy *after = diff->policy[1];
	size_t intrusive = 0;

	for (size_t i = 0; i < diff->change_count; i++) {
		intrusive += diff->changes[i].reaches_further || diff->changes[i].keeps_longer;
	}
	(void)printf("%s, version %lld -> %s, version %lld\n", before->id,
		(long long)before->version, after->id, (long long)after->version);
	(void)printf("%llu combinations, %llu decided otherwise: %zu changes, %zu of them more "
		     "intrusive\n\n",
		(unsigned long long)diff->combinations, (unsigned long long)diff->changed,
		diff->change_count, intrusive);
	for (size_t i = 0; i < diff->change_count; i++) {
		print_change(diff, &diff->changes[i]);
	}
	print_texts(diff, true, "Settings that steer decisions\n");
	print_texts(diff, false, "Texts\n");
}

static json_t *json_decision(
	const struct pst_policy *policy, const struct pst_policy_decision *decision)
{
	json_t *object = policy_json_verdict(&decision->cell);

	json_object_set_new(object, "rule", json_string(decision->rule_id));
	json_object_set_new(
		object, "retention", policy_json_retention(policy, decision->retention));
	json_object_set_new(object, "obligations", policy_json_obligations(decision->obligations));
	json_object_set_new(object, "mark", json_string(pst_source_status_name(decision->mark)));
	return object;
}

static json_t *json_days(const struct pst_policy_diff *diff, const struct pst_policy_box *when)
{
	json_t *list = json_array();
	int32_t first;
	int32_t last;

	for (unsigned i = 0; pst_policy_diff_days(diff, when, i, &first, &last); i++) {
		char from[PST_CLOCK_TEXT_SIZE];
		char until[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(first, from);
		if (last < INT32_MAX) {
			pst_clock_format_day(last, until);
		}
		json_array_append_new(list, json_pack("{s:s, s:s?}", "from", from, "until",
						    last < INT32_MAX ? until : NULL));
	}
	return list;
}

/* Axes that a condition does not narrow are left out. */
static json_t *json_condition(const struct pst_policy_diff *diff, const struct pst_policy_box *when)
{
	json_t *object = json_object();

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (!pst_policy_diff_narrows(diff, when, axis)) {
			continue;
		}
		if (axis == PST_AXIS_PERIOD) {
			json_object_set_new(object, "dates", json_days(diff, when));
		} else {
			json_object_set_new(object, pst_axis_names[axis],
				policy_json_names(diff->axis[axis].name, when->set[axis]));
		}
	}
	return object;
}

static json_t *json_changes(const struct pst_policy_diff *diff)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diff->change_count; i++) {
		const struct pst_policy_diff_change *change = &diff->changes[i];
		json_t *when = json_array();

		for (size_t j = 0; j < change->when_count; j++) {
			json_array_append_new(when, json_condition(diff, &change->when[j]));
		}
		json_array_append_new(list,
			json_pack("{s:o, s:o, s:b, s:b, s:b, s:I, s:o}", "before",
				json_decision(diff->policy[0], &change->before), "after",
				json_decision(diff->policy[1], &change->after), "more_intrusive",
				change->reaches_further || change->keeps_longer, "reaches_further",
				change->reaches_further, "keeps_longer", change->keeps_longer,
				"combinations", (json_int_t)change->combinations, "when", when));
	}
	return list;
}

static json_t *json_texts(const struct pst_policy_diff *diff, bool steers)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diff->text_count; i++) {
		const struct pst_policy_diff_text *text = &diff->texts[i];

		if (text->steers == steers) {
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "what", text->what,
					      "id", text->id, "key", text->key, "before",
					      text->before, "after", text->after));
		}
	}
	return list;
}

static json_t *json_policy(const struct pst_policy *policy)
{
	return json_pack(
		"{s:s, s:I}", "policy", policy->id, "version", (json_int_t)policy->version);
}

json_t *policy_diff_json(const struct pst_policy_diff *diff)
{
	return json_pack("{s:o, s:o, s:b, s:I, s:I, s:o, s:o, s:o}", "before",
		json_policy(diff->policy[0]), "after", json_policy(diff->policy[1]), "equal",
		pst_policy_diff_is_empty(diff), "combinations", (json_int_t)diff->combinations,
		"changed", (json_int_t)diff->changed, "changes", json_changes(diff), "settings",
		json_texts(diff, true), "texts", json_texts(diff, false));
}
