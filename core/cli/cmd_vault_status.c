/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/checkpoint.h"
#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"
#include "vault/escrow.h"
#include "vault/keys.h"

#define NAME "vault status"
#define GROUPS_MAX 64

static const char help[] =
	"usage: postern vault status [--state DIR] --key FILE [--json]\n"
	"\n"
	"At a glance: what is kept, per store and class, until when; the keys; how old the newest\n"
	"checkpoint of the audit log and the newest backup are; what is overdue.\n"
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

/* The newest checkpoint of the audit log. */
struct checkpoint {
	bool log;	   /* there is a log */
	uint64_t sequence; /* 0: none yet */
	int64_t made_s;
};

#define OVERDUE_MAX 8
#define OVERDUE_SIZE 160

struct command {
	struct vault_line line;
	struct pst_table table;
	uint64_t damaged;
	struct checkpoint checkpoint;
	struct pst_vault_recovery recovery;
	char overdue[OVERDUE_MAX][OVERDUE_SIZE];
	size_t overdue_count;
	char keys[256];
	json_t *slots;
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

static void add_overdue(struct command *command, const char *format, ...) PST_PRINTF(2, 3);

static void add_overdue(struct command *command, const char *format, ...)
{
	va_list arguments;

	if (command->overdue_count < OVERDUE_MAX) {
		va_start(arguments, format);
		(void)vsnprintf(command->overdue[command->overdue_count++], OVERDUE_SIZE, format,
			arguments);
		va_end(arguments);
	}
}

/* What somebody has to do something about. */
static void find_overdue(struct command *command, const struct pst_vault_status *status)
{
	if (status->expired > 0) {
		add_overdue(command,
			"%" PRIu64 " expired records wait for a purge: the disk is full?",
			status->expired);
	}
	if (command->damaged > 0) {
		add_overdue(command,
			"%" PRIu64 " records do not open: 'postern vault verify' names them",
			command->damaged);
	}
	if (status->clock_held) {
		add_overdue(command, "the clock jumped ahead and is not believed: 'postern vault "
				     "clock'");
	}
	if (!status->ballast) {
		add_overdue(command, "ballast missing: no room for it; a purge needs it when the "
				     "disk is full");
	}
	if (command->checkpoint.log && command->checkpoint.sequence == 0) {
		add_overdue(command, "the audit log has no checkpoint yet");
	}
	if (command->recovery.is_set && !command->recovery.is_good) {
		add_overdue(command,
			"vault.escrow is missing or damaged: 'postern vault recovery set'");
	}
	if (status->backup_s == 0 && status->records > 0) {
		add_overdue(command, "no backup was ever made: 'postern vault backup'");
	}
}

static int read_checkpoint(struct command *command, struct pst_error *error)
{
	struct checkpoint *checkpoint = &command->checkpoint;
	struct pst_audit_head_file head;
	char path[PATH_MAX];
	uint8_t *text = NULL;
	size_t size = 0;
	struct stat st;

	if (pst_text_path(path, sizeof(path), command->line.state, PST_AUDIT_HEAD) < 0 ||
		stat(path, &st) < 0) {
		return 0;
	}
	checkpoint->log = true;
	int status = pst_fd_read_file(path, PST_AUDIT_HEAD_TEXT_SIZE, &text, &size, error);
	if (status == 0 && pst_audit_head_parse((const char *)text, &head) == 0) {
		checkpoint->sequence = head.sequence;
		checkpoint->made_s = st.st_mtim.tv_sec;
	}
	free(text);
	return status;
}

/* "2 of 8: file key, passphrase boss" */
static int add_slot(void *user, size_t index, const struct pst_keyring_slot *slot)
{
	struct command *command = user;
	size_t length = strlen(command->keys);
	const char *kind = slot->provider[0] ? slot->provider : vault_key_kind(slot->kind);

	(void)index;
	(void)snprintf(command->keys + length, sizeof(command->keys) - length, "%s%s %s",
		length ? ", " : "", kind, slot->label);
	return json_array_append_new(command->slots,
		       json_pack("{s:s, s:s}", "kind", kind, "label", slot->label)) < 0
		       ? -ENOMEM
		       : 0;
}

static void ago(int64_t now_s, int64_t then_s, char text[PST_CLOCK_TEXT_SIZE + 8])
{
	char span[PST_CLOCK_TEXT_SIZE];

	pst_table_span(now_s > then_s ? now_s - then_s : 0, span);
	(void)snprintf(text, PST_CLOCK_TEXT_SIZE + 8, "%s ago", span);
}

static void print_ages(const struct command *command, const struct pst_vault_status *status)
{
	char age[PST_CLOCK_TEXT_SIZE + 8], made[PST_CLOCK_TEXT_SIZE];

	if (!command->checkpoint.log) {
		(void)puts("audit log    none");
	} else {
		ago(pst_clock_wall_s(), command->checkpoint.made_s, age);
		(void)printf("audit log    checkpoint of entry %" PRIu64 ", %s\n",
			command->checkpoint.sequence, command->checkpoint.sequence ? age : "none");
	}
	if (status->backup_s == 0) {
		(void)puts("backup       never");
	} else {
		pst_clock_format_s(status->backup_s, made);
		ago(status->now_s, status->backup_s, age);
		(void)printf("backup       %s, %s\n", made, age);
	}
	if (!command->recovery.is_set) {
		(void)puts("recovery     no key");
	} else {
		ago(status->now_s, command->recovery.made_s, age);
		(void)printf("recovery     %u classes, %s\n", command->recovery.classes,
			command->recovery.is_good ? age : "vault.escrow is not good");
	}
}

static void print_overdue(const struct command *command)
{
	for (size_t i = 0; i < command->overdue_count; i++) {
		(void)printf(
			"%s%s\n", i == 0 ? "overdue      " : "             ", command->overdue[i]);
	}
	if (command->overdue_count == 0) {
		(void)puts("overdue      nothing");
	}
}

static int print_status(struct command *command, const struct pst_vault_status *status)
{
	char id[2 * PST_KEYRING_ID_SIZE + 1];
	char now[PST_CLOCK_TEXT_SIZE], next[PST_CLOCK_TEXT_SIZE], left[PST_CLOCK_TEXT_SIZE];

	pst_bytes_to_hex(status->vault, sizeof(status->vault), id);
	pst_clock_format_s(status->now_s, now);
	(void)printf("vault        %s\n", id);
	(void)printf(
		"state        %s (%" PRIu64 " KiB)\n", command->line.state, status->bytes / 1024);
	(void)printf("time         %s%s\n", now,
		status->clock_held ? ", held: the clock is ahead; see 'postern vault clock'" : "");
	(void)printf(
		"keys         %u of %d: %s\n", status->key_slots, PST_KEYRING_SLOTS, command->keys);
	(void)printf("records      %" PRIu64 ", %" PRIu64 " galleries, %" PRIu64
		     " under legal hold, %" PRIu64 " tombstones\n",
		status->records, status->galleries, status->held, status->tombstones);
	if (status->purged_at_open > 0) {
		(void)printf("purged       %" PRIu64 " expired records just now\n",
			status->purged_at_open);
	}
	if (status->next_expiry_s > 0) {
		pst_clock_format_s(status->next_expiry_s, next);
		vault_until(status->now_s, status->next_expiry_s, left);
		(void)printf("next expiry  %s, in %s\n", next, left);
	}
	print_ages(command, status);
	print_overdue(command);
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
	json_t *overdue = json_array();

	for (size_t i = 0; i < command->overdue_count; i++) {
		(void)json_array_append_new(overdue, json_string(command->overdue[i]));
	}
	pst_bytes_to_hex(status->vault, sizeof(status->vault), id);
	return json_pack(
		"{s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b,"
		" s:b, s:I, s:I, s:I, s:b, s:I, s:O, s:o, s:o}",
		"vault", id, "state", command->line.state, "schema", (int)status->schema,
		"key_slots", (int)status->key_slots, "records", (json_int_t)status->records,
		"expired", (json_int_t)status->expired, "damaged", (json_int_t)command->damaged,
		"galleries", (json_int_t)status->galleries, "bytes", (json_int_t)status->bytes,
		"purged_at_open", (json_int_t)status->purged_at_open, "now_s",
		(json_int_t)status->now_s, "next_expiry_s", (json_int_t)status->next_expiry_s,
		"held", (json_int_t)status->held, "tombstones", (json_int_t)status->tombstones,
		"clock_held", status->clock_held, "ballast", status->ballast, "backup_s",
		(json_int_t)status->backup_s, "checkpoint",
		(json_int_t)command->checkpoint.sequence, "checkpoint_s",
		(json_int_t)command->checkpoint.made_s, "recovery_good", command->recovery.is_good,
		"recovery_s", (json_int_t)command->recovery.made_s, "keys", command->slots,
		"overdue", overdue, "stores", groups);
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
	if (result >= 0) {
		result = read_checkpoint(command, error);
	}
	if (result >= 0) {
		result = pst_vault_recovery_read(command->line.vault, &command->recovery, error);
	}
	if (result >= 0) {
		result = pst_vault_key_list(command->line.state, add_slot, command, error);
	}
	if (result < 0) {
		return vault_fail(NAME, error);
	}
	find_overdue(command, &status);
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
	struct command command = {.slots = json_array()};
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0) {
		exit = show_status(&command, &error);
	}
	json_decref(command.slots);
	vault_finish(&command.line);
	pst_table_finish(&command.table);
	return exit;
}
