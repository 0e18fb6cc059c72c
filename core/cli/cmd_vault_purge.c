/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/vault.h"

#define NAME "vault purge"

static const char help[] =
	"usage: postern vault purge [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Deletes what has expired. So does every opening of the vault: what --dry-run names is "
	"what\n"
	"a disk too full to delete on has left.\n"
	"\n" VAULT_HELP "  --dry-run          says how many would be deleted\n"
	"\n"
	"Exit status: 0 done; 2 usage; 4 the purge could not be written to the audit log;\n"
	"5 no vault there, wrong key, in use, damaged.\n";

static int purge(struct vault_line *line, struct pst_error *error)
{
	struct pst_vault_status status = {0};
	char done[48];
	int purged = vault_open(line, error);

	if (purged == 0 && !line->dry_run) {
		purged = pst_vault_purge(line->vault, pst_clock_wall_s(), error);
	}
	if (purged < 0 || pst_vault_status(line->vault, pst_clock_wall_s(), &status, error) < 0) {
		return vault_fail(NAME, error);
	}
	uint64_t all = status.purged_at_open + (uint64_t)purged;
	(void)snprintf(done, sizeof(done), "%" PRIu64 " records purged", all);
	if (all > 0 && vault_audit(line, "vault.purged",
			       json_pack("{s:I}", "records", (json_int_t)all), done, error) < 0) {
		return vault_fail(NAME, error);
	}
	if (line->json) {
		pst_cli_print_json(json_pack("{s:I, s:I}", "purged", (json_int_t)all, "records",
			(json_int_t)status.records));
	} else if (line->dry_run) {
		(void)printf("%" PRIu64 " expired records would be purged, %" PRIu64 " were just "
			     "now\n",
			status.expired, all);
	} else {
		(void)printf("%" PRIu64 " expired records purged, %" PRIu64 " remain\n", all,
			status.records);
	}
	return PST_EXIT_OK;
}

int cmd_vault_purge(int argc, char **argv)
{
	static const struct vault_options options = {.name = NAME, .help = help, .changes = true};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = purge(&line, &error);
	}
	vault_finish(&line);
	return exit;
}
