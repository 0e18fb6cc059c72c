/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/vault.h"
#include "vault/backup.h"

#define NAME "vault restore"

static const char help[] =
	"usage: postern vault restore FROM [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Puts a backup in the place of the database. It is checked first, and brought up to the\n"
	"present: what was deleted since stays deleted, by the present database and the audit "
	"log;\n"
	"what has expired does not open, because the state file is the present one. Interrupted "
	"at\n"
	"any moment it leaves the vault of before or the one of after.\n"
	"\n" VAULT_HELP VAULT_CHANGES_HELP "\n"
	"Exit status: 0 restored; 1 not confirmed; 2 usage, or no backup there; 4 the audit log "
	"does\n"
	"not verify, or restored, but not logged; 5 the backup is damaged or of another vault, or\n"
	"the vault is in use.\n";

static int log_it(
	struct vault_line *line, const struct pst_vault_restoration *done, struct pst_error *error)
{
	int status = vault_open(line, error);

	if (status < 0) {
		return status;
	}
	return vault_log(line, "vault.restored",
		json_pack("{s:I, s:I, s:I, s:I, s:I}", "made_s", (json_int_t)done->backup.created_s,
			"in_backup", (json_int_t)done->in_backup, "restored",
			(json_int_t)done->restored, "expired", (json_int_t)done->expired,
			"forgotten", (json_int_t)done->forgotten),
		"restored", error);
}

static void print(const struct vault_line *line, const struct pst_vault_restoration *done)
{
	char made[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(done->backup.created_s, made);
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b}",
			"made", made, "in_backup", (json_int_t)done->in_backup, "restored",
			(json_int_t)done->restored, "expired", (json_int_t)done->expired,
			"forgotten", (json_int_t)done->forgotten, "damaged",
			(json_int_t)done->damaged, "replaced", done->replaced, "present_unread",
			done->present_unread, "dry_run", line->dry_run));
		return;
	}
	(void)printf("the backup of %s %s %" PRIu64 " records: %" PRIu64 " %s, %" PRIu64
		     " expired, %" PRIu64 " forgotten\n",
		made, line->dry_run ? "holds" : "held", done->in_backup, done->restored,
		line->dry_run ? "would be restored" : "restored", done->expired, done->forgotten);
	if (done->damaged > 0) {
		(void)printf("%" PRIu64 " do not open; 'postern vault verify' names them\n",
			done->damaged);
	}
	if (done->present_unread) {
		(void)puts("the database of before could not be read: what was deleted is known "
			   "from the audit log alone");
	}
}

static int confirm(const struct vault_line *line)
{
	char path[PATH_MAX];

	if (line->dry_run || pst_text_path(path, sizeof(path), line->state, "vault.db") < 0 ||
		access(path, F_OK) < 0) {
		return -1;
	}
	return vault_confirm(
		line, NAME, "Replace the present database? What is only in it is lost.");
}

static int restore(struct vault_line *line, struct pst_error *error)
{
	struct pst_vault_restoration done = {0};
	struct pst_vault_told told = {0};
	struct pst_audit_report report;
	struct pst_vault_backup_info info;
	int status = pst_vault_backup_check(line->words[0], &info, error);

	if (status == 0) {
		status = pst_cli_key_source(&line->key, /* twice= */ false, &line->source, error);
	}
	if (status == 0) {
		status = vault_read_log(line, &told, &report, error);
	}
	int exit = status == 0 ? confirm(line) : -1;
	if (status == 0 && exit < 0) {
		status = pst_vault_restore(line->state, line->words[0], &line->source, &told,
			pst_clock_wall_s(), line->dry_run, &done, error);
	}
	pst_vault_told_finish(&told);
	if (exit >= 0) {
		return exit;
	}
	if (status == 0 && !line->dry_run) {
		status = log_it(line, &done, error);
	}
	if (status < 0) {
		return pst_cli_fail(NAME, error);
	}
	print(line, &done);
	return PST_EXIT_OK;
}

int cmd_vault_restore(int argc, char **argv)
{
	static const struct vault_options options = {
		.name = NAME, .help = help, .words_max = 1, .changes = true};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = line.word_count == 1 ? restore(&line, &error)
					    : pst_cli_usage(NAME, "the backup's folder is needed");
	}
	vault_finish(&line);
	return exit;
}
