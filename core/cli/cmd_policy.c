/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <time.h>

#include "base/clock.h"
#include "cli/policy.h"

int policy_read_day(const char *command, const char *option, const char *text, int32_t *ret_day)
{
	if (pst_clock_parse_day(text, ret_day) < 0) {
		return pst_cli_usage(
			command, "%s needs a day like 2025-12-27, not '%s'", option, text);
	}
	return PST_EXIT_OK;
}

int32_t policy_today(void)
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

/* @return -1 to go on, else what to exit with */
static int read_options(
	const struct policy_options *own, int argc, char **argv, struct policy_line *line)
{
	struct option options[POLICY_OPTIONS_MAX + 5] = {
		{"help", no_argument, NULL, 'h'},
		{"json", no_argument, NULL, 'j'},
	};
	size_t count = 2;
	int option;

	if (own->takes_choices) {
		options[count++] = (struct option){"choices", required_argument, NULL, 'c'};
		options[count++] = (struct option){"operator", required_argument, NULL, 'o'};
	}
	for (size_t i = 0; own->options && own->options[i].name; i++) {
		assert(i < POLICY_OPTIONS_MAX);
		options[count++] = own->options[i];
	}
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		int status = PST_EXIT_OK;

		if (option == 'h') {
			(void)fputs(own->help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			status = pst_cli_bad_option(own->name, option, argv);
		} else if (option == 'j') {
			line->json = true;
		} else if (option == 'c') {
			line->choices = optarg;
		} else if (option == 'o') {
			line->operator_key = optarg;
		} else {
			status = own->take(own->context, option);
		}
		if (status != PST_EXIT_OK) {
			return status;
		}
	}
	return -1;
}

int policy_read_line(
	const struct policy_options *options, int argc, char **argv, struct policy_line *ret_line)
{
	int status = read_options(options, argc, argv, ret_line);

	if (status >= 0) {
		return status;
	}
	if (optind == argc) {
		return pst_cli_usage(options->name, "a policy file is needed");
	}
	if (argc - optind > options->files_max) {
		return pst_cli_usage(options->name, "'%s' is one word too many",
			argv[optind + options->files_max]);
	}
	ret_line->files = argv + optind;
	ret_line->file_count = argc - optind;
	return -1;
}

int policy_load(const struct policy_line *line, const char *file, enum pst_cli_policy_use use,
	struct pst_policy **ret_policy, struct pst_error *error)
{
	const struct pst_cli_policy_files files = {
		.policy = file, .choices = line->choices, .operator_key = line->operator_key};
	uint8_t digest[PST_DIGEST_SIZE];

	return pst_cli_policy_load(&files, use, ret_policy, digest, error);
}

int cmd_policy(int argc, char **argv)
{
	static const struct pst_cli_action action[] = {
		{"check",
			"read a file strictly; report what is unset, old, unused or not confirmed",
			cmd_policy_check},
		{"prove", "visit every combination of inputs: exactly one rule decides each",
			cmd_policy_prove},
		{"table", "one day as a table: text, CSV, HTML; a card and a notice for travelers",
			cmd_policy_table},
		{"test", "run the cases that files state under 'expect:'", cmd_policy_test},
		{"choose",
			"an operator's choice where the file leaves it open, with a reason, signed",
			cmd_policy_choose},
		{"choices", "what an operator chose, and whether the signature holds",
			cmd_policy_choices},
		{"diff", "what two files decide differently, in few conditions", cmd_policy_diff},
		{"explain", "one decision: rule, sources, and what would change it",
			cmd_policy_explain},
	};
	static const struct pst_cli_actions actions = {
		.command = "policy",
		.help = "usage: postern policy ACTION FILE... [OPTIONS]\n\n"
			"Policy files decide who may be captured, when and on whose authority.\n",
		.example = "check FILE",
		.action = action,
		.count = sizeof(action) / sizeof(action[0]),
	};

	return pst_cli_act(&actions, argc, argv);
}
