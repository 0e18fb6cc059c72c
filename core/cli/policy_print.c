/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "cli/policy.h"
#include "cli/policy_words.h"

#define LABEL_WIDTH 16

/* Prints a text after a label, wrapped; the label is printed once. */
static void print_labelled(const char *label, const char *text)
{
	policy_print_wrapped(printf("  %-*s", LABEL_WIDTH - 2, label), LABEL_WIDTH, text);
}

static void print_days(const struct pst_rule *rule)
{
	char from[PST_CLOCK_TEXT_SIZE] = "";
	char until[PST_CLOCK_TEXT_SIZE] = "";
	char text[96];

	if (rule->from_day > INT32_MIN) {
		pst_clock_format_day(rule->from_day, from);
	}
	if (rule->until_day < INT32_MAX) {
		pst_clock_format_day(rule->until_day, until);
	}
	if (from[0] || until[0]) {
		(void)snprintf(text, sizeof(text), "%s%s%s%s%s", from[0] ? "from " : "", from,
			from[0] && until[0] ? " " : "", until[0] ? "until " : "", until);
		print_labelled("in force", text);
	}
}

static void print_sources(const struct pst_policy_decision *decision)
{
	const char *label = "sources";

	for (size_t i = 0; decision->sources[i]; i++) {
		const struct pst_source *source = decision->sources[i];
		char day[PST_CLOCK_TEXT_SIZE];
		char text[9000];

		pst_clock_format_day(source->checked_day, day);
		(void)snprintf(text, sizeof(text), "%s (%s, checked %s): %s; %s", source->id,
			pst_source_status_name(source->status), day, source->title,
			source->citation);
		print_labelled(label, text);
		label = "";
	}
}

/* "by duty-officer on 2026-01-15: reason" */
static void print_choice(const char *label, const struct pst_policy_choice *choice)
{
	char day[PST_CLOCK_TEXT_SIZE];
	char text[1024];

	pst_clock_format_day(choice->day, day);
	(void)snprintf(text, sizeof(text), "%s%s%s%sby %s on %s: %s",
		choice->retention ? choice->retention : "", choice->retention ? " " : "",
		choice->keep ? choice->keep : "", choice->keep ? " " : "", choice->by, day,
		choice->reason);
	print_labelled(label, text);
}

static void print_retention(const struct pst_policy *policy, const struct pst_retention *retention)
{
	const struct pst_policy_choices *choices = policy->choices;
	char text[9000];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s:", retention->class_name);

	for (int store = 0; store < PST_STORE_COUNT && used < sizeof(text); store++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %s",
			store ? "," : "", pst_store_names[store], retention->text[store]);
	}
	print_labelled("retention", text);
	if (retention->note[0]) {
		print_labelled("", retention->note);
	}
	for (size_t i = 0; choices && i < choices->count; i++) {
		if (policy_choice_is_of_class(&choices->list[i], retention)) {
			print_choice("", &choices->list[i]);
		}
	}
}

/* A lane takes a notice that has lapsed for stale, whatever the display says. */
static bool has_lapsed(const struct pst_policy *policy, const struct pst_policy_request *request)
{
	return request->value[PST_AXIS_NOTICE] &&
	       strcmp(request->value[PST_AXIS_NOTICE], pst_notice_name(PST_NOTICE_CURRENT)) == 0 &&
	       request->day > policy->texts.notice_until_day;
}

static void print_notice(const struct pst_policy *policy, const struct pst_policy_request *request)
{
	char day[PST_CLOCK_TEXT_SIZE];
	char text[128];

	if (has_lapsed(policy, request)) {
		pst_clock_format_day(policy->texts.notice_until_day, day);
		(void)snprintf(text, sizeof(text),
			"lapsed after %s: a lane takes it for stale, see --notice stale", day);
		print_labelled("notice", text);
	}
}

static void print_obligations(uint16_t obligations)
{
	char text[512] = "";
	size_t used = 0;

	for (int bit = 0; bit < PST_OBLIGATION_COUNT; bit++) {
		if (obligations >> bit & 1) {
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
				used ? ", " : "", pst_obligation_names[bit]);
		}
	}
	print_labelled("obligations", used ? text : "none");
}

static const char *verdict_words(const struct pst_cell *cell, char *text, size_t size)
{
	const char *verdict = pst_verdict_name((enum pst_verdict)cell->verdict);

	(void)snprintf(text, size, "%s, %s", verdict,
		cell->verdict == PST_VERDICT_ALLOW
			? pst_authority_name((enum pst_authority)cell->authority)
			: pst_outcome_name((enum pst_outcome)cell->outcome));
	return text;
}

static const struct pst_cell *not_taken(
	const struct pst_policy_decision *decision, const struct pst_rule *rule)
{
	return decision->choice ? &rule->cell : &rule->otherwise;
}

static void print_disputes(
	const struct pst_policy *policy, const struct pst_policy_decision *decision)
{
	const struct pst_rule *rule = &policy->rules[decision->rule];
	char words[128];
	char text[9000];

	for (size_t i = 0; decision->disputes[i]; i++) {
		const struct pst_dispute *dispute = decision->disputes[i];

		(void)snprintf(text, sizeof(text), "%s: %s", dispute->id, dispute->question);
		print_labelled(i ? "" : "disputed", text);
		for (size_t j = 0; dispute->readings[j]; j++) {
			(void)snprintf(text, sizeof(text), "- %s", dispute->readings[j]);
			print_labelled("", text);
		}
		(void)snprintf(text, sizeof(text), "taken: %s", dispute->taken);
		print_labelled("", text);
	}
	if (decision->choice) {
		print_choice("chosen", decision->choice);
	}
	if (rule->has_otherwise) {
		print_labelled("not taken",
			verdict_words(not_taken(decision, rule), words, sizeof(words)));
	}
}

/* "choice decline", "date 2025-12-25" */
static void word_change(const struct pst_policy *policy, const struct pst_policy_change *change,
	char *text, size_t size)
{
	char day[PST_CLOCK_TEXT_SIZE];
	bool is_day = change->axis == PST_AXIS_PERIOD;

	pst_clock_format_day(change->day, day);
	(void)snprintf(text, size, "%s %s", is_day ? "date" : pst_axis_names[change->axis],
		is_day ? day : pst_policy_value_name(policy, change->axis, change->value));
}

static void print_changes(
	const struct pst_policy *policy, const struct pst_policy_explanation *explanation)
{
	if (explanation->change_count == 0) {
		print_labelled("would change", "no single input");
	}
	for (size_t i = 0; i < explanation->change_count; i++) {
		const struct pst_policy_change *change = &explanation->changes[i];
		char to[128];
		char words[128];
		char text[512];

		word_change(policy, change, to, sizeof(to));
		(void)snprintf(text, sizeof(text), "%s -> %s (%s)", to,
			verdict_words(&change->decision.cell, words, sizeof(words)),
			change->decision.rule_id);
		print_labelled(i ? "" : "would change", text);
	}
}

static void print_asked(const struct pst_policy *policy, const struct pst_policy_request *request,
	const struct pst_policy_explanation *explanation)
{
	char day[PST_CLOCK_TEXT_SIZE];
	char text[2048];
	size_t used = 0;

	pst_clock_format_day(request->day, day);
	for (int axis = 0; axis < PST_AXIS_COUNT && used < sizeof(text); axis++) {
		const char *value = axis == PST_AXIS_PERIOD ? day : request->value[axis];
		const char *key = axis == PST_AXIS_PERIOD ? "date" : pst_axis_names[axis];

		if (!value) {
			value = pst_policy_value_name(
				policy, (enum pst_axis)axis, explanation->place.value[axis]);
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %.64s",
			axis ? ", " : "", key, value);
	}
	if (request->has_born && used < sizeof(text)) {
		pst_clock_format_day(request->born_day, day);
		(void)snprintf(text + used, sizeof(text) - used, ", born %s", day);
	}
	print_labelled("asked", text);
}

void policy_print_explanation(const struct pst_policy *policy,
	const struct pst_policy_request *request, const struct pst_policy_explanation *explanation)
{
	const struct pst_policy_decision *decision = &explanation->decision;
	const struct pst_rule *rule = &policy->rules[decision->rule];
	char words[128];
	char text[600];

	(void)printf(
		"%s, version %lld: %s\n\n", policy->id, (long long)policy->version, policy->title);
	print_asked(policy, request, explanation);
	(void)putchar('\n');
	print_labelled("verdict", verdict_words(&decision->cell, words, sizeof(words)));
	if (rule->line) {
		(void)snprintf(text, sizeof(text), "%s (line %d, mark: %s, basis: %s)",
			decision->rule_id, rule->line, pst_source_status_name(decision->mark),
			rule->basis);
		print_labelled("rule", text);
	} else {
		print_labelled("rule", decision->rule_id);
	}
	print_labelled("", decision->rule_text);
	print_days(rule);
	print_sources(decision);
	print_notice(policy, request);
	print_retention(policy, decision->retention);
	print_obligations(decision->obligations);
	print_disputes(policy, decision);
	print_changes(policy, explanation);
}

static json_t *json_changes(
	const struct pst_policy *policy, const struct pst_policy_explanation *explanation)
{
	json_t *list = json_array();

	for (size_t i = 0; i < explanation->change_count; i++) {
		const struct pst_policy_change *change = &explanation->changes[i];
		bool is_day = change->axis == PST_AXIS_PERIOD;
		char day[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(change->day, day);
		json_t *entry = json_pack("{s:s, s:s}", "input",
			is_day ? "date" : pst_axis_names[change->axis], "value",
			is_day ? day : pst_policy_value_name(policy, change->axis, change->value));
		json_t *verdict = policy_json_verdict(&change->decision.cell);

		json_object_update(entry, verdict);
		json_decref(verdict);
		json_object_set_new(entry, "rule", json_string(change->decision.rule_id));
		json_array_append_new(list, entry);
	}
	return list;
}

static json_t *json_request(const struct pst_policy *policy,
	const struct pst_policy_request *request, const struct pst_policy_explanation *explanation)
{
	json_t *inputs = json_object();
	char day[PST_CLOCK_TEXT_SIZE];

	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		uint16_t value = explanation->place.value[axis];

		if (axis != PST_AXIS_PERIOD) {
			json_object_set_new(inputs, pst_axis_names[axis],
				json_string(request->value[axis]
						    ? request->value[axis]
						    : pst_policy_value_name(
							      policy, (enum pst_axis)axis, value)));
		}
	}
	pst_clock_format_day(request->day, day);
	json_object_set_new(inputs, "date", json_string(day));
	if (request->has_born) {
		pst_clock_format_day(request->born_day, day);
		json_object_set_new(inputs, "born", json_string(day));
	}
	return inputs;
}

json_t *policy_json_explanation(const struct pst_policy *policy,
	const struct pst_policy_request *request, const struct pst_policy_explanation *explanation)
{
	const struct pst_policy_decision *decision = &explanation->decision;
	const struct pst_rule *rule = &policy->rules[decision->rule];
	json_t *whole = json_pack("{s:s, s:I, s:o}", "policy", policy->id, "version",
		(json_int_t)policy->version, "request", json_request(policy, request, explanation));
	json_t *verdict = policy_json_verdict(&decision->cell);

	json_object_update(whole, verdict);
	json_decref(verdict);
	json_object_set_new(whole, "rule", json_string(decision->rule_id));
	json_object_set_new(whole, "line", json_integer(rule->line));
	json_object_set_new(whole, "text", json_string(decision->rule_text));
	json_object_set_new(whole, "basis", json_string(rule->basis));
	json_object_set_new(whole, "mark", json_string(pst_source_status_name(decision->mark)));
	json_object_set_new(whole, "sources", policy_json_sources(decision->sources));
	json_object_set_new(whole, "notice_lapsed", json_boolean(has_lapsed(policy, request)));
	json_object_set_new(whole, "retention", policy_json_retention(policy, decision->retention));
	json_object_set_new(whole, "obligations", policy_json_obligations(decision->obligations));
	json_object_set_new(whole, "disputes", policy_json_disputes(decision->disputes));
	json_object_set_new(whole, "not_taken",
		rule->has_otherwise ? policy_json_verdict(not_taken(decision, rule)) : json_null());
	json_object_set_new(whole, "choice", policy_json_choice(decision->choice));
	json_object_set_new(whole, "changes", json_changes(policy, explanation));
	return whole;
}
