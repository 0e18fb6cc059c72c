/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/vault.h"
#include "vault/keys.h"

#define NAME "vault rotate"
#define KEYS_MAX PST_KEYRING_SLOTS

static const char help[] =
	"usage: postern vault rotate [--state DIR] --key FILE [--keep-key FILE ...]\n"
	"\n"
	"Makes a new root key and a new key for the retention state. Records are not touched.\n"
	"Afterwards an older copy of vault.keys opens nothing that is kept now, whatever key goes\n"
	"with it; only the signing key stays, so that the audit log and receipts do.\n"
	"\n"
	"Nobody can wrap the new root for a key that is not at hand: besides --key those keys "
	"stay\n"
	"that are given here, and THE OTHERS ARE REMOVED. They are named first, and confirmed.\n"
	"\n" VAULT_HELP VAULT_CHANGES_HELP
	"  --keep-key FILE    one more key that stays, may be given several times;\n"
	"                     also --keep-credential NAME, --keep-passphrase,\n"
	"                     --keep-passphrase-fd N\n"
	"\n"
	"Exit status: 0 done; 1 not confirmed, or two keys given are the same; 2 usage; 4 done, "
	"but\n"
	"not written to the audit log; 5 no vault there, wrong key, in use, damaged.\n";

struct command {
	struct vault_line line;
	struct pst_cli_key keep[KEYS_MAX];
	size_t keeps;
	struct pst_key_source keys[KEYS_MAX + 1];
	bool is_kept[PST_KEYRING_SLOTS];
	json_t *kept; /* labels */
	json_t *dropped;
	char dropped_text[PST_KEYRING_SLOTS * (PST_KEYRING_LABEL_SIZE + 2)];
};

static int take(void *context, int option)
{
	struct command *command = context;
	struct pst_error error = {0};

	if (command->keeps == KEYS_MAX) {
		return pst_cli_usage(NAME, "more keys than a vault has places");
	}
	struct pst_cli_key *key = &command->keep[command->keeps++];
	*key = PST_CLI_KEY_INIT;
	return pst_cli_key_take(key, PST_CLI_KEEP_KEY, option, optarg, &error) < 0
		       ? pst_cli_fail(NAME, &error)
		       : PST_EXIT_OK;
}

static int sort_slot(void *user, size_t index, const struct pst_keyring_slot *slot)
{
	struct command *command = user;
	bool kept = command->is_kept[index];

	if (!kept) {
		size_t used = strlen(command->dropped_text);

		(void)snprintf(command->dropped_text + used, sizeof(command->dropped_text) - used,
			"%s%s", used ? ", " : "", slot->label);
	}
	return json_array_append_new(
		       kept ? command->kept : command->dropped, json_string(slot->label)) < 0
		       ? -ENOMEM
		       : 0;
}

static int plan(struct command *command, struct pst_error *error)
{
	int status = vault_open(&command->line, error);

	command->keys[0] = command->line.source;
	for (size_t i = 0; status == 0 && i < command->keeps; i++) {
		status = pst_cli_key_source(
			&command->keep[i], /* twice= */ false, &command->keys[i + 1], error);
	}
	if (status == 0) {
		status = pst_vault_rotate_plan(command->line.vault, command->keys,
			command->keeps + 1, command->is_kept, error);
	}
	if (status == 0) {
		status = pst_vault_key_list(command->line.state, sort_slot, command, error);
	}
	return status < 0 ? status : 0;
}

static void print_plan(const struct command *command, const char *stay, const char *go)
{
	size_t index;
	json_t *label;

	if (command->line.json) {
		pst_cli_print_json(json_pack("{s:O, s:O, s:b}", "kept", command->kept, "removed",
			command->dropped, "dry_run", command->line.dry_run));
		return;
	}
	json_array_foreach(command->kept, index, label)
	{
		(void)printf("%s  %s\n", stay, json_string_value(label));
	}
	json_array_foreach(command->dropped, index, label)
	{
		(void)printf("%s  %s\n", go, json_string_value(label));
	}
}

static int confirm(const struct command *command)
{
	char question[640];

	if (!command->dropped_text[0]) {
		return -1;
	}
	(void)snprintf(question, sizeof(question),
		"Rotate, and remove the keys that were not given (%s)?", command->dropped_text);
	return vault_confirm(&command->line, NAME, question);
}

static int fail(const struct pst_error *error)
{
	int exit = vault_fail(NAME, error);

	return error->status == -EEXIST ? PST_EXIT_NO : exit;
}

static int rotate(struct command *command)
{
	struct pst_error error = {0};
	int status = plan(command, &error);

	if (status < 0) {
		return fail(&error);
	}
	if (command->line.dry_run) {
		print_plan(command, "would stay      ", "would be removed");
		return PST_EXIT_OK;
	}
	int exit = confirm(command);
	if (exit >= 0) {
		return exit;
	}
	status = pst_vault_rotate(command->line.vault, command->keys, command->keeps + 1, &error);
	if (status < 0) {
		return fail(&error);
	}
	if (vault_audit(&command->line, "vault.rotated",
		    json_pack("{s:O, s:O}", "kept", command->kept, "removed", command->dropped),
		    "rotated", &error) < 0) {
		return vault_fail(NAME, &error);
	}
	print_plan(command, "stays  ", "removed");
	return PST_EXIT_OK;
}

int cmd_vault_rotate(int argc, char **argv)
{
	static const struct option own[] = {
		PST_CLI_KEY_OPTIONS("keep-", PST_CLI_KEEP_KEY),
		{0},
	};
	struct command command = {.kept = json_array(), .dropped = json_array()};
	const struct vault_options options = {.name = NAME,
		.help = help,
		.changes = true,
		.options = own,
		.take = take,
		.context = &command};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = rotate(&command);
	}
	vault_finish(&command.line);
	for (size_t i = 0; i < command.keeps; i++) {
		pst_cli_key_finish(&command.keep[i]);
	}
	json_decref(command.kept);
	json_decref(command.dropped);
	return exit;
}
