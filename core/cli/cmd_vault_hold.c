/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"
#include "vault/hold.h"

#define NAME "vault hold"
#define RECORDS_PER_ENTRY 512

static const char help[] =
	"usage: postern vault hold add WHOSE --until DATE --reason ID\n"
	"                              [--state DIR] --key FILE [OPTIONS]\n"
	"       postern vault hold list [--state DIR] --key FILE [OPTIONS]\n"
	"       postern vault hold release WHOSE [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"A record under legal hold is neither purged nor forgotten nor replaced until the hold\n"
	"ends. Released, it is what its class says: past its expiry it is deleted at once.\n"
	"\n"
	"  --subject S        WHOSE: all records of a subject\n"
	"  --record ID        or one record\n"
	"  --receipt FILE     or what the encounter of a receipt left; also the receipt's id\n"
	"  --until DATE       2027-03-01: to the beginning of that day (UTC)\n"
	"  --reason ID        a case number or another id. It stands in the audit log, so let it\n"
	"                     name nobody\n" VAULT_HELP VAULT_CHANGES_HELP "\n"
	"Exit status: 0 done; 1 nothing there, or not confirmed; 2 usage; 4 done, but not logged;\n"
	"5 vault.\n";

enum {
	OPTION_UNTIL = VAULT_OPTION,
	OPTION_REASON,
};

struct command {
	struct vault_line line;
	struct vault_whom whom;
	const char *until;
	const char *reason;
	int64_t until_s;
	struct pst_vault_graves graves;
	struct pst_table table;
	json_t *items;
};

static int log_records(const struct command *command, const char *kind, struct pst_error *error)
{
	const struct pst_vault_graves *graves = &command->graves;
	int status = 0;

	for (size_t first = 0; first < graves->count && status == 0; first += RECORDS_PER_ENTRY) {
		json_t *entry = json_object();
		json_t *list = json_array();

		for (size_t i = first; i < graves->count && i < first + RECORDS_PER_ENTRY; i++) {
			char hash[2 * PST_VAULT_ID_SIZE + 1];

			pst_bytes_to_hex(graves->grave[i].tombstone.hash, PST_VAULT_ID_SIZE, hash);
			(void)json_array_append_new(list, json_string(hash));
		}
		if (command->reason) {
			(void)json_object_set_new(entry, "until", json_integer(command->until_s));
			(void)json_object_set_new(entry, "reason", json_string(command->reason));
		}
		(void)json_object_set_new(entry, "records", list);
		status = vault_log(&command->line, kind, entry, "it is done", error);
	}
	return status;
}

static int print(
	const struct command *command, const char *done, const char *would, int count, int deleted)
{
	if (command->line.json) {
		pst_cli_print_json(
			json_pack("{s:i, s:i, s:i, s:b}", "found", (int)command->graves.count, done,
				count, "deleted", deleted, "dry_run", command->line.dry_run));
	} else if (command->line.dry_run) {
		(void)printf("%zu records would be %s\n", command->graves.count, would);
	} else if (deleted > 0) {
		(void)printf("%d records %s, %d of them were past their expiry and are deleted\n",
			count, done, deleted);
	} else {
		(void)printf("%d records %s\n", count, done);
	}
	return command->graves.count > 0 ? PST_EXIT_OK : PST_EXIT_NO;
}

static int add(struct command *command, struct pst_error *error)
{
	struct vault_line *line = &command->line;

	if (line->dry_run || command->graves.count == 0) {
		return print(command, "held", "held", 0, 0);
	}
	int held = pst_vault_hold_add(line->vault, &command->graves, command->until_s,
		command->reason, pst_clock_wall_s(), error);
	if (held < 0 || log_records(command, "vault.held", error) < 0) {
		return vault_fail(NAME, error);
	}
	return print(command, "held", "held", held, 0);
}

/* Only what is held can be released. */
static void drop_others(struct pst_vault_graves *graves)
{
	size_t kept = 0;

	for (size_t i = 0; i < graves->count; i++) {
		if (graves->grave[i].held) {
			graves->grave[kept++] = graves->grave[i];
		}
	}
	graves->count = kept;
}

static int release(struct command *command, struct pst_error *error)
{
	struct vault_line *line = &command->line;
	int deleted = 0;

	drop_others(&command->graves);
	if (vault_whom_print(line, &command->graves) < 0) {
		return pst_cli_fail(NAME, &(struct pst_error){.status = -ENOMEM});
	}
	if (line->dry_run || command->graves.count == 0) {
		return print(command, "released", "released", 0, 0);
	}
	int exit = vault_confirm(
		line, NAME, "Release these records? Those past their expiry are deleted at once.");
	if (exit >= 0) {
		return exit;
	}
	int released = pst_vault_hold_release(
		line->vault, &command->graves, pst_clock_wall_s(), &deleted, error);
	if (released < 0 || log_records(command, "vault.released", error) < 0) {
		return vault_fail(NAME, error);
	}
	return print(command, "released", "released", released, deleted);
}

static int list_item(void *user, const struct pst_vault_hold *hold)
{
	struct command *command = user;
	char record[2 * PST_VAULT_ID_SIZE + 1];
	char since[PST_CLOCK_TEXT_SIZE] = "?", until[PST_CLOCK_TEXT_SIZE] = "?";

	pst_bytes_to_hex(hold->record, sizeof(hold->record), record);
	if (!hold->damaged) {
		pst_clock_format_s(hold->since_s, since);
		pst_clock_format_s(hold->until_s, until);
	}
	const char *reason = hold->damaged ? "damaged" : hold->reason;
	if (command->line.json) {
		return json_array_append_new(command->items,
			json_pack("{s:s, s:s, s:s, s:s, s:b}", "record", record, "since", since,
				"until", until, "reason", reason, "damaged", hold->damaged));
	}
	pst_table_add(&command->table, (const char *const[]){record, since, until, reason});
	return 0;
}

static int list(struct command *command, struct pst_error *error)
{
	static const char *const heading[] = {"RECORD", "SINCE", "UNTIL", "REASON"};

	command->table.columns = sizeof(heading) / sizeof(heading[0]);
	pst_table_add(&command->table, heading);
	command->items = json_array();
	int count = pst_vault_holds(command->line.vault, list_item, command, error);
	if (count < 0) {
		json_decref(command->items);
		return vault_fail(NAME, error);
	}
	if (command->line.json) {
		pst_cli_print_json(command->items);
		return PST_EXIT_OK;
	}
	json_decref(command->items);
	if (count == 0) {
		(void)puts("no holds");
		return PST_EXIT_OK;
	}
	return pst_table_print(&command->table) < 0
		       ? pst_cli_fail(NAME, &(struct pst_error){.status = -ENOMEM})
		       : PST_EXIT_OK;
}

static int check_add(struct command *command)
{
	int32_t day;

	if (!command->until || !command->reason) {
		return pst_cli_usage(NAME, "add needs --until and --reason");
	}
	if (pst_clock_parse_day(command->until, &day) < 0) {
		return pst_cli_usage(
			NAME, "--until: '%s' is no date, such as 2027-03-01", command->until);
	}
	if (!pst_text_is_id(command->reason)) {
		return pst_cli_usage(NAME,
			"--reason: '%s' is no id; give a case number that names nobody: 1 to 64 "
			"of a-z A-Z 0-9 . _ -",
			command->reason);
	}
	command->until_s = (int64_t)day * PST_VAULT_HOLD_DAY_S;
	return -1;
}

static int find(struct command *command, struct pst_error *error)
{
	int status = vault_open(&command->line, error);

	const struct vault_whom *whom = &command->whom;

	if (status == 0 && (whom->subject || whom->record || whom->receipt)) {
		status = vault_whom_find(&command->whom, &command->line, &command->graves, error);
	}
	return status < 0 ? status : 0;
}

static int take_option(void *context, int option)
{
	struct command *command = context;

	switch (option) {
	case OPTION_UNTIL:
		command->until = optarg;
		return PST_EXIT_OK;
	case OPTION_REASON:
		command->reason = optarg;
		return PST_EXIT_OK;
	default:
		return vault_whom_take(&command->whom, option) ? PST_EXIT_OK : PST_EXIT_USAGE;
	}
}

static int run(struct command *command, const char *verb)
{
	static const char *const verbs[] = {"add", "list", "release", NULL};
	static int (*const calls[])(struct command * command, struct pst_error * error) = {
		add, list, release};
	struct pst_error error = {0};
	int which = pst_text_index(verbs, verb);
	int exit = -1;

	if (which < 0) {
		return pst_cli_usage(NAME, "unknown '%s': add, list or release", verb);
	}
	if (calls[which] != list) {
		exit = vault_whom_check(&command->whom, NAME);
	}
	if (exit < 0 && calls[which] == add) {
		exit = check_add(command);
	}
	if (exit < 0) {
		exit = find(command, &error);
		exit = exit == 0 ? calls[which](command, &error)
		       : exit == PST_E_NOT_FOUND && command->line.vault ? pst_cli_fail(NAME, &error)
									: vault_fail(NAME, &error);
	}
	return exit;
}

int cmd_vault_hold(int argc, char **argv)
{
	static const struct option own[] = {{"until", required_argument, NULL, OPTION_UNTIL},
		{"reason", required_argument, NULL, OPTION_REASON}, VAULT_WHOM_OPTIONS, {0}};
	struct command command = {0};
	const struct vault_options options = {.name = NAME,
		.help = help,
		.words_max = 1,
		.changes = true,
		.options = own,
		.take = take_option,
		.context = &command};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = command.line.word_count == 0
			       ? pst_cli_usage(NAME, "one of add, list and release is needed")
			       : run(&command, command.line.words[0]);
	}
	pst_vault_graves_finish(&command.graves);
	pst_table_finish(&command.table);
	vault_finish(&command.line);
	return exit;
}
