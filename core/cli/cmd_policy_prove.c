/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "base/clock.h"
#include "cli/policy.h"
#include "policy/prove.h"

#define NAME "policy prove"

static const char help[] =
	"usage: postern policy prove FILE [--choices FILE [--operator FILE]] [--json]\n"
	"\n"
	"Visits every combination of inputs and decides it from the rules alone: exactly one\n"
	"rule must decide each, as the compiled table does. Prints the count, and the smallest\n"
	"counterexample where it does not hold.\n"
	"\n" POLICY_CHOICES_HELP "\n"
	"Exit status: 0 it holds; 2 usage, or a file that is not valid; 4 it does not hold.\n";

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

static int prove_chosen(
	const struct policy_line *line, struct pst_policy_proof *proof, struct pst_error *error)
{
	struct pst_policy *policy = NULL;
	int status = policy_load(line, line->files[0], PST_CLI_POLICY_READS, &policy, error);

	*proof = (struct pst_policy_proof){0};
	if (status >= 0) {
		status = pst_policy_prove(policy, proof, error);
	}
	pst_policy_destroy(&policy);
	return status;
}

int cmd_policy_prove(int argc, char **argv)
{
	const struct policy_options options = {
		.name = NAME, .help = help, .files_max = 1, .takes_choices = true};
	struct policy_line line = {0};
	struct pst_policy_proof proof;
	struct pst_error error = {0};
	int status = policy_read_line(&options, argc, argv, &line);

	if (status >= 0) {
		return status;
	}
	int64_t from_ns = pst_clock_mono_ns();
	status = line.choices ? prove_chosen(&line, &proof, &error)
			      : pst_policy_prove_file(line.files[0], &proof, &error);
	double seconds = (double)(pst_clock_mono_ns() - from_ns) / (double)PST_NS_PER_S;

	if (proof.cells > 0 && line.json) {
		print_proof_json(line.files[0], &proof, seconds);
	} else if (proof.cells > 0) {
		print_proof(line.files[0], &proof, seconds);
	}
	return status < 0 ? pst_cli_fail(NAME, &error) : PST_EXIT_OK;
}
