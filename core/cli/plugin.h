/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_PLUGIN_H
#define PST_CLI_PLUGIN_H

/* The actions of `postern plugin`. */
int cmd_plugin_learn(int argc, char **argv);

#endif
