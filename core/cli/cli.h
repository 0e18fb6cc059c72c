/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_CLI_H
#define PST_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"

/** Exit statuses of every command. */
enum pst_exit {
	PST_EXIT_OK = 0,
	PST_EXIT_NO = 1,     /* a clean no: an expectation not met, a verification that failed */
	PST_EXIT_USAGE = 2,  /* usage or configuration */
	PST_EXIT_SOURCE = 3, /* source or device */
	PST_EXIT_UNSAFE = 4, /* refused for safety */
	PST_EXIT_VAULT = 5,  /* vault locked, wrong key, damaged */
};

/**
 * A command: argv[0] is its own name; returns an enum pst_exit.
 *
 * It takes --help (prints its help on stdout, returns 0) and, where it answers a query, --json.
 */
int cmd_audit(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_devices(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_gallery(int argc, char **argv);
int cmd_plugin(int argc, char **argv);
int cmd_plugins(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_receipt(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_synth(int argc, char **argv);
int cmd_vault(int argc, char **argv);

/**
 * Prints "postern COMMAND: error text" on stderr.
 *
 * @return the exit status that fits error->status
 */
int pst_cli_fail(const char *command, const struct pst_error *error);

/** Prints "postern COMMAND: text; try 'postern COMMAND --help'". @return PST_EXIT_USAGE */
int pst_cli_usage(const char *command, const char *format, ...) PST_PRINTF(2, 3);

/** One of the things that a command does: `postern COMMAND NAME ...`. */
struct pst_cli_action {
	const char *name;
	const char *summary; /* one line of the command's help */
	int (*run)(int argc, char **argv);
};

/** A command that is nothing but its actions. */
struct pst_cli_actions {
	const char *command;
	const char *help;    /* what stands above the actions' lines */
	const char *example; /* "check FILE" */
	const struct pst_cli_action *action;
	size_t count; /* 1..PST_CLI_ACTIONS_MAX */
};
#define PST_CLI_ACTIONS_MAX 32

/** Runs the action that argv[1] names, or prints the help. @return an enum pst_exit */
int pst_cli_act(const struct pst_cli_actions *actions, int argc, char **argv);

/**
 * Says what getopt_long did not like. Set opterr = 0 and begin the short options with ':'.
 *
 * @param result  '?' or ':' as returned by getopt_long
 * @return PST_EXIT_USAGE
 */
int pst_cli_bad_option(const char *command, int result, char **argv);

/**
 * The state directory: the --state option if given, else $XDG_STATE_HOME/postern, else
 * ~/.local/state/postern. Not created here.
 *
 * @return 0 or PST_E_CONFIG with the error filled
 */
int pst_cli_state_dir(
	const char *option, char *ret_path, size_t size, struct pst_error *error) PST_MUST_CHECK;

/**
 * Flushes stdout and says so where what was printed could not be written.
 *
 * @return exit, or PST_EXIT_SOURCE instead of PST_EXIT_OK where something is missing
 */
int pst_cli_finish_output(const char *command, int exit);

/** Prints the value on stdout, indented by two, keys as inserted, and drops the reference. */
void pst_cli_print_json(json_t *value);

#endif
