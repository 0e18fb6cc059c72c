/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"
#include "vault/keys.h"

#define NAME "vault key"

static const char help[] =
	"usage: postern vault key list [--state DIR] [--json]\n"
	"       postern vault key add [--state DIR] --key FILE --new-key FILE [--label LABEL]\n"
	"       postern vault key remove LABEL [--state DIR] --key FILE\n"
	"\n"
	"The keys that open the vault: up to 8, each alone. Losing one is no loss of records as\n"
	"long as another is left. A removed key still opens copies of vault.keys made before;\n"
	"'postern vault rotate' makes those worthless.\n"
	"\n" VAULT_HELP VAULT_CHANGES_HELP
	"  --new-key FILE     the new key: a key file, made if it is missing;\n"
	"                     also --new-credential NAME, --new-passphrase, --new-passphrase-fd N\n"
	"  --label LABEL      what to call it (default: file, credential or passphrase)\n"
	"\n"
	"list needs no key; with one, the keys are known to be the vault's own.\n"
	"\n"
	"Exit status: 0 done; 1 no such label, the label or key is there already, no place is "
	"left;\n"
	"2 usage; 4 it is the last key, or the change could not be written to the audit log;\n"
	"5 no vault there, wrong key, in use, damaged.\n";

enum {
	OPTION_LABEL = VAULT_OPTION,
};

struct command {
	struct vault_line line;
	struct pst_cli_key more;
	const char *label;
	struct pst_table table;
	json_t *items;
	unsigned count;
	bool found; /* a slot of that label */
};

const char *vault_key_kind(enum pst_key_source_kind kind)
{
	static const char *const names[] = {
		"unset", "file", "passphrase", "credential", "provider"};

	return names[kind];
}

static json_t *slot_json(const struct pst_keyring_slot *slot)
{
	char created[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(slot->created_s, created);
	return json_pack("{s:s, s:s, s:s*, s:s*, s:I, s:I}", "label", slot->label, "kind",
		vault_key_kind(slot->kind), "provider", slot->provider[0] ? slot->provider : NULL,
		"created", slot->created_s ? created : NULL, "argon2id_ops", (json_int_t)slot->ops,
		"argon2id_bytes", (json_int_t)slot->memory);
}

static int list_slot(void *user, size_t index, const struct pst_keyring_slot *slot)
{
	struct command *command = user;
	char created[PST_CLOCK_TEXT_SIZE] = "-", stretched[64] = "-";

	(void)index;
	command->count++;
	if (command->line.json) {
		return json_array_append_new(command->items, slot_json(slot)) < 0 ? -ENOMEM : 0;
	}
	if (slot->created_s) {
		pst_clock_format_s(slot->created_s, created);
	}
	if (slot->ops) {
		(void)snprintf(stretched, sizeof(stretched), "Argon2id, %llu MiB, %llu passes",
			(unsigned long long)(slot->memory >> 20), (unsigned long long)slot->ops);
	}
	const char *const row[] = {slot->label,
		slot->provider[0] ? slot->provider : vault_key_kind(slot->kind), created,
		stretched};
	pst_table_add(&command->table, row);
	return 0;
}

static int list(struct command *command, struct pst_error *error)
{
	static const char *const heading[] = {"LABEL", "KEY", "ADDED", "STRETCHED"};
	bool verified = pst_cli_key_is_given(&command->line.key);
	int status = verified ? vault_open(&command->line, error) : 0;

	command->items = json_array();
	command->table.columns = sizeof(heading) / sizeof(heading[0]);
	pst_table_add(&command->table, heading);
	if (status == 0) {
		status = pst_vault_key_list(command->line.state, list_slot, command, error);
	}
	if (status < 0) {
		return vault_fail(NAME, error);
	}
	if (command->line.json) {
		pst_cli_print_json(json_pack("{s:O, s:i, s:b}", "keys", command->items, "places",
			PST_KEYRING_SLOTS, "verified", verified));
		return PST_EXIT_OK;
	}
	if (pst_table_print(&command->table) < 0) {
		return pst_cli_fail(NAME, &(struct pst_error){.status = -ENOMEM});
	}
	(void)printf("%u of %d key slots in use%s\n", command->count, PST_KEYRING_SLOTS,
		verified ? "" : "; not verified: no key was given");
	return PST_EXIT_OK;
}

static int look_for_label(void *user, size_t index, const struct pst_keyring_slot *slot)
{
	struct command *command = user;

	(void)index;
	command->count++;
	command->found = command->found || strcmp(slot->label, command->label) == 0;
	return 0;
}

static int changed(struct command *command, const char *kind, const char *done)
{
	struct pst_error error = {0};

	if (vault_audit(&command->line, kind, json_pack("{s:s}", "label", command->label), done,
		    &error) < 0) {
		return vault_fail(NAME, &error);
	}
	if (command->line.json) {
		pst_cli_print_json(json_pack("{s:s, s:s}", "done", kind, "label", command->label));
	} else {
		(void)printf("%s\n", done);
	}
	return PST_EXIT_OK;
}

/* A dry run says how many keys there would be. */
static int would(const struct command *command, const char *what, unsigned keys)
{
	if (command->line.json) {
		pst_cli_print_json(json_pack("{s:b, s:s, s:i}", "dry_run", 1, "label",
			command->label, "keys", (int)keys));
	} else {
		(void)printf("would %s the key '%s'; %u would be there then\n", what,
			command->label, keys);
	}
	return PST_EXIT_OK;
}

/* What the label or the number of slots alone forbid is said before anything is done. */
static int plan_add(struct command *command, struct pst_error *error)
{
	int status = pst_vault_key_list(command->line.state, look_for_label, command, error);

	if (status < 0) {
		return status;
	}
	if (command->found) {
		return pst_error_set(error, -EEXIST,
			"a key slot '%s' is there already; give another --label", command->label);
	}
	if (command->count >= PST_KEYRING_SLOTS) {
		return pst_error_set(error, -EEXIST, "all key slots are taken; remove one first");
	}
	return 0;
}

static int make_and_add(struct command *command, struct pst_error *error)
{
	struct pst_key_source more;
	int made = pst_cli_key_make_file(&command->more, error);
	int status = made < 0 ? made
			      : pst_cli_key_source(&command->more, /* twice= */ true, &more, error);

	if (status == 0) {
		more.label = command->label;
		more.now_s = pst_clock_wall_s();
		status =
			pst_vault_key_add(command->line.vault, &command->line.source, &more, error);
	}
	if (status < 0 && made == 1) {
		(void)unlink(command->more.file);
	}
	return status < 0 ? status : made;
}

/* A label or a key that is there already is a clean no. */
static int fail_change(const struct pst_error *error)
{
	int exit = pst_cli_fail(NAME, error);

	return error->status == -EEXIST ? PST_EXIT_NO : exit;
}

static int add(struct command *command, struct pst_error *error)
{
	static const char *const labels[] = {[PST_KEY_SOURCE_FILE] = "file",
		[PST_KEY_SOURCE_PASSPHRASE] = "passphrase",
		[PST_KEY_SOURCE_CREDENTIAL] = "credential"};
	char done[128];

	if (!pst_cli_key_is_given(&command->more)) {
		return pst_cli_usage(NAME, "add needs the new key: --new-key FILE, "
					   "--new-credential NAME or --new-passphrase");
	}
	if (!command->label) {
		command->label = labels[pst_cli_key_kind(&command->more)];
	}
	int status = vault_open(&command->line, error);
	if (status == 0) {
		status = plan_add(command, error);
	}
	if (status < 0) {
		return fail_change(error);
	}
	if (command->line.dry_run) {
		return would(command, "add", command->count + 1);
	}
	int made = make_and_add(command, error);
	if (made < 0) {
		return fail_change(error);
	}
	if (made == 1 && !command->line.json) {
		(void)printf("key file made: %s\n", command->more.file);
	}
	(void)snprintf(done, sizeof(done), "key '%s' added", command->label);
	return changed(command, "vault.key.added", done);
}

static int remove_key(struct command *command, struct pst_error *error)
{
	char question[160], done[128];
	int status = vault_open(&command->line, error);

	if (status == 0) {
		status = pst_vault_key_list(command->line.state, look_for_label, command, error);
	}
	if (status >= 0 && !command->found) {
		status = pst_error_set(error, PST_E_NOT_FOUND,
			"no key slot '%s'; 'postern vault key list' shows them", command->label);
	}
	if (status >= 0 && command->count < 2) {
		status = pst_error_set(error, PST_E_UNSAFE,
			"'%s' is the last key: nothing would open the vault again; add another "
			"first",
			command->label);
	}
	if (status < 0) {
		return fail_change(error);
	}
	if (command->line.dry_run) {
		return would(command, "remove", command->count - 1);
	}
	(void)snprintf(question, sizeof(question), "Remove the key '%s', so that it opens no more?",
		command->label);
	int exit = vault_confirm(&command->line, NAME, question);
	if (exit >= 0) {
		return exit;
	}
	status = pst_vault_key_remove(
		command->line.vault, &command->line.source, command->label, error);
	if (status < 0) {
		return fail_change(error);
	}
	(void)snprintf(done, sizeof(done), "key '%s' removed", command->label);
	return changed(command, "vault.key.removed", done);
}

static int take(void *context, int option)
{
	struct command *command = context;
	struct pst_error error = {0};

	if (option == OPTION_LABEL) {
		command->label = optarg;
		return PST_EXIT_OK;
	}
	return pst_cli_key_take(&command->more, PST_CLI_NEW_KEY, option, optarg, &error) < 0
		       ? pst_cli_fail(NAME, &error)
		       : PST_EXIT_OK;
}

static int act(struct command *command)
{
	const struct vault_line *line = &command->line;
	const char *verb = line->word_count > 0 ? line->words[0] : "";
	struct pst_error error = {0};

	if (strcmp(verb, "remove") == 0 && line->word_count == 2) {
		command->label = line->words[1];
		return remove_key(command, &error);
	}
	if (line->word_count == 1 && strcmp(verb, "list") == 0) {
		return list(command, &error);
	}
	if (line->word_count == 1 && strcmp(verb, "add") == 0) {
		return add(command, &error);
	}
	return pst_cli_usage(NAME, "say list, add or remove LABEL");
}

int cmd_vault_key(int argc, char **argv)
{
	static const struct option own[] = {
		PST_CLI_KEY_OPTIONS("new-", PST_CLI_NEW_KEY),
		{"label", required_argument, NULL, OPTION_LABEL},
		{0},
	};
	struct command command = {.more = PST_CLI_KEY_INIT};
	const struct vault_options options = {.name = NAME,
		.help = help,
		.words_max = 2,
		.changes = true,
		.options = own,
		.take = take,
		.context = &command};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = act(&command);
	}
	vault_finish(&command.line);
	pst_cli_key_finish(&command.more);
	pst_table_finish(&command.table);
	json_decref(command.items);
	return exit;
}
