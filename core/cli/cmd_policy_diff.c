/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/policy.h"
#include "cli/policy_diff.h"

#define NAME "policy diff"

static const char help[] =
	"usage: postern policy diff BEFORE AFTER [--choices FILE [--operator FILE]] [--json]\n"
	"\n"
	"Every combination of inputs that two policy files decide differently, in as few\n"
	"conditions as were found: verdict, authority, rule, retention, outcome, obligations.\n"
	"What is more intrusive than before (refuse < ask < consented < offered < required, or\n"
	"kept for longer) is marked and comes first. A value or a date that one file does not\n"
	"know is refused by it, built in.\n"
	"\n"
	"Settings that no cell shows but decisions depend on (defaults, choice-window, ages, the\n"
	"end of the notice) and texts (of rules, sources, disputes, notices) are listed apart.\n"
	"\n" POLICY_CHOICES_HELP
	"Choices are applied to AFTER alone: 'policy diff FILE FILE --choices CHOICES' tells what\n"
	"they change.\n"
	"\n"
	"Exit status: 0 both decide alike (texts may differ); 1 they do not; 2 usage, or a file\n"
	"that is not valid; 4 a policy is not total, or the choices are not AFTER's or not "
	"signed.\n";

static int compare(const struct policy_line *line, struct pst_error *error)
{
	struct pst_policy *policy[2] = {NULL, NULL};
	struct pst_policy_diff diff = {0};
	int exit = PST_EXIT_OK;
	int status = pst_policy_read(line->files[0], &policy[0], error);

	if (status >= 0) {
		status = policy_load(line, line->files[1], PST_CLI_POLICY_READS, &policy[1], error);
	}
	if (status >= 0) {
		status = pst_policy_diff_open(policy[0], policy[1], &diff, error);
	}
	if (status < 0) {
		exit = pst_cli_fail(NAME, error);
	} else {
		exit = pst_policy_diff_is_empty(&diff) ? PST_EXIT_OK : PST_EXIT_NO;
		if (line->json) {
			pst_cli_print_json(policy_diff_json(&diff));
		} else {
			policy_diff_print_text(&diff);
		}
	}
	pst_policy_diff_finish(&diff);
	pst_policy_destroy(&policy[0]);
	pst_policy_destroy(&policy[1]);
	return pst_cli_finish_output(NAME, exit);
}

int cmd_policy_diff(int argc, char **argv)
{
	struct policy_line line = {0};
	struct pst_error error = {0};
	int status = policy_read_line(
		&(struct policy_options){
			.name = NAME, .help = help, .files_max = 2, .takes_choices = true},
		argc, argv, &line);

	if (status >= 0) {
		return status;
	}
	if (line.file_count < 2) {
		return pst_cli_usage(NAME, "two policy files are needed");
	}
	return compare(&line, &error);
}
