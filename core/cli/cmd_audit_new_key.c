/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/audit.h"
#include "cli/cli.h"
#include "vault/vault.h"

#define NAME "audit new-key"

static const char help[] =
	"usage: postern audit new-key [--state DIR] [--key FILE] [--yes] [--json]\n"
	"\n"
	"Begins a new MAC key where audit.mac is lost, damaged or an old copy: the log then does\n"
	"not open, because nothing vouches for its newest entries. Recomputes all of the log, "
	"adds\n"
	"an entry that says so, and leaves a new verification key for 'audit take-key'.\n"
	"\n"
	"  --state DIR        state directory\n" PST_CLI_KEY_HELP
	"  --yes              does not ask\n"
	"  --json             JSON\n"
	"\n"
	"Exit status: 0 done; 2 usage, or no log there; 4 the log does not verify; 5 wrong key.\n";

struct command {
	struct audit_line line;
	struct pst_vault *vault;
	struct pst_sign_key *lane_key;
	const struct pst_sign_key *signer;
};

static int open_signer(struct command *command, struct pst_error *error)
{
	struct pst_key_source source;
	char path[PATH_MAX];
	const char *reason = "";
	int status;

	if (pst_cli_key_is_given(&command->line.key)) {
		status = pst_cli_key_source(&command->line.key, /* twice= */ false, &source, error);
		if (status == 0) {
			status = pst_vault_open_timed(&command->vault, command->line.state, &source,
				&pst_vault_times_here, pst_clock_wall_s(), error);
		}
		command->signer = status == 0 ? pst_vault_signer(command->vault) : NULL;
		return status;
	}
	if (pst_text_path(path, sizeof(path), command->line.state, PST_CLI_LANE_KEY) < 0) {
		return pst_error_set(
			error, -ENAMETOOLONG, "%s: name too long", command->line.state);
	}
	status = pst_keyring_open_signer(&command->lane_key, path, &reason);
	command->signer = command->lane_key;
	return status < 0 ? pst_error_set(error, status, "%s: %s; give the vault's key with --key",
				    path, reason)
			  : 0;
}

/* @return -1 to go on, else what to exit with */
static int confirm(const struct audit_line *line)
{
	char answer[16] = "";

	if (line->yes) {
		return -1;
	}
	if (!isatty(STDIN_FILENO)) {
		return pst_cli_usage(NAME, "nobody can be asked here; give --yes");
	}
	(void)fprintf(
		stderr, "Find out first why audit.mac is lost. Begin a new MAC key? Type yes: ");
	(void)fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n") != 0) {
		(void)fprintf(stderr, "nothing changed\n");
		return PST_EXIT_NO;
	}
	return -1;
}

static int renew(struct command *command, struct pst_error *error)
{
	struct pst_audit *audit = NULL;
	int status = open_signer(command, error);

	if (status == 0) {
		status = pst_audit_renew(&audit, command->line.state, command->signer, error);
	}
	if (status < 0) {
		return pst_cli_fail(NAME, error);
	}
	uint64_t sequence = pst_audit_sequence(audit);
	status = pst_audit_close(&audit);
	if (status < 0) {
		(void)pst_error_set(error, status, "%s: the log could not be closed: %s",
			command->line.state, pst_status_text(status));
		return pst_cli_fail(NAME, error);
	}
	if (command->line.json) {
		pst_cli_print_json(json_pack("{s:I}", "sequence", (json_int_t)sequence));
	} else {
		(void)printf("a new MAC key counts, signed by entry %" PRIu64
			     "; move the new verification key away with 'postern audit take-key "
			     "FILE'\n",
			sequence);
	}
	return PST_EXIT_OK;
}

int cmd_audit_new_key(int argc, char **argv)
{
	static const struct audit_options options = {
		.name = NAME, .help = help, .takes = AUDIT_VAULT_KEY | AUDIT_YES};
	struct command command = {0};
	struct pst_error error = {0};
	int exit = audit_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = confirm(&command.line);
	}
	if (exit < 0) {
		exit = renew(&command, &error);
	}
	pst_sign_key_close(&command.lane_key);
	pst_vault_close(&command.vault);
	audit_finish(&command.line);
	return exit;
}
