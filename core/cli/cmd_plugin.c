/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plugin.h"

#include "cli/cli.h"

int cmd_plugin(int argc, char **argv)
{
	static const struct pst_cli_action action[] = {
		{"new", "write a plugin's project, that builds and runs in a lane", cmd_plugin_new},
		{"check", "try what a plugin promises: the conformance kit", cmd_plugin_check},
		{"learn", "which system calls a plugin makes that the sandbox does not allow",
			cmd_plugin_learn},
	};
	static const struct pst_cli_actions actions = {
		.command = "plugin",
		.help = "usage: postern plugin ACTION [OPTIONS]\n\n"
			"For authors of plugins; 'postern plugins' lists those that are there.\n",
		.example = "new FOLDER",
		.action = action,
		.count = sizeof(action) / sizeof(action[0]),
	};

	return pst_cli_act(&actions, argc, argv);
}
