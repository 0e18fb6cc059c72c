/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/vault.h"
#include "vault/ingest.h"

#define NAME "vault ingest"
#define PROGRESS_NS (PST_NS_PER_S / 2)

static const char help[] =
	"usage: postern vault ingest DIR [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Takes the parcels of lanes that seal for this vault: DIR is the copy of a lane's inbox.\n"
	"Each is checked, opened, sealed anew and stored; then its file is removed. What was "
	"taken\n"
	"before is skipped and removed. What is refused is named, and stays.\n"
	"\n" VAULT_HELP "  --dry-run          checks and opens all, stores and removes nothing\n"
	"\n"
	"Exit status: 0 done; 1 some were refused or came too late; 2 usage, or DIR cannot be "
	"read;\n"
	"4 it could not be logged, or the vault's clock is held; 5 vault.\n";

struct command {
	struct vault_line line;
	struct pst_vault_ingested done;
	json_t *files;
	bool progress;
	bool progress_shown;
	int64_t told_ns;
};

static const char *fate_name(enum pst_vault_parcel_fate fate)
{
	static const char *const names[] = {"unset", "refused", "expired", "skipped", "taken"};

	return names[fate];
}

static void clear_progress(struct command *command)
{
	if (command->progress_shown) {
		(void)fputs("\r\033[K", stderr);
		command->progress_shown = false;
	}
}

static void show_progress(struct command *command, const struct pst_vault_ingested *so_far)
{
	int64_t now_ns = pst_clock_mono_ns();

	if (command->progress && now_ns - command->told_ns >= PROGRESS_NS) {
		command->told_ns = now_ns;
		command->progress_shown = true;
		(void)fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " parcels",
			so_far->taken + so_far->skipped + so_far->expired + so_far->refused,
			so_far->found);
	}
}

static void hear(void *user, const struct pst_vault_parcel_item *item,
	const struct pst_vault_ingested *so_far)
{
	struct command *command = user;
	bool failed =
		item->fate == PST_VAULT_PARCEL_REFUSED || item->fate == PST_VAULT_PARCEL_EXPIRED;

	if (failed && !command->line.json) {
		clear_progress(command);
		(void)fprintf(stderr, "postern %s: %s: %s\n", NAME, item->file, item->why);
	}
	if (item->fate != PST_VAULT_PARCEL_TAKEN && command->line.json) {
		(void)json_array_append_new(
			command->files, json_pack("{s:s, s:s, s:s}", "file", item->file, "fate",
						fate_name(item->fate), "why", item->why));
	}
	show_progress(command, so_far);
}

static json_t *counts(const struct pst_vault_ingested *done)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "found", (json_int_t)done->found, "taken",
		(json_int_t)done->taken, "skipped", (json_int_t)done->skipped, "expired",
		(json_int_t)done->expired, "refused", (json_int_t)done->refused);
}

static void print(const struct command *command)
{
	const struct pst_vault_ingested *done = &command->done;

	if (command->line.json) {
		json_t *all = counts(done);

		(void)json_object_set_new(all, "dry_run", json_boolean(command->line.dry_run));
		(void)json_object_set(all, "files", command->files);
		pst_cli_print_json(all);
		return;
	}
	(void)printf("%" PRIu64 " parcels: %" PRIu64 " %s, %" PRIu64 " skipped, %" PRIu64
		     " came too late, %" PRIu64 " refused\n",
		done->found, done->taken, command->line.dry_run ? "would be taken" : "taken",
		done->skipped, done->expired, done->refused);
}

static int ingest(struct command *command, struct pst_error *error)
{
	struct vault_line *line = &command->line;
	struct pst_error unlogged = {0};
	char done[64];
	int logged = 0;
	int status = vault_open(line, error);

	if (status == 0) {
		status = vault_audit_start(line, error);
	}
	if (status == 0) {
		status = pst_vault_ingest(line->vault, line->words[0], line->dry_run,
			pst_clock_wall_s(), hear, command, &command->done, error);
		clear_progress(command);
		(void)snprintf(
			done, sizeof(done), "%" PRIu64 " parcels taken", command->done.taken);
		if (!line->dry_run && command->done.found > 0) {
			logged = vault_audit(
				line, "vault.ingested", counts(&command->done), done, &unlogged);
		}
	}
	if (status == 0 || command->done.taken > 0) {
		print(command);
	}
	if (status < 0) {
		return line->vault ? pst_cli_fail(NAME, error) : vault_fail(NAME, error);
	}
	if (logged < 0) {
		return vault_fail(NAME, &unlogged);
	}
	return command->done.refused + command->done.expired > 0 ? PST_EXIT_NO : PST_EXIT_OK;
}

int cmd_vault_ingest(int argc, char **argv)
{
	static const struct vault_options options = {
		.name = NAME, .help = help, .words_max = 1, .changes = true};
	struct command command = {.progress = isatty(STDERR_FILENO), .files = json_array()};
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &command.line);

	if (exit < 0 && command.line.word_count != 1) {
		exit = pst_cli_usage(NAME, "the folder of parcels is missing");
	}
	if (exit < 0) {
		exit = ingest(&command, &error);
	}
	json_decref(command.files);
	vault_finish(&command.line);
	return exit;
}
