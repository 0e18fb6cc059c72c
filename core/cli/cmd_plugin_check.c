/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "cli/plugin.h"
#include "cli/plugin_check_print.h"

#define NAME "plugin check"
#define FILE_MODE 0666 /* less the umask: a report like any other */

static const char help[] =
	"Usage: postern plugin check PATH [OPTIONS]\n"
	"       postern plugin check --list [--json -]\n"
	"\n"
	"Tries what a plugin promises, check by check: its manifest, its library, the life of an\n"
	"instance, pictures of every shape, what it answers, and what it asks of the system. PATH "
	"is\n"
	"a plugin's folder, or a library or manifest in it. The plugin runs in a locked-down "
	"process\n"
	"of its own; if it dies, the next check goes on in a new one. No camera is needed.\n"
	"\n"
	"  --only ID[,ID...]  these checks alone, or all of an area: detect.cap, match\n"
	"  --json FILE        write what was found as JSON; '-' is standard output\n"
	"  --junit FILE       write it as JUnit XML; '-' is standard output\n"
	"  --verbose          tell of what passed and was skipped, too\n"
	"  --list             print all checks there are, and what each proves\n"
	"  --help             print this help\n"
	"\n"
	"Environment:\n"
	"  POSTERN_MODELS  folders to look for model files in, separated by colons\n"
	"\n"
	"Exit status: 0 nothing failed; 1 a check failed; 2 usage, or PATH is no plugin; 4 this\n"
	"kernel cannot lock the process down.\n";

struct options {
	const char *path;
	const char *json;
	const char *junit;
	const char *only;
	bool list;
	bool verbose;
};

/* @return -1 to go on, else what to exit with */
static int read_options(int argc, char **argv, struct options *ret_options)
{
	static const struct option options[] = {
		{"only", required_argument, NULL, 'o'},
		{"json", required_argument, NULL, 'j'},
		{"junit", required_argument, NULL, 'x'},
		{"verbose", no_argument, NULL, 'v'},
		{"list", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		case 'o':
			ret_options->only = optarg;
			break;
		case 'j':
			ret_options->json = optarg;
			break;
		case 'x':
			ret_options->junit = optarg;
			break;
		case 'v':
			ret_options->verbose = true;
			break;
		case 'l':
			ret_options->list = true;
			break;
		default:
			return pst_cli_bad_option(NAME, option, argv);
		}
	}
	if (!ret_options->list && argc - optind != 1) {
		return optind == argc
			       ? pst_cli_usage(NAME, "the plugin's folder is missing")
			       : pst_cli_usage(NAME, "'%s' is one word too many", argv[optind + 1]);
	}
	ret_options->path = argv[optind];
	return -1;
}

static bool is_named(const char *id, const char *name, size_t length)
{
	return strncmp(id, name, length) == 0 && (id[length] == 0 || id[length] == '.');
}

/* Marks the checks of a list of ids and areas. @return PST_EXIT_OK or what to exit with */
static int choose(const char *only, bool wanted[PST_CHECKS])
{
	while (*only) {
		size_t length = strcspn(only, ",");
		bool found = false;

		for (int i = 0; i < PST_CHECKS; i++) {
			if (is_named(pst_check_info((enum pst_check)i)->id, only, length)) {
				wanted[i] = found = true;
			}
		}
		if (!found) {
			char name[64];
			const char *nearest;

			(void)snprintf(name, sizeof(name), "%.*s", (int)length, only);
			nearest = pst_check_nearest(name);
			return pst_cli_usage(NAME,
				"there is no check '%s'%s%s%s; --list names them", name,
				nearest ? ", did you mean '" : "", nearest ? nearest : "",
				nearest ? "'?" : "");
		}
		only += length + (only[length] == ',');
	}
	return PST_EXIT_OK;
}

static int write_text(const char *file, const char *text, struct pst_error *error)
{
	if (!text) {
		return pst_error_set(error, -ENOMEM, "no memory for the report");
	}
	if (strcmp(file, "-") == 0) {
		(void)fputs(text, stdout);
		return 0;
	}
	return pst_fd_replace_file(file, text, strlen(text), FILE_MODE, error);
}

static int write_json(const char *file, json_t *value, struct pst_error *error)
{
	char *text;
	int status;

	if (strcmp(file, "-") == 0) {
		pst_cli_print_json(value);
		return 0;
	}
	text = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	status = write_text(file, text, error);
	free(text);
	json_decref(value);
	return status;
}

/* Where a report goes to standard output, the text does not. */
static bool is_text_wanted(const struct options *options)
{
	return !(options->json && strcmp(options->json, "-") == 0) &&
	       !(options->junit && strcmp(options->junit, "-") == 0);
}

static int report(const struct options *options, const struct pst_conformance *conformance,
	struct pst_error *error)
{
	int status = 0;

	if (is_text_wanted(options)) {
		plugin_check_print(conformance, options->verbose);
	}
	if (options->json) {
		status = write_json(options->json, plugin_check_json(conformance), error);
	}
	if (status == 0 && options->junit) {
		char *text = plugin_check_junit(conformance);

		status = write_text(options->junit, text, error);
		free(text);
	}
	return status;
}

static int list(const struct options *options)
{
	struct pst_error error = {0};

	if (!options->json) {
		plugin_check_print_list();
		return PST_EXIT_OK;
	}
	return write_json(options->json, plugin_check_json_list(), &error) < 0
		       ? pst_cli_fail(NAME, &error)
		       : PST_EXIT_OK;
}

int cmd_plugin_check(int argc, char **argv)
{
	static struct pst_conformance conformance;
	static bool wanted[PST_CHECKS];
	struct options options = {0};
	struct pst_error error = {0};
	int exit = read_options(argc, argv, &options);
	int status;

	if (exit >= 0) {
		return exit;
	}
	if (options.list) {
		return list(&options);
	}
	exit = options.only ? choose(options.only, wanted) : PST_EXIT_OK;
	if (exit != PST_EXIT_OK) {
		return exit;
	}
	status = pst_conformance_find(options.path, &conformance, &error);
	if (status == 0) {
		status = pst_conformance_run(&conformance, options.only ? wanted : NULL, &error);
	}
	if (status == 0) {
		status = report(&options, &conformance, &error);
	}
	exit = status < 0						? pst_cli_fail(NAME, &error)
	       : pst_conformance_count(&conformance, PST_MARK_FAIL) > 0 ? PST_EXIT_NO
									: PST_EXIT_OK;
	pst_conformance_finish(&conformance);
	return exit;
}
