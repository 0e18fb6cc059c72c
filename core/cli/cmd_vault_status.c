/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"

#define NAME "vault status"
#define GROUPS_MAX 64

static const char help[] =
	"usage: postern vault status [--state DIR] --key FILE [--json]\n"
	"\n"
	"What is kept, per store and class, until when, and what is overdue.\n"
	"\n" VAULT_HELP "\n"
	"Exit status: 0 done; 2 usage; 5 no vault there, wrong key, in use, damaged.\n";

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
	struct vault_line line;
	struct pst_table table;
	uint64_t damaged;
	struct group groups[GROUPS_MAX];
	size_t group_count;
};

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

			vault_until(now_s, group->next_s, span);
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
	(void)printf(
		"state        %s (%" PRIu64 " KiB)\n", command->line.state, status->bytes / 1024);
	(void)printf("key slots    %u of %d in use\n", status->key_slots, PST_KEYRING_SLOTS);
	(void)printf("time         %s%s\n", now,
		status->clock_held ? ", held: the clock is ahead; see 'postern vault clock'" : "");
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
		vault_until(status->now_s, status->next_expiry_s, left);
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
	return json_pack("{s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:o}",
		"vault", id, "state", command->line.state, "schema", (int)status->schema,
		"key_slots", (int)status->key_slots, "records", (json_int_t)status->records,
		"expired", (json_int_t)status->expired, "damaged", (json_int_t)command->damaged,
		"galleries", (json_int_t)status->galleries, "bytes", (json_int_t)status->bytes,
		"purged_at_open", (json_int_t)status->purged_at_open, "now_s",
		(json_int_t)status->now_s, "next_expiry_s", (json_int_t)status->next_expiry_s,
		"clock_held", status->clock_held, "stores", groups);
}

static int show_status(struct command *command, struct pst_error *error)
{
	struct pst_vault_status status = {0};
	int result = vault_open(&command->line, error);

	if (result == 0) {
		result = pst_vault_status(command->line.vault, pst_clock_wall_s(), &status, error);
	}
	if (result == 0) {
		result = pst_vault_list(
			command->line.vault, NULL, pst_clock_wall_s(), count_item, command, error);
	}
	if (result < 0) {
		return vault_fail(NAME, error);
	}
	if (command->line.json) {
		pst_cli_print_json(status_json(command, &status));
	} else if (print_status(command, &status) < 0) {
		return pst_cli_fail(NAME, &(struct pst_error){.status = -ENOMEM});
	}
	return command->damaged > 0 ? PST_EXIT_VAULT : PST_EXIT_OK;
}

int cmd_vault_status(int argc, char **argv)
{
	static const struct vault_options options = {.name = NAME, .help = help};
	struct command command = {0};
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = show_status(&command, &error);
	}
	vault_finish(&command.line);
	pst_table_finish(&command.table);
	return exit;
}
