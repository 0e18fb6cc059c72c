/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/text.h"
#include "cli/cli.h"

static const struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"run", "run a lane: camera or recording, gate, plugins, match", cmd_run},
#ifdef PST_HAVE_REPLAY
	{"record", "record through the gate, sealed", cmd_record},
	{"synth", "draw a recording of invented faces", cmd_synth},
#endif
#ifdef PST_HAVE_V4L2
	{"devices", "list cameras", cmd_devices},
	{"doctor", "what is wrong with a camera, and what to do", cmd_doctor},
#endif
	{"probe", "how a camera or a recording does: rate, jitter, losses, age, light", cmd_probe},
	{"ctl", "drive a running lane: open, notice, decline, review, status", cmd_ctl},
	{"console", "pages for travelers, officers and integrators, in a browser", cmd_console},
	{"plugins", "list plugins, their models and calibrations", cmd_plugins},
	{"plugin", "for plugin authors: new, check, learn", cmd_plugin},
	{"eval", "error rates of plugins: tables, curves, a report", cmd_eval},
	{"calibrate", "the scores at which false match rates are kept", cmd_calibrate},
	{"bench", "how fast a lane is on this machine, stage by stage", cmd_bench},
	{"gallery", "add, list and remove reference templates", cmd_gallery},
	{"policy", "check, prove, explain, compare and print policy files", cmd_policy},
	{"vault", "keys and records: init, status, list, purge", cmd_vault},
	{"audit", "verify and show the audit log", cmd_audit},
	{"report", "what lanes did, in numbers, without identities", cmd_report},
	{"receipt", "verify and show a traveler's receipt", cmd_receipt},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *to)
{
	(void)fprintf(to, "postern: a capture pipeline in which no pixel is processed before the "
			  "gate has said yes\n\n"
			  "usage: postern COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		(void)fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
	}
	(void)fprintf(to,
		"\n'postern COMMAND --help' tells more; 'postern --version' the version.\n"
		"Exit status: 0 ok; 1 a clean no; 2 usage or configuration; 3 source or "
		"device;\n4 refused for safety; 5 vault.\n");
}

static int unknown_command(const char *name)
{
	const char *names[COMMANDS + 1] = {NULL};

	for (size_t i = 0; i < COMMANDS; i++) {
		names[i] = commands[i].name;
	}
	const char *nearest = pst_text_nearest(names, name);
	(void)fprintf(stderr, "postern: unknown command '%s'%s%s%s; try 'postern --help'\n", name,
		nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	return PST_EXIT_USAGE;
}

/*
 * What is here of frames, templates and keys goes into no core dump, and only root looks at it.
 * Leak checkers look at it, too.
 */
static void keep_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int main(int argc, char **argv)
{
	keep_memory();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error, not the end */
	if (argc < 2) {
		print_help(stderr);
		return PST_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return PST_EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)puts("postern " PST_VERSION);
		return PST_EXIT_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0) {
			return pst_cli_finish_output(argv[1], commands[i].run(argc - 1, argv + 1));
		}
	}
	return unknown_command(argv[1]);
}
