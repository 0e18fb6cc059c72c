/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/vault.h"

#define NAME "vault forget"
#define TOMBSTONES_PER_ENTRY 512

static const char help[] =
	"usage: postern vault forget --subject S | --record ID | --receipt FILE\n"
	"                            [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Deletes a person's records in every store and gallery before their time. A backup made\n"
	"earlier does not bring them back: a keyed hash of each record's id is kept, in the vault\n"
	"and in the audit log, until the record would have expired.\n"
	"\n"
	"  --subject S        all records of a subject\n"
	"  --record ID        one record\n"
	"  --receipt FILE     what the encounter of a receipt left; also the receipt's "
	"id\n" VAULT_HELP VAULT_CHANGES_HELP "\n"
	"Exit status: 0 deleted; 1 nothing there, or not confirmed; 2 usage; 4 under legal hold, "
	"or\n"
	"the audit log cannot be written, and then nothing is deleted; 5 vault.\n";

struct command {
	struct vault_line line;
	struct vault_whom whom;
	struct pst_vault_graves graves;
};

/* Before anything is deleted: a log that cannot be written stops it. */
static int log_tombstones(const struct command *command, struct pst_error *error)
{
	const struct pst_vault_graves *graves = &command->graves;
	int status = 0;

	for (size_t first = 0; first < graves->count && status == 0;
		first += TOMBSTONES_PER_ENTRY) {
		json_t *list = json_array();

		for (size_t i = first; i < graves->count && i < first + TOMBSTONES_PER_ENTRY; i++) {
			const struct pst_vault_tombstone *tombstone = &graves->grave[i].tombstone;
			char hash[2 * PST_VAULT_ID_SIZE + 1];

			pst_bytes_to_hex(tombstone->hash, sizeof(tombstone->hash), hash);
			(void)json_array_append_new(
				list, json_pack("[s, I]", hash, (json_int_t)tombstone->until_s));
		}
		status = vault_log(&command->line, "vault.forgotten",
			json_pack("{s:o}", "tombstones", list), "nothing deleted", error);
	}
	return status;
}

static int confirm(const struct command *command)
{
	char question[96];
	size_t count = command->graves.count;

	(void)snprintf(
		question, sizeof(question), "Delete %zu record%s?", count, count == 1 ? "" : "s");
	return vault_confirm(&command->line, NAME, question);
}

static int print(const struct command *command, int deleted)
{
	const struct vault_line *line = &command->line;

	if (line->json) {
		pst_cli_print_json(json_pack("{s:i, s:i, s:b}", "found", (int)command->graves.count,
			"deleted", deleted, "dry_run", line->dry_run));
	} else if (line->dry_run) {
		(void)printf("%zu records would be deleted\n", command->graves.count);
	} else {
		(void)printf("%d records deleted\n", deleted);
	}
	return PST_EXIT_OK;
}

static int forget(struct command *command, struct pst_error *error)
{
	struct vault_line *line = &command->line;
	int64_t now_s = pst_clock_wall_s();

	if (command->graves.held > 0 && !line->dry_run) {
		(void)pst_error_set(error, PST_E_UNSAFE,
			"%zu of %zu records are under legal hold; nothing deleted, see 'postern "
			"vault hold list'",
			command->graves.held, command->graves.count);
		return vault_fail(NAME, error);
	}
	if (vault_whom_print(line, &command->graves) < 0) {
		return pst_cli_fail(NAME, &(struct pst_error){.status = -ENOMEM});
	}
	if (line->dry_run) {
		return print(command, 0);
	}
	int exit = confirm(command);
	if (exit >= 0) {
		return exit;
	}
	if (log_tombstones(command, error) < 0) {
		return vault_fail(NAME, error);
	}
	int deleted = pst_vault_forget(line->vault, &command->graves, now_s, error);
	if (deleted < 0 || vault_log(line, "vault.deleted", json_pack("{s:i}", "records", deleted),
				   "the records are deleted", error) < 0) {
		return vault_fail(NAME, error);
	}
	return print(command, deleted);
}

static int find(struct command *command, struct pst_error *error)
{
	int found = vault_open(&command->line, error);

	if (found == 0) {
		found = vault_whom_find(&command->whom, &command->line, &command->graves, error);
	}
	if (found < 0) {
		return found == PST_E_NOT_FOUND && command->line.vault ? pst_cli_fail(NAME, error)
								       : vault_fail(NAME, error);
	}
	if (found == 0) {
		(void)print(command, 0);
		return PST_EXIT_NO;
	}
	return forget(command, error);
}

static int take_option(void *context, int option)
{
	struct command *command = context;

	return vault_whom_take(&command->whom, option) ? PST_EXIT_OK : PST_EXIT_USAGE;
}

int cmd_vault_forget(int argc, char **argv)
{
	static const struct option own[] = {VAULT_WHOM_OPTIONS, {0}};
	struct command command = {0};
	const struct vault_options options = {.name = NAME,
		.help = help,
		.changes = true,
		.options = own,
		.take = take_option,
		.context = &command};
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = vault_whom_check(&command.whom, NAME);
	}
	if (exit < 0) {
		exit = find(&command, &error);
	}
	pst_vault_graves_finish(&command.graves);
	vault_finish(&command.line);
	return exit;
}
