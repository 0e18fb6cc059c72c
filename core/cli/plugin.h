/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_PLUGIN_H
#define PST_CLI_PLUGIN_H

/** Actions of 'postern plugin': argv[0] is the action's name; each returns an enum pst_exit. */
int cmd_plugin_new(int argc, char **argv);
int cmd_plugin_check(int argc, char **argv);
int cmd_plugin_learn(int argc, char **argv);

#endif
