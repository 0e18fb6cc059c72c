/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/key.h"
#include "cli/table.h"
#include "vault/vault.h"

#define COMMAND "vault"
#define SHORT_ID 12 /* digits of a record's id that a table shows */
#define GROUPS_MAX 64

static const char help[] =
	"usage: postern vault init   [--state DIR] --key FILE\n"
	"       postern vault status [--state DIR] --key FILE [--json]\n"
	"       postern vault list   [--state DIR] --key FILE [--gallery NAME] [--json]\n"
	"       postern vault purge  [--state DIR] --key FILE [--json]\n"
	"\n"
	"Sealed templates and their keys. Every opening also purges what has expired.\n"
	"\n"
	"  --state DIR        state directory\n"
	"  --key FILE         32 random bytes, mode 0600; init makes the file if it is missing\n"
	"  --passphrase       asks on the terminal instead\n"
	"  --passphrase-fd N  reads the first line of a descriptor instead\n"
	"  --gallery NAME     list: only this gallery\n"
	"  --json             JSON\n"
	"\n"
	"Exit status: 0 done; 2 usage; 4 the purge could not be written to the audit log;\n"
	"5 no vault there, wrong key, in use, damaged.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_STATE,
	OPTION_KEY,
	OPTION_PASSPHRASE,
	OPTION_PASSPHRASE_FD,
	OPTION_GALLERY,
};

static const struct option options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"state", required_argument, NULL, OPTION_STATE},
	{"key", required_argument, NULL, OPTION_KEY},
	{"passphrase", no_argument, NULL, OPTION_PASSPHRASE},
	{"passphrase-fd", required_argument, NULL, OPTION_PASSPHRASE_FD},
	{"gallery", required_argument, NULL, OPTION_GALLERY},
	{0},
};

/* Records of one store and class. */
struct group {
	char store[65];
	char retention[65];
	uint64_t records;
	uint64_t expired;
	uint64_t damaged;
	int64_t next_s; /* first expiry of those that open; 0: none */
};

struct command {
	const char *state_option;
	const char *gallery;
	bool json;
	char state[PATH_MAX];
	struct pst_cli_key key;
	struct pst_key_source source;
	struct pst_vault *vault;
	struct pst_table table;
	json_t *items;
	int64_t now_s;
	uint64_t damaged;
	struct group groups[GROUPS_MAX];
	size_t group_count;
};

static int fail(const struct pst_error *error)
{
	int exit = pst_cli_fail(COMMAND, error);

	return error->status == PST_E_NOT_FOUND ? PST_EXIT_VAULT : exit;
}

static void until(int64_t now_s, int64_t then_s, char text[PST_CLOCK_TEXT_SIZE])
{
	if (then_s <= now_s) {
		(void)snprintf(text, PST_CLOCK_TEXT_SIZE, "expired");
	} else {
		pst_table_span(then_s - now_s, text);
	}
}

static int open_vault(struct command *command, struct pst_error *error)
{
	int status = pst_cli_key_source(&command->key, /* twice= */ false, &command->source, error);

	if (status == 0) {
		status = pst_vault_open(&command->vault, command->state, &command->source,
			pst_clock_wall_s(), error);
	}
	return status;
}

/* @return 1 made, 0 it was there, or a status */
static int make_key_file(const struct command *command, struct pst_error *error)
{
	int status = command->key.file ? pst_keyring_make_key_file(command->key.file) : -EEXIST;

	if (status == -EEXIST) {
		return 0;
	}
	return status < 0 ? pst_error_set(error, status, "%s: %s", command->key.file,
				    pst_status_text(status))
			  : 1;
}

static int init(struct command *command, struct pst_error *error)
{
	int status = pst_cli_key_source(&command->key, /* twice= */ true, &command->source, error);
	int made = 0;

	if (status == 0) {
		made = status = make_key_file(command, error);
	}
	if (status >= 0) {
		status =
			pst_vault_init(command->state, &command->source, pst_clock_wall_s(), error);
	}
	if (status < 0) {
		if (made == 1) {
			(void)unlink(command->key.file);
		}
		return fail(error);
	}
	if (command->json) {
		pst_cli_print_json(json_pack(
			"{s:s, s:b}", "state", command->state, "key_file_made", made == 1));
		return PST_EXIT_OK;
	}
	(void)printf("vault made in %s\n", command->state);
	if (made == 1) {
		(void)printf("key file made: %s\nKeep a copy in another place: without it nothing "
			     "in the vault opens again.\n",
			command->key.file);
	}
	return PST_EXIT_OK;
}

static struct group *group_of(struct command *command, const struct pst_vault_item *item)
{
	for (size_t i = 0; i < command->group_count; i++) {
		struct group *group = &command->groups[i];

		if (strcmp(group->store, item->store) == 0 &&
			strcmp(group->retention, item->retention) == 0) {
			return group;
		}
	}
	if (command->group_count == GROUPS_MAX) {
		return NULL;
	}
	struct group *group = &command->groups[command->group_count++];
	(void)snprintf(group->store, sizeof(group->store), "%s", item->store);
	(void)snprintf(group->retention, sizeof(group->retention), "%s", item->retention);
	return group;
}

static int count_item(void *user, const struct pst_vault_item *item)
{
	struct command *command = user;
	struct group *group = group_of(command, item);

	command->damaged += item->state == PST_VAULT_STATE_DAMAGED;
	if (!group) {
		return 0;
	}
	group->records++;
	group->expired += item->state == PST_VAULT_STATE_EXPIRED;
	group->damaged += item->state == PST_VAULT_STATE_DAMAGED;
	if (item->state == PST_VAULT_STATE_OPENS &&
		(group->next_s == 0 || item->expires_s < group->next_s)) {
		group->next_s = item->expires_s;
	}
	return 0;
}

static void print_groups(struct command *command, int64_t now_s)
{
	static const char *const heading[] = {
		"STORE", "CLASS", "RECORDS", "EXPIRED", "NEXT EXPIRY"};

	command->table.columns = sizeof(heading) / sizeof(heading[0]);
	pst_table_add(&command->table, heading);
	for (size_t i = 0; i < command->group_count; i++) {
		const struct group *group = &command->groups[i];
		char records[24], expired[24], next[PST_CLOCK_TEXT_SIZE + 4] = "-";

		(void)snprintf(records, sizeof(records), "%" PRIu64, group->records);
		(void)snprintf(expired, sizeof(expired), "%" PRIu64, group->expired);
		if (group->next_s) {
			char span[PST_CLOCK_TEXT_SIZE];

			until(now_s, group->next_s, span);
			(void)snprintf(next, sizeof(next), "in %s", span);
		}
		const char *const row[] = {group->store, group->retention, records, expired, next};
		pst_table_add(&command->table, row);
	}
	(void)putchar('\n');
}

static int print_status(struct command *command, const struct pst_vault_status *status)
{
	char id[2 * PST_KEYRING_ID_SIZE + 1];
	char now[PST_CLOCK_TEXT_SIZE], next[PST_CLOCK_TEXT_SIZE] = "-", left[PST_CLOCK_TEXT_SIZE];

	pst_bytes_to_hex(status->vault, sizeof(status->vault), id);
	pst_clock_format_s(status->now_s, now);
	(void)printf("vault        %s\n", id);
	(void)printf("state        %s (%" PRIu64 " KiB)\n", command->state, status->bytes / 1024);
	(void)printf("key slots    %u of %d in use\n", status->key_slots, PST_KEYRING_SLOTS);
	(void)printf("time         %s\n", now);
	(void)printf("records      %" PRIu64 "\n", status->records);
	(void)printf("galleries    %" PRIu64 "\n", status->galleries);
	if (status->purged_at_open > 0) {
		(void)printf("purged       %" PRIu64 " expired records just now\n",
			status->purged_at_open);
	}
	if (status->expired > 0) {
		(void)printf("overdue      %" PRIu64 " expired records wait for a purge\n",
			status->expired);
	}
	if (command->damaged > 0) {
		(void)printf("damaged      %" PRIu64 " records do not open\n", command->damaged);
	}
	if (status->next_expiry_s > 0) {
		pst_clock_format_s(status->next_expiry_s, next);
		until(status->now_s, status->next_expiry_s, left);
		(void)printf("next expiry  %s (in %s)\n", next, left);
	}
	if (command->group_count == 0) {
		return 0;
	}
	print_groups(command, status->now_s);
	return pst_table_print(&command->table);
}

static json_t *status_json(const struct command *command, const struct pst_vault_status *status)
{
	char id[2 * PST_KEYRING_ID_SIZE + 1];
	json_t *groups = json_array();

	for (size_t i = 0; i < command->group_count; i++) {
		const struct group *group = &command->groups[i];

		(void)json_array_append_new(groups,
			json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "store", group->store, "class",
				group->retention, "records", (json_int_t)group->records, "expired",
				(json_int_t)group->expired, "damaged", (json_int_t)group->damaged,
				"next_expiry_s", (json_int_t)group->next_s));
	}
	pst_bytes_to_hex(status->vault, sizeof(status->vault), id);
	return json_pack("{s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		"vault", id, "state", command->state, "schema", (int)status->schema, "key_slots",
		(int)status->key_slots, "records", (json_int_t)status->records, "expired",
		(json_int_t)status->expired, "damaged", (json_int_t)command->damaged, "galleries",
		(json_int_t)status->galleries, "bytes", (json_int_t)status->bytes, "purged_at_open",
		(json_int_t)status->purged_at_open, "now_s", (json_int_t)status->now_s,
		"next_expiry_s", (json_int_t)status->next_expiry_s, "stores", groups);
}

static int show_status(struct command *command, struct pst_error *error)
{
	struct pst_vault_status status = {0};
	int result = open_vault(command, error);

	if (result == 0) {
		result = pst_vault_status(command->vault, pst_clock_wall_s(), &status, error);
	}
	if (result == 0) {
		result = pst_vault_list(
			command->vault, NULL, pst_clock_wall_s(), count_item, command, error);
	}
	if (result < 0) {
		return fail(error);
	}
	if (command->json) {
		pst_cli_print_json(status_json(command, &status));
	} else if (print_status(command, &status) < 0) {
		return pst_cli_fail(COMMAND, &(struct pst_error){.status = -ENOMEM});
	}
	return command->damaged > 0 ? PST_EXIT_VAULT : PST_EXIT_OK;
}

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
	if (command->json) {
		return json_array_append_new(command->items, item_json(item)) < 0 ? -ENOMEM : 0;
	}
	pst_bytes_to_hex(item->record, PST_VAULT_ID_SIZE, record);
	record[SHORT_ID] = 0;
	if (item->state != PST_VAULT_STATE_DAMAGED) {
		pst_clock_format_s(item->created_s, created);
		pst_clock_format_s(item->expires_s, expires);
		until(command->now_s, item->expires_s, left);
	}
	const char *const row[] = {record, item->store, item->gallery, item->retention,
		item->category, created, expires, left};
	pst_table_add(&command->table, row);
	return 0;
}

static int print_list(struct command *command, int count)
{
	if (command->json) {
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
	int count = open_vault(command, error);

	command->table.columns = sizeof(heading) / sizeof(heading[0]);
	pst_table_add(&command->table, heading);
	command->items = json_array();
	if (count == 0) {
		count = pst_vault_status(command->vault, pst_clock_wall_s(), &status, error);
		command->now_s = status.now_s;
	}
	if (count == 0) {
		count = pst_vault_list(command->vault, command->gallery, command->now_s, list_item,
			command, error);
	}
	if (count < 0) {
		json_decref(command->items);
		return count == PST_E_NOT_FOUND && command->vault ? pst_cli_fail(COMMAND, error)
								  : fail(error);
	}
	int printed = print_list(command, count);
	json_decref(command->items);
	if (printed < 0) {
		return pst_cli_fail(COMMAND, &(struct pst_error){.status = printed});
	}
	return command->damaged > 0 ? PST_EXIT_VAULT : PST_EXIT_OK;
}

/* A purge is told to the log of the same state directory, if it has one. */
static int audit_purge(struct command *command, uint64_t purged, struct pst_error *error)
{
	char path[PATH_MAX], json[64];
	struct pst_audit *audit;

	if (pst_text_path(path, sizeof(path), command->state, PST_AUDIT_LOG) < 0 ||
		access(path, F_OK) < 0) {
		return 0;
	}
	int status =
		pst_audit_open(&audit, command->state, pst_vault_signer(command->vault), error);
	if (status == 0) {
		(void)snprintf(json, sizeof(json), "{\"records\":%" PRIu64 "}", purged);
		status = pst_audit_append(audit, "vault.purged", json, NULL, error);
		int closed = pst_audit_close(&audit);

		status = status < 0 ? status : closed;
	}
	if (status < 0) {
		pst_error_prefix(error, "%" PRIu64 " records purged, but not logged", purged);
		error->status = PST_E_UNSAFE;
		return PST_E_UNSAFE;
	}
	return 0;
}

static int purge(struct command *command, struct pst_error *error)
{
	struct pst_vault_status status = {0};
	int purged = open_vault(command, error);

	if (purged == 0) {
		purged = pst_vault_purge(command->vault, pst_clock_wall_s(), error);
	}
	if (purged < 0 ||
		pst_vault_status(command->vault, pst_clock_wall_s(), &status, error) < 0) {
		return fail(error);
	}
	uint64_t all = status.purged_at_open + (uint64_t)purged;
	if (all > 0 && audit_purge(command, all, error) < 0) {
		return fail(error);
	}
	if (command->json) {
		pst_cli_print_json(json_pack("{s:I, s:I}", "purged", (json_int_t)all, "records",
			(json_int_t)status.records));
	} else {
		(void)printf("%" PRIu64 " expired records purged, %" PRIu64 " remain\n", all,
			status.records);
	}
	return PST_EXIT_OK;
}

static int take_option(struct command *command, int option)
{
	struct pst_error error = {0};

	switch (option) {
	case OPTION_JSON:
		command->json = true;
		return 0;
	case OPTION_STATE:
		command->state_option = optarg;
		return 0;
	case OPTION_KEY:
		command->key.file = optarg;
		return 0;
	case OPTION_PASSPHRASE:
		command->key.ask = true;
		return 0;
	case OPTION_PASSPHRASE_FD:
		return pst_cli_key_set_fd(&command->key, optarg, &error) < 0
			       ? pst_cli_fail(COMMAND, &error)
			       : 0;
	default:
		command->gallery = optarg;
		return 0;
	}
}

/* @return an exit status, or -1 to go on */
static int parse(struct command *command, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_HELP || option == 'h') {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(COMMAND, option, argv);
		}
		int status = take_option(command, option);
		if (status != 0) {
			return status;
		}
	}
	if (argc == optind) {
		return pst_cli_usage(COMMAND, "one of init, status, list and purge is needed");
	}
	if (argc - optind > 1) {
		return pst_cli_usage(COMMAND, "'%s' is one word too many", argv[optind + 1]);
	}
	return -1;
}

int cmd_vault(int argc, char **argv)
{
	static const char *const verbs[] = {"init", "status", "list", "purge", NULL};
	static int (*const calls[])(struct command *, struct pst_error *) = {
		init, show_status, list, purge};
	struct command command = {.key = PST_CLI_KEY_INIT};
	struct pst_error error = {0};
	int exit = parse(&command, argc, argv);

	if (exit >= 0) {
		return exit;
	}
	int verb = pst_text_index(verbs, argv[optind]);
	if (verb < 0) {
		return pst_cli_usage(
			COMMAND, "unknown '%s': init, status, list or purge", argv[optind]);
	}
	if (pst_cli_state_dir(command.state_option, command.state, sizeof(command.state), &error) <
		0) {
		return pst_cli_fail(COMMAND, &error);
	}
	exit = calls[verb](&command, &error);
	pst_vault_close(&command.vault);
	pst_cli_key_finish(&command.key);
	pst_table_finish(&command.table);
	return exit;
}
