/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int exit_of(int status)
{
	switch (status) {
	case PST_E_DEVICE:
	case PST_E_END:
	case PST_E_CORRUPT:
	case PST_E_TIMEOUT:
	case -ENOSPC:
	case -EDQUOT:
	case -EIO:
		return PST_EXIT_SOURCE;
	case PST_E_UNSAFE:
		return PST_EXIT_UNSAFE;
	case PST_E_VAULT:
	case PST_E_EXPIRED:
		return PST_EXIT_VAULT;
	case PST_E_NOT_FOUND:
	case PST_E_NO_FACE:
	case PST_E_POOR_QUALITY:
	case -ECANCELED:
		return PST_EXIT_NO;
	default:
		return PST_EXIT_USAGE;
	}
}

int pst_cli_fail(const char *command, const struct pst_error *error)
{
	const char *text = error->text[0] ? error->text : pst_status_text(error->status);

	(void)fflush(stdout);
	(void)fprintf(stderr, "postern %s: %s\n", command, text);
	return exit_of(error->status);
}

int pst_cli_usage(const char *command, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "postern %s: ", command);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fprintf(stderr, "; try 'postern %s --help'\n", command);
	return PST_EXIT_USAGE;
}

static int print_actions(const struct pst_cli_actions *actions)
{
	(void)puts(actions->help);
	for (size_t i = 0; i < actions->count; i++) {
		(void)printf("  %-8s %s\n", actions->action[i].name, actions->action[i].summary);
	}
	(void)printf("\n'postern %s ACTION --help' tells the options of each.\n", actions->command);
	return PST_EXIT_OK;
}

int pst_cli_act(const struct pst_cli_actions *actions, int argc, char **argv)
{
	const char *names[PST_CLI_ACTIONS_MAX + 1] = {0};
	int which;

	assert(actions->count <= PST_CLI_ACTIONS_MAX);
	for (size_t i = 0; i < actions->count; i++) {
		names[i] = actions->action[i].name;
	}
	if (argc < 2) {
		return pst_cli_usage(
			actions->command, "what to do is missing, like '%s'", actions->example);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		return print_actions(actions);
	}
	which = pst_text_index(names, argv[1]);
	if (which < 0) {
		const char *nearest = pst_text_nearest(names, argv[1]);

		return pst_cli_usage(actions->command, "unknown action '%s'%s%s%s", argv[1],
			nearest ? ", did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
	}
	return actions->action[which].run(argc - 1, argv + 1);
}

int pst_cli_bad_option(const char *command, int result, char **argv)
{
	const char *word = argv[optind - 1];
	bool is_long = strncmp(word, "--", 2) == 0;

	if (result == ':') {
		return pst_cli_usage(command, "%s needs a value", word);
	}
	if (is_long && optopt != 0 && strchr(word, '=')) {
		return pst_cli_usage(command, "'%s': the option takes no value", word);
	}
	/* Within a cluster such as -ab the word is still the one before it. */
	if (optopt > 0 && optopt < 256) {
		return pst_cli_usage(command, "unknown option '-%c'", optopt);
	}
	return pst_cli_usage(command, "unknown option '%s'", word);
}

int pst_cli_state_dir(const char *option, char *ret_path, size_t size, struct pst_error *error)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int status;

	if (option) {
		status = pst_text_copy(ret_path, size, option);
	} else if (xdg && xdg[0] == '/') {
		status = pst_text_path(ret_path, size, xdg, "postern");
	} else if (home && home[0] == '/') {
		status = pst_text_path(ret_path, size, home, ".local/state/postern");
	} else {
		return pst_error_set(error, PST_E_CONFIG,
			"no state directory: neither --state, XDG_STATE_HOME nor HOME is set");
	}
	if (status < 0) {
		return pst_error_set(error, PST_E_CONFIG, "state directory: name too long");
	}
	return 0;
}

int pst_cli_finish_output(const char *command, int exit)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return exit;
	}
	if (errno == EPIPE) {
		return exit; /* the reader has enough */
	}
	(void)fprintf(stderr, "postern %s: standard output: %s\n", command,
		errno ? strerror(errno) : "could not be written");
	return exit == PST_EXIT_OK ? PST_EXIT_SOURCE : exit;
}

void pst_cli_print_json(json_t *value)
{
	(void)json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
	(void)putchar('\n');
	json_decref(value);
}
