/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/vault.h"
#include "vault/backup.h"

#define NAME "vault backup"

static const char help[] =
	"usage: postern vault backup OUT [--state DIR] --key FILE [--json]\n"
	"\n"
	"Makes a folder OUT with the sealed database, its wrapped keys, the public key of the\n"
	"audit log and a signed manifest. No state file is in it, so that what expires does not\n"
	"open from it any more; no key file either: keep that elsewhere.\n"
	"\n" VAULT_HELP "\n"
	"Exit status: 0 made; 2 usage, or OUT is there; 4 OUT lies in the state directory, or not\n"
	"logged; 5 vault.\n";

static int backup(struct vault_line *line, struct pst_error *error)
{
	struct pst_vault_backup_info info = {0};
	char hash[2 * PST_KEYRING_TAG_SIZE + 1];
	const char *to = line->words[0];
	int status = vault_open(line, error);

	if (status == 0) {
		status = pst_vault_backup(
			line->vault, line->state, to, pst_clock_wall_s(), &info, error);
	}
	if (status < 0) {
		return vault_fail(NAME, error);
	}
	pst_bytes_to_hex(info.set.hash, sizeof(info.set.hash), hash);
	if (vault_audit(line, "vault.backup",
		    json_pack("{s:I, s:I, s:s}", "records", (json_int_t)info.set.records, "counter",
			    (json_int_t)info.set.counter, "set", hash),
		    "the backup is made", error) < 0) {
		return vault_fail(NAME, error);
	}
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:I, s:I, s:s}", "backup", to, "records",
			(json_int_t)info.set.records, "counter", (json_int_t)info.set.counter,
			"set", hash));
	} else {
		(void)printf("%" PRIu64 " records backed up to %s\n", info.set.records, to);
	}
	return PST_EXIT_OK;
}

int cmd_vault_backup(int argc, char **argv)
{
	static const struct vault_options options = {.name = NAME, .help = help, .words_max = 1};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = line.word_count == 1
			       ? backup(&line, &error)
			       : pst_cli_usage(NAME, "the name of the backup's folder is needed");
	}
	vault_finish(&line);
	return exit;
}
