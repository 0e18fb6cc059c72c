/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/vault.h"
#include "vault/verify.h"

#define NAME "vault verify"

static const char help[] =
	"usage: postern vault verify [--state DIR] --key FILE [--json]\n"
	"\n"
	"Looks at everything the vault holds: that every record opens or is expired, that rows,\n"
	"names, holds and tombstones are the vault's own, that none is missing or too many, that\n"
	"the database is not older than the audit log says. Changes nothing but what every "
	"opening\n"
	"does: it purges.\n"
	"\n" VAULT_HELP "\n"
	"Exit status: 0 nothing found; 1 something found; 2 usage; 5 the vault does not open.\n";

struct command {
	struct vault_line line;
	struct pst_cli_progress progress;
	json_t *found;
};

static void take_found(void *user, enum pst_vault_flaw flaw, const char *text)
{
	struct command *command = user;

	pst_cli_progress_end(&command->progress);
	if (command->line.json) {
		(void)json_array_append_new(command->found,
			json_pack("{s:s, s:s}", "kind", pst_vault_flaw_name(flaw), "text", text));
	} else {
		(void)printf("%s: %s\n", pst_vault_flaw_name(flaw), text);
	}
}

static void take_progress(void *user, uint64_t done, uint64_t total)
{
	struct command *command = user;

	pst_cli_progress_tell(&command->progress, "records", done, total);
}

static void print_json(
	const struct command *command, const struct pst_vault_verification *v, const char *log)
{
	pst_cli_print_json(json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:O}", "ok",
		json_array_size(command->found) == 0, "records", (json_int_t)v->records, "expired",
		(json_int_t)v->expired, "held", (json_int_t)v->held, "tombstones",
		(json_int_t)v->tombstones, "names", (json_int_t)v->names, "compared_with_log",
		v->compared, "log", log, "found", command->found));
}

static void print_text(const struct pst_vault_verification *v, uint64_t found)
{
	if (found > 0) {
		(void)printf("%" PRIu64 " found; %" PRIu64 " records are as they should\n", found,
			v->records);
		return;
	}
	(void)printf("ok: %" PRIu64 " records (%" PRIu64 " expired, %" PRIu64 " held), %" PRIu64
		     " tombstones, %" PRIu64 " names; %s\n",
		v->records, v->expired, v->held, v->tombstones, v->names,
		v->compared ? "as the audit log says" : "no audit log to compare with");
}

static int verify(struct command *command, struct pst_error *error)
{
	const struct pst_vault_listener listener = {
		.found = take_found, .progress = take_progress, .user = command};
	struct pst_vault_verification result = {0};
	struct pst_audit_report report = {0};
	struct pst_vault_told told = {0};
	uint64_t in_log = 0;
	int status = vault_open(&command->line, error);

	if (status == 0) {
		status = vault_read_log(&command->line, &told, &report, error);
		if (status == PST_E_UNSAFE) {
			take_found(command, PST_VAULT_FLAW_LOG, error->text);
			in_log = 1;
			status = 0;
		}
	}
	if (status == 0) {
		status = pst_vault_verify(
			command->line.vault, &told, pst_clock_wall_s(), &listener, &result, error);
		pst_cli_progress_end(&command->progress);
	}
	pst_vault_told_finish(&told);
	if (status < 0) {
		return vault_fail(NAME, error);
	}
	const char *log = report.finding == PST_AUDIT_FINDING_UNSET ? "none"
			  : in_log				    ? "bad"
								    : "ok";
	if (command->line.json) {
		print_json(command, &result, log);
	} else {
		print_text(&result, result.found + in_log);
	}
	return result.found + in_log > 0 ? PST_EXIT_NO : PST_EXIT_OK;
}

int cmd_vault_verify(int argc, char **argv)
{
	static const struct vault_options options = {.name = NAME, .help = help};
	struct command command = {.progress = pst_cli_progress_begin(), .found = json_array()};
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = verify(&command, &error);
	}
	json_decref(command.found);
	vault_finish(&command.line);
	return exit;
}
