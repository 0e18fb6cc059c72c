/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/audit.h"
#include "cli/cli.h"

#define NAME "audit take-key"

static const char help[] =
	"usage: postern audit take-key FILE [--state DIR] [--json]\n"
	"\n"
	"Moves the log's verification key to FILE (mode 0600) and erases it here. Take FILE to\n"
	"another machine, and verify there with --verification-key FILE: that shows what was\n"
	"written anew by who had every key of this machine. There is no second copy. What a disk\n"
	"keeps of overwritten blocks is the disk's affair: take the key before the log matters.\n"
	"\n"
	"  --state DIR  state directory\n"
	"  --json       JSON\n"
	"\n"
	"Exit status: 0 done; 1 it was taken before; 2 usage; 3 FILE cannot be written; 4 the key\n"
	"is open to others.\n";

static int take(const struct audit_line *line, struct pst_error *error)
{
	char path[PATH_MAX];
	const char *reason = "";

	if (pst_text_path(path, sizeof(path), line->state, PST_AUDIT_SEEDS) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", line->state);
	}
	int status = pst_mac_take(path, line->word, &reason);
	if (status == -ENOENT) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"%s: no verification key here; it was taken before, or no log was begun",
			path);
	}
	return status < 0 ? pst_error_set(error, status, "%s to %s: %s (%s)", path, line->word,
				    reason, pst_status_text(status))
			  : 0;
}

int cmd_audit_take_key(int argc, char **argv)
{
	static const struct audit_options options = {.name = NAME, .help = help, .word = "FILE"};
	struct audit_line line;
	struct pst_error error = {0};
	int exit = audit_read_line(&options, argc, argv, &line);

	if (exit >= 0) {
		return exit;
	}
	int status = take(&line, &error);
	if (status < 0) {
		exit = pst_cli_fail(NAME, &error);
		return status == PST_E_NOT_FOUND ? PST_EXIT_NO : exit;
	}
	if (line.json) {
		pst_cli_print_json(json_pack("{s:s}", "file", line.word));
	} else {
		(void)printf("the verification key is in %s and no longer here; move it to another "
			     "machine\n",
			line.word);
	}
	return PST_EXIT_OK;
}
