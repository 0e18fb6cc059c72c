/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/policy.h"
#include "policy/language.h"
#include "policy/lint.h"

#define NAME "policy check"

static const char help[] =
	"usage: postern policy check FILE [--older-than MONTHS] [--date DAY] [--strict] [--json]\n"
	"                            [--languages TAGS] [--choices FILE [--operator FILE]]\n"
	"\n"
	"Reads a policy file strictly and reports, one line each, with file and line: what is\n"
	"unset, old, lapsed, unused, not confirmed, or obliges to nothing.\n"
	"\n"
	"  --older-than MONTHS  sources checked longer ago are old (default: 12)\n"
	"  --date DAY           take this day for today, like 2026-01-15\n"
	"  --languages TAGS     what the displays show, like en,es; a policy that lacks one is "
	"told\n"
	"                       (default: en,es,fr,zh,ar, of policies that have translations)\n"
	"  --strict             notes count as findings\n" POLICY_CHOICES_HELP
	"  --json               JSON\n"
	"\n"
	"An error keeps lanes from using the file; a warning is to be mended before it is used in\n"
	"earnest; a note is good to know.\n"
	"\n"
	"Exit status: 0 nothing but notes; 1 an error or a warning; 2 usage, or a file that is\n"
	"not valid; 4 the policy is not total, or the choices are not signed for it.\n";

enum { OPTION_OLDER_THAN = POLICY_OPTION, OPTION_DATE, OPTION_STRICT, OPTION_LANGUAGES };

#define LANGUAGES_MAX (PST_POLICY_TRANSLATIONS_MAX + 1)

struct check {
	struct pst_policy_lint lint;
	const char *languages[LANGUAGES_MAX + 1]; /* those that were asked for */
	bool is_strict;
	struct pst_policy_finding *findings;
	size_t count;
	size_t by_severity[PST_SEVERITY_COUNT];
	bool no_memory;
};

/* Cuts up "en,es" where it stands. */
static int take_languages(struct check *check, char *list)
{
	size_t count = 0;
	char *rest;

	for (char *tag = strtok_r(list, ",", &rest); tag; tag = strtok_r(NULL, ",", &rest)) {
		if (!pst_language_is_known(tag)) {
			return pst_cli_usage(NAME,
				"--languages: '%.32s' is no language; write tags like en,zh-Hant",
				tag);
		}
		if (count == LANGUAGES_MAX) {
			return pst_cli_usage(NAME, "--languages takes %d at most", LANGUAGES_MAX);
		}
		check->languages[count++] = tag;
	}
	if (!count) {
		return pst_cli_usage(NAME, "--languages needs tags like en,es");
	}
	check->lint.languages = check->languages;
	check->lint.needs_languages = true;
	return PST_EXIT_OK;
}

static int take(void *context, int option)
{
	struct check *check = context;
	int64_t months;

	switch (option) {
	case OPTION_OLDER_THAN:
		if (pst_text_parse_int(optarg, 1, 1200, &months) < 0) {
			return pst_cli_usage(
				NAME, "--older-than needs 1 to 1200 months, not '%s'", optarg);
		}
		check->lint.months = (int)months;
		return PST_EXIT_OK;
	case OPTION_DATE:
		return policy_read_day(NAME, "--date", optarg, &check->lint.day);
	case OPTION_LANGUAGES:
		return take_languages(check, optarg);
	default:
		check->is_strict = true;
		return PST_EXIT_OK;
	}
}

static void keep(void *context, const struct pst_policy_finding *finding)
{
	struct check *check = context;
	struct pst_policy_finding *more =
		reallocarray(check->findings, check->count + 1, sizeof(*more));

	if (!more) {
		check->no_memory = true;
		return;
	}
	more[check->count++] = *finding;
	check->findings = more;
	check->by_severity[finding->severity]++;
}

static int by_line(const void *left, const void *right)
{
	const struct pst_policy_finding *a = left;
	const struct pst_policy_finding *b = right;

	return a->line != b->line ? a->line - b->line : strcmp(a->text, b->text);
}

static void print_text(const char *file, const struct pst_policy *policy, const struct check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		const struct pst_policy_finding *finding = &check->findings[i];

		(void)printf("%s:%d: %s: %s\n", file, finding->line,
			pst_severity_names[finding->severity], finding->text);
	}
	(void)printf("%s: %s, version %lld, %d rules, %zu sources, %zu disputes, %zu cases, "
		     "%u combinations, all decided; %zu errors, %zu warnings, %zu notes\n",
		file, policy->id, (long long)policy->version, policy->rule_count - 1,
		policy->source_count, policy->dispute_count, policy->case_count,
		policy->table.combinations, check->by_severity[PST_SEVERITY_ERROR],
		check->by_severity[PST_SEVERITY_WARNING], check->by_severity[PST_SEVERITY_NOTE]);
}

static void print_json(const char *file, const struct pst_policy *policy, const struct check *check)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < check->count; i++) {
		const struct pst_policy_finding *finding = &check->findings[i];

		json_array_append_new(findings,
			json_pack("{s:i, s:s, s:s}", "line", finding->line, "severity",
				pst_severity_names[finding->severity], "text", finding->text));
	}
	pst_cli_print_json(json_pack("{s:s, s:s, s:I, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		"file", file, "policy", policy->id, "version", (json_int_t)policy->version, "rules",
		policy->rule_count - 1, "sources", (json_int_t)policy->source_count, "disputes",
		(json_int_t)policy->dispute_count, "cases", (json_int_t)policy->case_count,
		"combinations", (json_int_t)policy->table.combinations, "errors",
		(json_int_t)check->by_severity[PST_SEVERITY_ERROR], "warnings",
		(json_int_t)check->by_severity[PST_SEVERITY_WARNING], "notes",
		(json_int_t)check->by_severity[PST_SEVERITY_NOTE], "findings", findings));
}

int cmd_policy_check(int argc, char **argv)
{
	static const struct option own[] = {
		{"older-than", required_argument, NULL, OPTION_OLDER_THAN},
		{"date", required_argument, NULL, OPTION_DATE},
		{"strict", no_argument, NULL, OPTION_STRICT},
		{"languages", required_argument, NULL, OPTION_LANGUAGES},
		{0},
	};
	struct check check = {.lint = {.day = policy_today(),
				      .months = 12,
				      .notice_days = 30,
				      .languages = pst_policy_languages}};
	const struct policy_options options = {.name = NAME,
		.help = help,
		.files_max = 1,
		.takes_choices = true,
		.options = own,
		.take = take,
		.context = &check};
	struct policy_line line = {0};
	struct pst_policy *policy = NULL;
	struct pst_error error = {0};
	int status = policy_read_line(&options, argc, argv, &line);

	if (status >= 0) {
		return status;
	}
	if (policy_load(&line, line.files[0], PST_CLI_POLICY_READS, &policy, &error) < 0) {
		return pst_cli_fail(NAME, &error);
	}
	pst_policy_lint(policy, &check.lint, keep, &check);
	if (check.count) {
		qsort(check.findings, check.count, sizeof(*check.findings), by_line);
	}
	(line.json ? print_json : print_text)(line.files[0], policy, &check);
	free(check.findings);
	pst_policy_destroy(&policy);
	return check.no_memory || check.by_severity[PST_SEVERITY_ERROR] ||
			       check.by_severity[PST_SEVERITY_WARNING] ||
			       (check.is_strict && check.by_severity[PST_SEVERITY_NOTE])
		       ? PST_EXIT_NO
		       : PST_EXIT_OK;
}
