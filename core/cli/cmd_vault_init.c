/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/vault.h"

#define NAME "vault init"

static const char help[] =
	"usage: postern vault init [--state DIR] --key FILE [--transform]\n"
	"\n"
	"Makes a vault. The key file is made, too, if it is missing.\n"
	"\n" VAULT_HELP
	"  --transform        embeddings are multiplied by a secret matrix of the vault; other\n"
	"                     templates cannot be stored then\n"
	"\n"
	"Exit status: 0 made; 2 usage, or a vault is there; 5 the key cannot be used.\n";

enum { OPTION_TRANSFORM = VAULT_OPTION };

static int add_transform(struct vault_line *line, struct pst_error *error)
{
	int64_t now_s = pst_clock_wall_s();
	int status = pst_vault_open(&line->vault, line->state, &line->source, now_s, error);

	if (status == 0) {
		status = pst_vault_transform_renew(line->vault, now_s, error);
	}
	if (status < 0) {
		pst_error_prefix(error, "a vault was made, but without a transform");
	}
	return status;
}

static int init(struct vault_line *line, bool transform, struct pst_error *error)
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
	if (transform && add_transform(line, error) < 0) {
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

static int take(void *context, int option)
{
	bool *transform = context;

	*transform = option == OPTION_TRANSFORM;
	return PST_EXIT_OK;
}

int cmd_vault_init(int argc, char **argv)
{
	static const struct option own[] = {
		{"transform", no_argument, NULL, OPTION_TRANSFORM}, {0}};
	bool transform = false;
	const struct vault_options options = {
		.name = NAME, .help = help, .options = own, .take = take, .context = &transform};
	struct vault_line line;
	struct pst_error error = {0};
	int exit = vault_read_line(&options, argc, argv, &line);

	if (exit < 0) {
		exit = init(&line, transform, &error);
	}
	vault_finish(&line);
	return exit;
}
