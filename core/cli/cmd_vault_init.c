/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/vault.h"

#define NAME "vault init"

static const char help[] =
	"usage: postern vault init [--state DIR] --key FILE\n"
	"\n"
	"Makes a vault. The key file is made, too, if it is missing.\n"
	"\n" VAULT_HELP "\n"
	"Exit status: 0 made; 2 usage, or a vault is there; 5 the key cannot be used.\n";

static int init(struct vault_line *line, struct pst_error *error)
{
	int status = pst_cli_key_source(&line->key, /* twice= */ true, &line->source, error);
	int made = 0;

	if (status == 0) {
		made = status = pst_cli_key_make_file(&line->key, error);
	}
	if (status >= 0) {
		status = pst_vault_init(line->state, &line->source, pst_clock_wall_s(), error);
	}
	if (status < 0) {
		if (made == 1) {
			(void)unlink(line->key.file);
		}
		return vault_fail(NAME, error);
	}
	if (line->json) {
		pst_cli_print_json(
			json_pack("{s:s, s:b}", "state", line->state, "key_file_made", made == 1));
		return PST_EXIT_OK;
	}
	(void)printf("vault made in %s\n", line->state);
	if (made == 1) {
		(void)printf("key file made: %s\nKeep a copy in another place: without it nothing "
			     "in the vault opens again.\n",
			line->key.file);
	}
	return PST_EXIT_OK;
}

int cmd_vault_init(int argc, char **argv)
{
	static const struct vault_options options = {.name = NAME, .help = help};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = init(&line, &error);
	}
	vault_finish(&line);
	return exit;
}
