/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/vault.h"

#define NAME "vault transform"

static const char help[] =
	"usage: postern vault transform renew [--state DIR] --key FILE [OPTIONS]\n"
	"       postern vault transform show [--state DIR] --key FILE [OPTIONS]\n"
	"\n"
	"A vault with a transform multiplies every embedding by a secret orthogonal matrix of its\n"
	"own before it seals it. Scores stay the same; templates of two vaults cannot be linked.\n"
	"'renew' draws another matrix and turns all records, all of them or none, so that what\n"
	"was taken from the vault before matches nothing in it. It also gives a transform to a\n"
	"vault that has none.\n"
	"\n" VAULT_HELP VAULT_CHANGES_HELP "\n"
	"Exit status: 0 done; 1 not confirmed; 2 usage, or a template that cannot be\n"
	"transformed; 5 vault.\n";

static int print(const struct vault_line *line, uint32_t number, int renewed)
{
	if (line->json) {
		pst_cli_print_json(json_pack("{s:i, s:i, s:b}", "transform", (int)number, "records",
			renewed, "dry_run", line->dry_run));
	} else if (renewed < 0) {
		(void)printf(number ? "transform %u\n" : "no transform\n", number);
	} else {
		(void)printf("transform %u: %d record%s %s\n", number, renewed,
			renewed == 1 ? "" : "s", line->dry_run ? "would be turned" : "turned");
	}
	return PST_EXIT_OK;
}

static int renew(struct vault_line *line, struct pst_error *error)
{
	struct pst_vault_status status = {0};
	char question[128];
	int64_t now_s = pst_clock_wall_s();

	if (pst_vault_status(line->vault, now_s, &status, error) < 0) {
		return vault_fail(NAME, error);
	}
	if (line->dry_run) {
		return print(line, status.transform + 1, (int)(status.records - status.expired));
	}
	(void)snprintf(question, sizeof(question),
		"Turn all templates by another transform, number %u?", status.transform + 1);
	int exit = vault_confirm(line, NAME, question);
	if (exit >= 0) {
		return exit;
	}
	int renewed = pst_vault_transform_renew(line->vault, now_s, error);
	if (renewed < 0) {
		return vault_fail(NAME, error);
	}
	if (vault_audit(line, "vault.transform",
		    json_pack("{s:i, s:i}", "transform",
			    (int)pst_vault_transform_number(line->vault), "records", renewed),
		    "templates turned", error) < 0) {
		return vault_fail(NAME, error);
	}
	return print(line, pst_vault_transform_number(line->vault), renewed);
}

int cmd_vault_transform(int argc, char **argv)
{
	static const struct vault_options options = {
		.name = NAME, .help = help, .words_max = 1, .changes = true};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0 && line.word_count == 0) {
		exit = pst_cli_usage(NAME, "one of renew and show is needed");
	}
	bool renews = exit < 0 && strcmp(line.words[0], "renew") == 0;
	if (exit < 0 && !renews && strcmp(line.words[0], "show") != 0) {
		exit = pst_cli_usage(NAME, "unknown '%s': renew or show", line.words[0]);
	}
	if (exit < 0 && vault_open(&line, &error) < 0) {
		exit = vault_fail(NAME, &error);
	}
	if (exit < 0) {
		exit = renews ? renew(&line, &error)
			      : print(&line, pst_vault_transform_number(line.vault), -1);
	}
	vault_finish(&line);
	return exit;
}
