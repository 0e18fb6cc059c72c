/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"

#define NAME "vault list"
#define SHORT_ID 12 /* digits of a record's id that a table shows */

static const char help[] =
	"usage: postern vault list [--state DIR] --key FILE [--gallery NAME] [--json]\n"
	"\n"
	"The records, one line each.\n"
	"\n" VAULT_HELP "  --gallery NAME     only this gallery\n"
	"\n"
	"Exit status: 0 done; 1 no such gallery; 2 usage; 5 no vault there, wrong key, in use,\n"
	"damaged.\n";

struct command {
	struct vault_line line;
	const char *gallery;
	struct pst_table table;
	json_t *items;
	int64_t now_s;
	uint64_t damaged;
};

static const char *state_name(enum pst_vault_state state)
{
	static const char *const names[] = {"unset", "opens", "expired", "damaged"};

	return names[state];
}

static json_t *item_json(const struct pst_vault_item *item)
{
	char record[2 * PST_VAULT_ID_SIZE + 1], contract[2 * PST_VAULT_ID_SIZE + 1];
	char created[PST_CLOCK_TEXT_SIZE], expires[PST_CLOCK_TEXT_SIZE];

	pst_bytes_to_hex(item->record, PST_VAULT_ID_SIZE, record);
	if (item->state == PST_VAULT_STATE_DAMAGED) {
		return json_pack("{s:s, s:s}", "record", record, "state", state_name(item->state));
	}
	pst_bytes_to_hex(item->contract, PST_VAULT_ID_SIZE, contract);
	pst_clock_format_s(item->created_s, created);
	pst_clock_format_s(item->expires_s, expires);
	return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:s?, s:s, s:s, s:s, s:I, s:i}",
		"record", record, "state", state_name(item->state), "store", item->store, "gallery",
		item->gallery, "class", item->retention, "category", item->category, "purpose",
		item->purpose, "lane", item->lane, "contract", contract, "created", created,
		"expires", expires, "audit_sequence", (json_int_t)item->audit_sequence, "size",
		(int)item->size);
}

static int list_item(void *user, const struct pst_vault_item *item)
{
	struct command *command = user;
	char record[2 * PST_VAULT_ID_SIZE + 1];
	char created[PST_CLOCK_TEXT_SIZE] = "-", expires[PST_CLOCK_TEXT_SIZE] = "-";
	char left[PST_CLOCK_TEXT_SIZE] = "damaged";

	command->damaged += item->state == PST_VAULT_STATE_DAMAGED;
	if (command->line.json) {
		return json_array_append_new(command->items, item_json(item)) < 0 ? -ENOMEM : 0;
	}
	pst_bytes_to_hex(item->record, PST_VAULT_ID_SIZE, record);
	record[SHORT_ID] = 0;
	if (item->state != PST_VAULT_STATE_DAMAGED) {
		pst_clock_format_s(item->created_s, created);
		pst_clock_format_s(item->expires_s, expires);
		vault_until(command->now_s, item->expires_s, left);
	}
	const char *const row[] = {record, item->store, item->gallery, item->retention,
		item->category, created, expires, left};
	pst_table_add(&command->table, row);
	return 0;
}

static int print_list(struct command *command, int count)
{
	if (command->line.json) {
		pst_cli_print_json(json_incref(command->items));
		return 0;
	}
	if (count == 0) {
		(void)puts("no records");
		return 0;
	}
	return pst_table_print(&command->table);
}

static int list(struct command *command, struct pst_error *error)
{
	static const char *const heading[] = {
		"RECORD", "STORE", "GALLERY", "CLASS", "CATEGORY", "CREATED", "EXPIRES", "LEFT"};
	struct pst_vault_status status = {0};
	int count = vault_open(&command->line, error);

	command->table.columns = sizeof(heading) / sizeof(heading[0]);
	pst_table_add(&command->table, heading);
	command->items = json_array();
	if (count == 0) {
		count = pst_vault_status(command->line.vault, pst_clock_wall_s(), &status, error);
		command->now_s = status.now_s;
	}
	if (count == 0) {
		count = pst_vault_list(command->line.vault, command->gallery, pst_clock_wall_s(),
			list_item, command, error);
	}
	if (count < 0) {
		json_decref(command->items);
		return count == PST_E_NOT_FOUND && command->line.vault ? pst_cli_fail(NAME, error)
								       : vault_fail(NAME, error);
	}
	int printed = print_list(command, count);
	json_decref(command->items);
	if (printed < 0) {
		return pst_cli_fail(NAME, &(struct pst_error){.status = printed});
	}
	return command->damaged > 0 ? PST_EXIT_VAULT : PST_EXIT_OK;
}

static int take_option(void *context, int option)
{
	struct command *command = context;

	(void)option;
	command->gallery = optarg;
	return PST_EXIT_OK;
}

int cmd_vault_list(int argc, char **argv)
{
	static const struct option own[] = {
		{"gallery", required_argument, NULL, VAULT_OPTION}, {0}};
	struct command command = {0};
	const struct vault_options options = {.name = NAME,
		.help = help,
		.options = own,
		.take = take_option,
		.context = &command};
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = list(&command, &error);
	}
	vault_finish(&command.line);
	pst_table_finish(&command.table);
	return exit;
}
