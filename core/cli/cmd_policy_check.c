/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/policy.h"

#define NAME "policy check"

static const char help[] =
	"usage: postern policy check FILE [--json]\n"
	"\n"
	"Reads a policy file strictly and reports what is unused or not confirmed.\n"
	"\n"
	"Exit status: 0 ok; 1 found something; 2 usage, or a file that is not valid; 4 the\n"
	"policy is not total.\n";

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
		if (source->checked_day + 366 < policy_today()) {
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

int cmd_policy_check(int argc, char **argv)
{
	const struct policy_options options = {.name = NAME, .help = help, .files_max = 1};
	struct policy_line line = {0};
	struct notes notes = {0};
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	int status = policy_read_line(&options, argc, argv, &line);

	if (status >= 0) {
		return status;
	}
	notes.list = json_array();
	status = pst_policy_read(line.files[0], &policy, &error);
	if (status < 0) {
		json_decref(notes.list);
		return pst_cli_fail(NAME, &error);
	}
	note_sources(policy, &notes);
	note_unused(policy, &notes);
	if (line.json) {
		pst_cli_print_json(json_pack("{s:s, s:s, s:I, s:i, s:I, s:i, s:I, s:o}", "file",
			line.files[0], "policy", policy->id, "version", (json_int_t)policy->version,
			"rules", policy->rule_count - 1, "sources",
			(json_int_t)policy->source_count, "combinations",
			(int)policy->table.combinations, "findings", (json_int_t)notes.findings,
			"notes", json_incref(notes.list)));
	} else {
		(void)printf("%s: ok: %s, version %lld, %d rules, %zu sources, %zu disputes, "
			     "%u combinations, all decided\n",
			line.files[0], policy->id, (long long)policy->version,
			policy->rule_count - 1, policy->source_count, policy->dispute_count,
			policy->table.combinations);
		for (size_t i = 0; i < json_array_size(notes.list); i++) {
			(void)printf("  %s\n", json_string_value(json_array_get(notes.list, i)));
		}
	}
	json_decref(notes.list);
	pst_policy_destroy(&policy);
	return notes.findings ? PST_EXIT_NO : PST_EXIT_OK;
}
