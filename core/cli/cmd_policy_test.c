/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>

#include "cli/policy.h"
#include "policy/test.h"

#define NAME "policy test"

static const char help[] =
	"usage: postern policy test FILE... [--require] [--json]\n"
	"       postern policy test FILE --choices FILE [--operator FILE]\n"
	"\n"
	"Runs the cases that policy files state under 'expect:'. Prints a line for each case that\n"
	"does not come out, with what was expected and what decided, and the count.\n"
	"\n"
	"  --require            a file without cases is a failure\n" POLICY_CHOICES_HELP
	"  --json               JSON\n"
	"\n"
	"Exit status: 0 all hold; 1 one does not; 2 usage, or a file that is not valid; 4 a\n"
	"policy that is not total, or choices that are not signed for it.\n";

enum { OPTION_REQUIRE = POLICY_OPTION };

struct tester {
	bool is_required;
	bool json;
	json_t *files;
	size_t cases;
	size_t failed;
	size_t without; /* files that state no cases */
};

static int take(void *context, int option)
{
	(void)option;
	((struct tester *)context)->is_required = true;
	return PST_EXIT_OK;
}

/* "allow by citizen-offered", "refuse by said-no (refer-opted-out, nothing)" */
static void word_answer(char *text, size_t size, const char *verdict, const char *rule,
	const char *outcome, const char *retention)
{
	bool both = outcome && retention;
	bool any = outcome || retention;

	(void)snprintf(text, size, "%s by %s%s%s%s%s%s", verdict, rule, any ? " (" : "",
		outcome ? outcome : "", both ? ", " : "", retention ? retention : "",
		any ? ")" : "");
}

/* An input that is missing or none explains itself; what a rule decides does not need it. */
static void word_gap(
	char *text, size_t size, const struct pst_policy *policy, const struct pst_policy_case *one)
{
	struct pst_policy_explanation explanation;

	pst_policy_explain(policy, &one->given, &explanation);
	text[0] = 0;
	if (explanation.gap == PST_POLICY_GAP_MISSING ||
		explanation.gap == PST_POLICY_GAP_UNKNOWN) {
		(void)snprintf(text, size, ": %s", pst_axis_names[explanation.gap_axis]);
	}
}

static void print_failure(const char *file, const struct pst_policy *policy,
	const struct pst_policy_case *one, const struct pst_policy_decision *got)
{
	const char *outcome = one->outcome ? pst_outcome_name(one->outcome) : NULL;
	char expected[320];
	char came[320];
	char gap[64];

	word_answer(expected, sizeof(expected), pst_verdict_name(one->verdict), one->rule, outcome,
		one->retention);
	word_answer(came, sizeof(came), pst_verdict_name(got->verdict), got->rule_id,
		outcome ? pst_outcome_name(got->outcome) : NULL,
		one->retention ? got->retention->class_name : NULL);
	word_gap(gap, sizeof(gap), policy, one);
	(void)printf("%s:%d: case '%s': expected %s, got %s%s\n", file, one->line, one->id,
		expected, came, gap);
}

static json_t *json_failure(
	const struct pst_policy_case *one, const struct pst_policy_decision *got)
{
	json_t *expected = json_pack("{s:s, s:s, s:s?, s:s?}", "verdict",
		pst_verdict_name(one->verdict), "rule", one->rule, "outcome",
		one->outcome ? pst_outcome_name(one->outcome) : NULL, "retention", one->retention);
	json_t *came = json_pack("{s:s, s:s, s:s, s:s}", "verdict", pst_verdict_name(got->verdict),
		"rule", got->rule_id, "outcome", pst_outcome_name(got->outcome), "retention",
		got->retention->class_name);

	return json_pack("{s:s, s:i, s:o, s:o}", "case", one->id, "line", one->line, "expected",
		expected, "got", came);
}

static void test_policy(struct tester *tester, const char *file, const struct pst_policy *policy)
{
	json_t *failures = json_array();
	size_t failed = 0;

	for (size_t i = 0; i < policy->case_count; i++) {
		const struct pst_policy_case *one = &policy->cases[i];
		struct pst_policy_decision got;

		if (pst_policy_test(policy, one, &got)) {
			continue;
		}
		failed++;
		json_array_append_new(failures, json_failure(one, &got));
		if (!tester->json) {
			print_failure(file, policy, one, &got);
		}
	}
	json_array_append_new(tester->files,
		json_pack("{s:s, s:s, s:I, s:o}", "file", file, "policy", policy->id, "cases",
			(json_int_t)policy->case_count, "failures", failures));
	if (!tester->json && policy->case_count == 0) {
		(void)printf("%s: states no cases under 'expect:'\n", file);
	} else if (!tester->json) {
		(void)printf("%s: %zu of %zu cases hold\n", file, policy->case_count - failed,
			policy->case_count);
	}
	tester->cases += policy->case_count;
	tester->failed += failed;
	tester->without += policy->case_count == 0;
}

int cmd_policy_test(int argc, char **argv)
{
	static const struct option own[] = {{"require", no_argument, NULL, OPTION_REQUIRE}, {0}};
	struct tester tester = {0};
	const struct policy_options options = {.name = NAME,
		.help = help,
		.files_max = INT_MAX,
		.takes_choices = true,
		.options = own,
		.take = take,
		.context = &tester};
	struct policy_line line = {0};
	int exit = policy_read_line(&options, argc, argv, &line);

	if (exit >= 0) {
		return exit;
	}
	if (line.choices && line.file_count > 1) {
		return pst_cli_usage(NAME, "--choices belongs to one policy file");
	}
	exit = PST_EXIT_OK;
	tester.json = line.json;
	tester.files = json_array();
	for (int i = 0; i < line.file_count; i++) {
		struct pst_policy *policy = NULL;
		struct pst_error error = {0};

		if (policy_load(&line, line.files[i], PST_CLI_POLICY_READS, &policy, &error) < 0) {
			exit = pst_cli_fail(NAME, &error);
			continue;
		}
		test_policy(&tester, line.files[i], policy);
		pst_policy_destroy(&policy);
	}
	if (tester.json) {
		pst_cli_print_json(json_pack("{s:I, s:I, s:O}", "cases", (json_int_t)tester.cases,
			"failed", (json_int_t)tester.failed, "files", tester.files));
	}
	json_decref(tester.files);
	if (exit != PST_EXIT_OK) {
		return exit;
	}
	return tester.failed || (tester.is_required && tester.without) ? PST_EXIT_NO : PST_EXIT_OK;
}
