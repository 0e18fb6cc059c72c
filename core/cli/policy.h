/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_POLICY_H
#define PST_CLI_POLICY_H

#include <stdint.h>

#include "cli/choices.h"
#include "cli/cli.h"
#include "policy/explain.h"
#include "policy/policy.h"

/**
 * The actions of `postern policy`, one file each: argv[0] is the action's name; they return an enum
 * pst_exit.
 */
int cmd_policy_check(int argc, char **argv);
int cmd_policy_choices(int argc, char **argv);
int cmd_policy_choose(int argc, char **argv);
int cmd_policy_diff(int argc, char **argv);
int cmd_policy_explain(int argc, char **argv);
int cmd_policy_prove(int argc, char **argv);
int cmd_policy_table(int argc, char **argv);
int cmd_policy_test(int argc, char **argv);

/** What every action reads from its command line. */
struct policy_line {
	bool json;
	const char *choices;	  /* --choices FILE, where the action takes it; NULL: none */
	const char *operator_key; /* --operator FILE: the public key that must have signed it */
	char **files;		  /* what stands beside the options */
	int file_count;
};

/** Options of an action beside --help and --json: their `val` begins here. */
#define POLICY_OPTION 256
#define POLICY_OPTIONS_MAX 24

/** An action's own options. */
struct policy_options {
	const char *name;	      /* "policy check" */
	const char *help;	      /* printed by --help */
	int files_max;		      /* at least one file is needed */
	bool takes_choices;	      /* --choices and --operator */
	const struct option *options; /* ends with {0}; NULL: none */
	/* Takes one of them, its value in optarg. @return PST_EXIT_OK, or what to exit with */
	int (*take)(void *context, int option);
	void *context;
};

/** @return -1 to go on, else what to exit with */
int policy_read_line(const struct policy_options *options, int argc, char **argv,
	struct policy_line *ret_line) PST_MUST_CHECK;

/** What --choices and --operator do, for an action's help. */
#define POLICY_CHOICES_HELP                                                                        \
	"  --choices FILE       an operator's signed choices, made by 'postern policy choose'\n"   \
	"  --operator FILE      the public key that must have signed them\n"

/** Reads a policy file with the choices given. @return as pst_cli_policy_load() */
int policy_load(const struct policy_line *line, const char *file, enum pst_cli_policy_use use,
	struct pst_policy **ret_policy, struct pst_error *error) PST_MUST_CHECK;

/** @return the calendar date here and now, days since 1970-01-01 */
int32_t policy_today(void);

/** Reads a day given to an option. @return PST_EXIT_OK, or PST_EXIT_USAGE with the cause told */
int policy_read_day(
	const char *command, const char *option, const char *text, int32_t *ret_day) PST_MUST_CHECK;

/** What explain says, as text on stdout and as JSON. */
void policy_print_explanation(const struct pst_policy *policy,
	const struct pst_policy_request *request, const struct pst_policy_explanation *explanation);
json_t *policy_json_explanation(const struct pst_policy *policy,
	const struct pst_policy_request *request, const struct pst_policy_explanation *explanation);

#endif
