/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/bytes.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/vault.h"
#include "vault/escrow.h"

#define NAME "vault recovery"
#define RECOVER "vault recover"

static const char help[] =
	"usage: postern vault recovery new FILE.key FILE.pub\n"
	"       postern vault recovery set FILE.pub [--state DIR] --key FILE [OPTIONS]\n"
	"       postern vault recovery show [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Without its state file nothing in a vault opens. 'new' makes a pair of keys; keep "
	"FILE.key\n"
	"offline. 'set' lets the vault seal the states of all classes longer than 31 days to\n"
	"FILE.pub, in vault.escrow, anew whenever they change; 'postern vault recover' makes the\n"
	"state file from it. Shorter classes and legal holds are never in it. Whoever has an old\n"
	"vault.escrow and FILE.key opens what has expired since: replace copies, do not collect\n"
	"them.\n"
	"\n" VAULT_HELP VAULT_CHANGES_HELP "\n"
	"Exit status: 0 done; 1 not confirmed, or none set (show); 2 usage; 4 done, but not "
	"logged;\n"
	"5 vault.\n";

static const char recover_help[] =
	"usage: postern vault recover --recovery-key FILE [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"Makes a lost or damaged state file anew from vault.escrow. Records of classes that were\n"
	"not in it (31 days or less, legal holds) are lost and deleted.\n"
	"\n"
	"  --recovery-key FILE  what 'postern vault recovery new' made\n" VAULT_HELP
		VAULT_CHANGES_HELP "\n"
	"Exit status: 0 recovered; 1 not confirmed; 2 usage, or the state file opens; 4 done, but\n"
	"not logged; 5 vault.\n";

static int make_pair(const struct vault_line *line, struct pst_error *error)
{
	const char *key = line->words[1], *public_path = line->words[2];
	uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];
	char hex[2 * PST_RATCHET_PUBLIC_SIZE + 2];
	const char *reason = NULL;

	if (access(public_path, F_OK) == 0) {
		(void)pst_error_set(error, -EEXIST, "%s: is there already", public_path);
		return pst_cli_fail(NAME, error);
	}
	int status = pst_keyring_make_key_file(key);
	if (status < 0) {
		(void)pst_error_set(error, status, "%s: %s", key, pst_status_text(status));
		return pst_cli_fail(NAME, error);
	}
	status = pst_escrow_public(key, public_key, &reason);
	if (status < 0) {
		(void)pst_error_set(error, status, "%s: %s", key, reason);
	} else {
		pst_bytes_to_hex(public_key, sizeof(public_key), hex);
		hex[sizeof(hex) - 2] = '\n';
		status = pst_fd_replace_file(public_path, hex, sizeof(hex) - 1, 0644, error);
	}
	if (status < 0) {
		(void)unlink(key);
		return pst_cli_fail(NAME, error);
	}
	(void)printf("%s: keep it offline, in more than one place\n%s: for 'postern vault recovery "
		     "set'\n",
		key, public_path);
	return PST_EXIT_OK;
}

static int set_key(struct vault_line *line, struct pst_error *error)
{
	uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];
	char hex[2 * PST_RATCHET_PUBLIC_SIZE + 1];
	struct pst_vault_recovery recovery;
	int status = pst_audit_read_public(line->words[1], public_key, error);

	if (status < 0) {
		return pst_cli_fail(NAME, error);
	}
	pst_bytes_to_hex(public_key, sizeof(public_key), hex);
	if (vault_open(line, error) < 0 ||
		pst_vault_recovery_read(line->vault, &recovery, error) < 0) {
		return vault_fail(NAME, error);
	}
	if (!line->dry_run && recovery.is_set) {
		int exit = vault_confirm(line, NAME, "Replace the recovery key that is set?");

		if (exit >= 0) {
			return exit;
		}
	}
	if (!line->dry_run &&
		(pst_vault_recovery_set(line->vault, public_key, pst_clock_wall_s(), error) < 0 ||
			vault_audit(line, "vault.recovery", json_pack("{s:s}", "key", hex),
				"the recovery key is set", error) < 0)) {
		return vault_fail(NAME, error);
	}
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:b, s:b}", "key", hex, "replaced",
			recovery.is_set, "dry_run", line->dry_run));
	} else {
		(void)printf(
			"recovery key %.16s %s\n", hex, line->dry_run ? "would be set" : "set");
	}
	return PST_EXIT_OK;
}

static int show(struct vault_line *line, struct pst_error *error)
{
	struct pst_vault_recovery recovery;
	char hex[2 * PST_RATCHET_PUBLIC_SIZE + 1], made[PST_CLOCK_TEXT_SIZE];

	if (vault_open(line, error) < 0 ||
		pst_vault_recovery_read(line->vault, &recovery, error) < 0) {
		return vault_fail(NAME, error);
	}
	pst_bytes_to_hex(recovery.public_key, sizeof(recovery.public_key), hex);
	pst_clock_format_s(recovery.made_s, made);
	if (line->json) {
		pst_cli_print_json(json_pack("{s:b, s:s, s:b, s:s, s:i}", "set", recovery.is_set,
			"key", hex, "good", recovery.is_good, "made", made, "classes",
			(int)recovery.classes));
	} else if (!recovery.is_set) {
		(void)puts("no recovery key");
	} else if (!recovery.is_good) {
		(void)printf("recovery key %.16s: vault.escrow is missing or damaged\n", hex);
	} else {
		(void)printf("recovery key %.16s: %u classes sealed to it, %s\n", hex,
			recovery.classes, made);
	}
	return recovery.is_set ? PST_EXIT_OK : PST_EXIT_NO;
}

static int run(struct vault_line *line, struct pst_error *error)
{
	static const struct {
		const char *verb;
		int words;
		int (*run)(struct vault_line *line, struct pst_error *error);
	} verbs[] = {{"set", 2, set_key}, {"show", 1, show}};
	const char *verb = line->word_count ? line->words[0] : "";

	if (strcmp(verb, "new") == 0 && line->word_count == 3) {
		return make_pair(line, error);
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].verb) == 0 && line->word_count == verbs[i].words) {
			return verbs[i].run(line, error);
		}
	}
	return pst_cli_usage(NAME, "one of 'new FILE.key FILE.pub', 'set FILE.pub' and 'show' is "
				   "needed");
}

int cmd_vault_recovery(int argc, char **argv)
{
	static const struct vault_options options = {
		.name = NAME, .help = help, .words_max = 3, .changes = true};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = run(&line, &error);
	}
	vault_finish(&line);
	return exit;
}

static int recover(struct vault_line *line, const char *recovery_key, struct pst_error *error)
{
	struct pst_vault_recovered done = {0};
	char made[PST_CLOCK_TEXT_SIZE];
	int exit = line->dry_run ? -1
				 : vault_confirm(line, RECOVER,
					   "Make a new state file? What is not in vault.escrow is "
					   "lost.");
	if (exit >= 0) {
		return exit;
	}
	int status = pst_cli_key_source(&line->key, /* twice= */ false, &line->source, error);
	if (status == 0) {
		status = pst_vault_recover(line->state, &line->source, recovery_key,
			pst_clock_wall_s(), line->dry_run, &done, error);
	}
	if (status == 0 && !line->dry_run) {
		status = vault_open(line, error);
	}
	if (status == 0 && !line->dry_run) {
		status = vault_audit(line, "vault.recovered",
			json_pack("{s:I, s:I}", "records", (json_int_t)done.records, "lost",
				(json_int_t)done.lost),
			"recovered", error);
	}
	if (status < 0) {
		return pst_cli_fail(RECOVER, error);
	}
	pst_clock_format_s(done.escrow.made_s, made);
	if (line->json) {
		pst_cli_print_json(json_pack("{s:s, s:i, s:I, s:I, s:b}", "made", made, "classes",
			(int)done.escrow.classes, "records", (json_int_t)done.records, "lost",
			(json_int_t)done.lost, "dry_run", line->dry_run));
	} else if (line->dry_run) {
		(void)printf(
			"%u classes would be recovered, as of %s\n", done.escrow.classes, made);
	} else {
		(void)printf("%u classes recovered, as of %s: %llu records are there, %llu are "
			     "lost\n",
			done.escrow.classes, made, (unsigned long long)done.records,
			(unsigned long long)done.lost);
	}
	return PST_EXIT_OK;
}

static int take_recovery_key(void *context, int option)
{
	(void)option;
	*(const char **)context = optarg;
	return PST_EXIT_OK;
}

int cmd_vault_recover(int argc, char **argv)
{
	static const struct option own[] = {
		{"recovery-key", required_argument, NULL, VAULT_OPTION}, {0}};
	const char *recovery_key = NULL;
	const struct vault_options options = {.name = RECOVER,
		.help = recover_help,
		.changes = true,
		.options = own,
		.take = take_recovery_key,
		.context = &recovery_key};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = recovery_key ? recover(&line, recovery_key, &error)
				    : pst_cli_usage(RECOVER, "--recovery-key is needed");
	}
	vault_finish(&line);
	return exit;
}
