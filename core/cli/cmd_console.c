/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "host/catalog.h"

#define COMMAND "console"

/*
 * The console is a program of its own. It is told the usual state directory before the options that
 * were given, so that one of these comes after it and counts.
 */
int cmd_console(int argc, char **argv)
{
	char program[PATH_MAX], state[PATH_MAX];
	struct pst_error error = {0};
	struct pst_error homeless = {0};
	char name[] = "postern-console", option[] = "--state";

	if (pst_catalog_console_path(program, &error) < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	char **words = calloc((size_t)argc + 3, sizeof(*words));
	if (!words) {
		(void)pst_error_set(&error, -ENOMEM, "out of memory");
		return pst_cli_fail(COMMAND, &error);
	}
	size_t count = 0;
	words[count++] = name;
	if (pst_cli_state_dir(NULL, state, sizeof(state), &homeless) == 0) {
		words[count++] = option;
		words[count++] = state;
	}
	memcpy(words + count, argv + 1, (size_t)(argc - 1) * sizeof(*words));
	(void)execv(program, words);
	(void)pst_error_set(&error, -errno, "%s: %s", program, strerror(errno));
	free(words);
	return pst_cli_fail(COMMAND, &error);
}
