/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "policy/explain.h"
#include "policy/policy.h"
#include "policy/prove.h"

#define NAME "policy"
#define TEXT_WIDTH 96
#define LABEL_WIDTH 16

static const char help[] =
	"usage: postern policy check FILE [--json]\n"
	"       postern policy prove FILE [--json]\n"
	"       postern policy explain FILE --category NAME [INPUTS] [--json]\n"
	"\n"
	"Policy files decide who may be captured, when and on whose authority.\n"
	"\n"
	"  check    reads the file strictly and reports what is unused or not confirmed\n"
	"  prove    visits every combination of inputs: exactly one rule decides each\n"
	"  explain  verdict, rule, sources, retention, obligations, dispute, and which\n"
	"           single change of one input would decide otherwise\n"
	"\n"
	"Inputs of explain, with what is taken when they are not given:\n"
	"  --category NAME     who the person is; no default\n"
	"  --known-by NAME     document; or manifest, officer, self\n"
	"  --age-band NAME     the policy's default; age on the day of the crossing\n"
	"  --direction NAME    entry; or exit\n"
	"  --environment NAME  air; or sea, land\n"
	"  --port NAME         the policy's default\n"
	"  --date DAY          today; the calendar date at the port, like 2025-12-27\n"
	"  --notice NAME       current; or stale, absent\n"
	"  --choice NAME       none; or consent, decline, withdraw\n"
	"  --mode NAME         normal; or partial, suspended\n"
	"  --purpose NAME      verify; or identify, enrol\n"
	"  --modality NAME     face\n"
	"\n"
	"Exit status: 0 ok; 1 check found something; 2 usage, or a file or an input that is\n"
	"not valid (which is refused, never decided); 4 the policy is not total.\n";

struct arguments {
	const char *file;
	bool json;
	struct pst_policy_request request;
	bool has_day;
};

enum { OPTION_HELP = 'h', OPTION_JSON = 'j', OPTION_DATE = 'd', OPTION_AXIS = 256 };

static int read_option(int option, struct arguments *arguments)
{
	if (option == OPTION_JSON) {
		arguments->json = true;
	} else if (option == OPTION_DATE) {
		if (pst_clock_parse_day(optarg, &arguments->request.day) < 0) {
			return pst_cli_usage(
				NAME, "--date needs a day like 2025-12-27, not '%s'", optarg);
		}
		arguments->has_day = true;
	} else {
		arguments->request.value[option - OPTION_AXIS] = optarg;
	}
	return PST_EXIT_OK;
}

/* @return PST_EXIT_OK, PST_EXIT_USAGE, or -1 when the help was printed */
static int read_arguments(int argc, char **argv, bool takes_inputs, struct arguments *arguments)
{
	struct option options[PST_AXIS_COUNT + 4] = {
		{"help", no_argument, NULL, OPTION_HELP},
		{"json", no_argument, NULL, OPTION_JSON},
	};
	size_t count = 2;
	int option;

	if (takes_inputs) {
		options[count++] = (struct option){"date", required_argument, NULL, OPTION_DATE};
		for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
			if (axis != PST_AXIS_PERIOD) {
				options[count++] = (struct option){pst_axis_names[axis],
					required_argument, NULL, OPTION_AXIS + axis};
			}
		}
	}
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(NAME, option, argv);
		}
		if (option == OPTION_HELP) {
			(void)fputs(help, stdout);
			return -1;
		}
		if (read_option(option, arguments) != PST_EXIT_OK) {
			return PST_EXIT_USAGE;
		}
	}
	if (optind == argc) {
		return pst_cli_usage(NAME, "%s needs one policy file", argv[0]);
	}
	if (argc - optind > 1) {
		return pst_cli_usage(NAME, "'%s' is one word too many", argv[optind + 1]);
	}
	arguments->file = argv[optind];
	return PST_EXIT_OK;
}

static int32_t today(void)
{
	time_t now = (time_t)pst_clock_wall_s();
	struct tm local;
	char text[PST_CLOCK_TEXT_SIZE];
	int32_t day = 0;

	if (!localtime_r(&now, &local) || !strftime(text, sizeof(text), "%Y-%m-%d", &local) ||
		pst_clock_parse_day(text, &day) < 0) {
		return 0;
	}
	return day;
}

/* Prints a text after a label, wrapped; the label is printed once. */
static void print_labelled(const char *label, const char *text)
{
	int column = printf("  %-*s", LABEL_WIDTH - 2, label);

	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (column > LABEL_WIDTH && column + 1 + length > TEXT_WIDTH) {
			column = printf("\n%*s", LABEL_WIDTH, "") - 1;
		}
		column += printf("%s%.*s", column > LABEL_WIDTH ? " " : "", length, text);
		text += length;
		text += strspn(text, " \n");
	}
	(void)putchar('\n');
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

static void print_retention(const struct pst_retention *retention)
{
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
	if (rule->has_otherwise) {
		print_labelled("not taken", verdict_words(&rule->otherwise, words, sizeof(words)));
	}
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

		(void)snprintf(to, sizeof(to), "%s %s", pst_axis_names[change->axis],
			pst_policy_value_name(policy, change->axis, change->value));
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
	print_labelled("asked", text);
}

static void print_explanation(const struct pst_policy *policy,
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
	print_retention(decision->retention);
	print_obligations(decision->obligations);
	print_disputes(policy, decision);
	print_changes(policy, explanation);
}

static json_t *json_verdict(const struct pst_cell *cell)
{
	return json_pack("{s:s, s:s, s:s}", "verdict",
		pst_verdict_name((enum pst_verdict)cell->verdict), "authority",
		pst_authority_name((enum pst_authority)cell->authority), "outcome",
		pst_outcome_name((enum pst_outcome)cell->outcome));
}

static json_t *json_sources(const struct pst_policy_decision *decision)
{
	json_t *list = json_array();

	for (size_t i = 0; decision->sources[i]; i++) {
		const struct pst_source *source = decision->sources[i];
		char day[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_day(source->checked_day, day);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", source->id, "title",
				      source->title, "citation", source->citation, "checked", day,
				      "status", pst_source_status_name(source->status)));
	}
	return list;
}

static json_t *json_retention(const struct pst_retention *retention)
{
	json_t *stores = json_object();

	for (int store = 0; store < PST_STORE_COUNT; store++) {
		json_object_set_new(stores, pst_store_names[store],
			json_pack("{s:s, s:I}", "text", retention->text[store], "seconds",
				(json_int_t)retention->keep_s[store]));
	}
	return json_pack("{s:s, s:o, s:s}", "class", retention->class_name, "stores", stores,
		"note", retention->note);
}

static json_t *json_obligations(uint16_t obligations)
{
	json_t *list = json_array();

	for (int bit = 0; bit < PST_OBLIGATION_COUNT; bit++) {
		if (obligations >> bit & 1) {
			json_array_append_new(list, json_string(pst_obligation_names[bit]));
		}
	}
	return list;
}

static json_t *json_disputes(const struct pst_policy_decision *decision)
{
	json_t *list = json_array();

	for (size_t i = 0; decision->disputes[i]; i++) {
		const struct pst_dispute *dispute = decision->disputes[i];
		json_t *readings = json_array();

		for (size_t j = 0; dispute->readings[j]; j++) {
			json_array_append_new(readings, json_string(dispute->readings[j]));
		}
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:o, s:s}", "id", dispute->id, "question",
				dispute->question, "readings", readings, "taken", dispute->taken));
	}
	return list;
}

static json_t *json_changes(
	const struct pst_policy *policy, const struct pst_policy_explanation *explanation)
{
	json_t *list = json_array();

	for (size_t i = 0; i < explanation->change_count; i++) {
		const struct pst_policy_change *change = &explanation->changes[i];
		json_t *entry = json_pack("{s:s, s:s}", "input", pst_axis_names[change->axis],
			"value", pst_policy_value_name(policy, change->axis, change->value));
		json_t *verdict = json_verdict(&change->decision.cell);

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
	return inputs;
}

static json_t *json_explanation(const struct pst_policy *policy,
	const struct pst_policy_request *request, const struct pst_policy_explanation *explanation)
{
	const struct pst_policy_decision *decision = &explanation->decision;
	const struct pst_rule *rule = &policy->rules[decision->rule];
	json_t *whole = json_pack("{s:s, s:I, s:o}", "policy", policy->id, "version",
		(json_int_t)policy->version, "request", json_request(policy, request, explanation));
	json_t *verdict = json_verdict(&decision->cell);

	json_object_update(whole, verdict);
	json_decref(verdict);
	json_object_set_new(whole, "rule", json_string(decision->rule_id));
	json_object_set_new(whole, "line", json_integer(rule->line));
	json_object_set_new(whole, "text", json_string(decision->rule_text));
	json_object_set_new(whole, "basis", json_string(rule->basis));
	json_object_set_new(whole, "mark", json_string(pst_source_status_name(decision->mark)));
	json_object_set_new(whole, "sources", json_sources(decision));
	json_object_set_new(whole, "retention", json_retention(decision->retention));
	json_object_set_new(whole, "obligations", json_obligations(decision->obligations));
	json_object_set_new(whole, "disputes", json_disputes(decision));
	json_object_set_new(whole, "not_taken",
		rule->has_otherwise ? json_verdict(&rule->otherwise) : json_null());
	json_object_set_new(whole, "changes", json_changes(policy, explanation));
	return whole;
}

/* Says on stderr which input was not understood; the refusal stands on stdout already. */
static int report_gap(const struct pst_policy *policy, const struct pst_policy_request *request,
	const struct pst_policy_explanation *explanation)
{
	enum pst_axis axis = explanation->gap_axis;
	const char *nearest;

	switch (explanation->gap) {
	case PST_POLICY_GAP_NONE:
	case PST_POLICY_GAP_COUNT:
		return PST_EXIT_OK;
	case PST_POLICY_GAP_MISSING:
		return pst_cli_usage(NAME, "refused: --%s is missing", pst_axis_names[axis]);
	case PST_POLICY_GAP_DATE:
		return pst_cli_usage(NAME, "refused: the date lies before the policy begins, %s",
			policy->values[PST_AXIS_PERIOD][0]);
	case PST_POLICY_GAP_UNKNOWN:
		break;
	}
	nearest = pst_text_nearest(policy->values[axis], request->value[axis]);
	return pst_cli_usage(NAME, "refused: unknown value '%s' for --%s%s%s%s",
		request->value[axis], pst_axis_names[axis], nearest ? "; did you mean '" : "",
		nearest ? nearest : "", nearest ? "'?" : "");
}

static int explain(const struct arguments *given)
{
	static const char *const usual[PST_AXIS_COUNT] = {
		[PST_AXIS_KNOWN_BY] = "document",
		[PST_AXIS_DIRECTION] = "entry",
		[PST_AXIS_ENVIRONMENT] = "air",
		[PST_AXIS_MODE] = "normal",
		[PST_AXIS_PURPOSE] = "verify",
		[PST_AXIS_MODALITY] = "face",
		[PST_AXIS_NOTICE] = "current",
		[PST_AXIS_CHOICE] = "none",
	};
	struct pst_policy_request request = given->request;
	struct pst_policy_explanation explanation;
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	int status = pst_policy_load(given->file, &policy, &error);

	if (status < 0) {
		return pst_cli_fail(NAME, &error);
	}
	for (int axis = 0; axis < PST_AXIS_COUNT; axis++) {
		if (!request.value[axis]) {
			request.value[axis] = usual[axis];
		}
	}
	if (!given->has_day) {
		request.day = today();
	}
	pst_policy_explain(policy, &request, &explanation);
	if (given->json) {
		pst_cli_print_json(json_explanation(policy, &request, &explanation));
	} else {
		print_explanation(policy, &request, &explanation);
	}
	(void)fflush(stdout);
	status = report_gap(policy, &request, &explanation);
	pst_policy_destroy(&policy);
	return status;
}

static void print_proof_json(const char *file, const struct pst_policy_proof *proof, double seconds)
{
	json_t *verdicts = json_object();

	for (int verdict = 0; verdict < PST_VERDICT_COUNT; verdict++) {
		json_object_set_new(verdicts, pst_verdict_names[verdict],
			json_integer((json_int_t)proof->by_verdict[verdict]));
	}
	pst_cli_print_json(json_pack("{s:s, s:b, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f}",
		"file", file, "holds", proof->holds, "cells", (json_int_t)proof->cells, "verdicts",
		verdicts, "undecided", (json_int_t)proof->undecided, "contested",
		(json_int_t)proof->contested, "differing", (json_int_t)proof->differing,
		"unsourced", (json_int_t)proof->unsourced, "captures_without_notice",
		(json_int_t)proof->captures_without_notice, "captures_after_refusal",
		(json_int_t)proof->captures_after_refusal, "counterexample", proof->counterexample,
		"seconds", seconds));
}

static void print_proof(const char *file, const struct pst_policy_proof *proof, double seconds)
{
	const struct {
		const char *what;
		uint64_t count;
	} rows[] = {
		{"refuse", proof->by_verdict[PST_VERDICT_REFUSE] - proof->undecided -
				   proof->contested},
		{"ask", proof->by_verdict[PST_VERDICT_ASK]},
		{"allow", proof->by_verdict[PST_VERDICT_ALLOW]},
		{"no rule decides", proof->undecided},
		{"two rules of equal priority", proof->contested},
		{"table differs from rules", proof->differing},
		{"decided without a source", proof->unsourced},
		{"capture without current notice", proof->captures_without_notice},
		{"no refusal after decline or withdrawal", proof->captures_after_refusal},
	};

	(void)printf("%s: %s\n\n", file,
		proof->holds ? "total: exactly one rule decides every combination" : "NOT TOTAL");
	(void)printf("  %10llu  combinations visited in %.3f s\n", (unsigned long long)proof->cells,
		seconds);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)printf("  %10llu  %s\n", (unsigned long long)rows[i].count, rows[i].what);
	}
	if (!proof->holds) {
		(void)printf("\nSmallest counterexample: %s\n", proof->counterexample);
	}
}

static int prove(const struct arguments *given)
{
	struct pst_policy_proof proof;
	struct pst_error error = {0};
	int64_t from_ns = pst_clock_mono_ns();
	int status = pst_policy_prove_file(given->file, &proof, &error);
	double seconds = (double)(pst_clock_mono_ns() - from_ns) / (double)PST_NS_PER_S;

	if (proof.cells > 0) {
		if (given->json) {
			print_proof_json(given->file, &proof, seconds);
		} else {
			print_proof(given->file, &proof, seconds);
		}
	}
	return status < 0 ? pst_cli_fail(NAME, &error) : PST_EXIT_OK;
}

/* Notes are printed or collected; a finding is a note about something to change in the file. */
struct notes {
	json_t *list;
	size_t findings;
};

static void note(struct notes *notes, bool is_finding, const char *format, const char *name)
{
	char text[256];

	(void)snprintf(
		text, sizeof(text), "%s '%s' %s", is_finding ? "finding:" : "note:", name, format);
	notes->findings += is_finding;
	json_array_append_new(notes->list, json_string(text));
}

static bool is_used(const void *const *list, const void *entry)
{
	for (; *list; list++) {
		if (*list == entry) {
			return true;
		}
	}
	return false;
}

static void note_sources(const struct pst_policy *policy, struct notes *notes)
{
	for (size_t i = 0; i < policy->source_count; i++) {
		const struct pst_source *source = &policy->sources[i];
		bool used = false;

		for (unsigned rule = 1; rule < policy->rule_count; rule++) {
			used |= is_used((const void *const *)policy->rules[rule].sources, source);
		}
		if (!used) {
			note(notes, true, "is a source that no rule names", source->id);
		}
		if (source->status != PST_SOURCE_STATUS_SEEN) {
			note(notes, false,
				source->status == PST_SOURCE_STATUS_RECALLED
					? "is recalled, not seen: have a person check it"
					: "is disputed",
				source->id);
		}
		if (source->checked_day + 366 < today()) {
			note(notes, false, "was checked more than a year ago", source->id);
		}
	}
}

static void note_unused(const struct pst_policy *policy, struct notes *notes)
{
	for (size_t i = 0; i < policy->dispute_count; i++) {
		bool used = false;

		for (unsigned rule = 1; rule < policy->rule_count; rule++) {
			used |= is_used((const void *const *)policy->rules[rule].disputes,
				&policy->disputes[i]);
		}
		if (!used) {
			note(notes, true, "is a dispute that no rule names",
				policy->disputes[i].id);
		}
	}
	for (size_t i = 1; i < policy->retention_count; i++) {
		bool used = false;

		for (unsigned rule = 1; rule < policy->rule_count; rule++) {
			used |= policy->rules[rule].cell.retention == i;
		}
		if (!used) {
			note(notes, true, "is a retention class that no rule names",
				policy->retention[i].class_name);
		}
	}
}

static int check(const struct arguments *given)
{
	struct notes notes = {.list = json_array()};
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	int status = pst_policy_load(given->file, &policy, &error);

	if (status < 0) {
		json_decref(notes.list);
		return pst_cli_fail(NAME, &error);
	}
	note_sources(policy, &notes);
	note_unused(policy, &notes);
	if (given->json) {
		pst_cli_print_json(json_pack("{s:s, s:s, s:I, s:i, s:I, s:i, s:I, s:o}", "file",
			given->file, "policy", policy->id, "version", (json_int_t)policy->version,
			"rules", policy->rule_count - 1, "sources",
			(json_int_t)policy->source_count, "combinations",
			(int)policy->table.combinations, "findings", (json_int_t)notes.findings,
			"notes", json_incref(notes.list)));
	} else {
		(void)printf("%s: ok: %s, version %lld, %d rules, %zu sources, %zu disputes, "
			     "%u combinations, all decided\n",
			given->file, policy->id, (long long)policy->version, policy->rule_count - 1,
			policy->source_count, policy->dispute_count, policy->table.combinations);
		for (size_t i = 0; i < json_array_size(notes.list); i++) {
			(void)printf("  %s\n", json_string_value(json_array_get(notes.list, i)));
		}
	}
	json_decref(notes.list);
	pst_policy_destroy(&policy);
	return notes.findings ? PST_EXIT_NO : PST_EXIT_OK;
}

int cmd_policy(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool takes_inputs;
		int (*run)(const struct arguments *given);
	} actions[] = {
		{"check", false, check}, {"prove", false, prove}, {"explain", true, explain}};
	const char *names[] = {"check", "prove", "explain", NULL};
	struct arguments arguments = {0};
	int which;
	int status;

	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		(void)fputs(help, stdout);
		return PST_EXIT_OK;
	}
	if (argc < 2) {
		return pst_cli_usage(NAME, "what to do is missing: check, prove or explain");
	}
	which = pst_text_index(names, argv[1]);
	if (which < 0) {
		const char *nearest = pst_text_nearest(names, argv[1]);

		return pst_cli_usage(NAME, "unknown action '%s'%s%s%s", argv[1],
			nearest ? ", did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
	}
	status = read_arguments(argc - 1, argv + 1, actions[which].takes_inputs, &arguments);
	if (status != PST_EXIT_OK) {
		return status < 0 ? PST_EXIT_OK : status;
	}
	return actions[which].run(&arguments);
}
