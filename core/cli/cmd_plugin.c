/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin.h"

#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

#define NAME "plugin"

static const struct {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} actions[] = {
	{"new", "write a plugin's project, that builds and runs in a lane", cmd_plugin_new},
	{"check", "try what a plugin promises: the conformance kit", cmd_plugin_check},
	{"learn", "which system calls a plugin makes that the sandbox does not allow",
		cmd_plugin_learn},
};

#define ACTION_COUNT (sizeof(actions) / sizeof(actions[0]))

static void print_help(void)
{
	(void)puts("usage: postern plugin ACTION [OPTIONS]\n\n"
		   "For authors of plugins; 'postern plugins' lists those that are there.\n");
	for (size_t i = 0; i < ACTION_COUNT; i++) {
		(void)printf("  %-8s %s\n", actions[i].name, actions[i].summary);
	}
	(void)puts("\n'postern plugin ACTION --help' tells the options of each.");
}

int cmd_plugin(int argc, char **argv)
{
	const char *names[ACTION_COUNT + 1] = {0};
	int which;

	for (size_t i = 0; i < ACTION_COUNT; i++) {
		names[i] = actions[i].name;
	}
	if (argc < 2) {
		return pst_cli_usage(NAME, "what to do is missing, like 'new FOLDER'");
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help();
		return PST_EXIT_OK;
	}
	which = pst_text_index(names, argv[1]);
	if (which < 0) {
		const char *nearest = pst_text_nearest(names, argv[1]);

		return pst_cli_usage(NAME, "unknown action '%s'%s%s%s", argv[1],
			nearest ? ", did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
	}
	return actions[which].run(argc - 1, argv + 1);
}
