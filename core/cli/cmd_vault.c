/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "cli/vault.h"
#include "pipeline/agree.h"

enum {
	OPTION_STATE = 'S',
	OPTION_DRY_RUN = 'n',
	OPTION_YES = 'y',
};

static const struct option common[] = {
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, 'j'},
	{"state", required_argument, NULL, OPTION_STATE},
	PST_CLI_KEY_OPTIONS("", PST_CLI_KEY),
};

static const struct option changing[] = {
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"yes", no_argument, NULL, OPTION_YES},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void list_options(const struct vault_options *own, struct option *to)
{
	size_t count = COUNT(common);

	memcpy(to, common, sizeof(common));
	if (own->changes) {
		memcpy(to + count, changing, sizeof(changing));
		count += COUNT(changing);
	}
	for (size_t i = 0; own->options && own->options[i].name; i++) {
		assert(i < VAULT_OPTIONS_MAX);
		to[count++] = own->options[i];
	}
	to[count] = (struct option){0};
}

static int take_option(const struct vault_options *own, struct vault_line *line, int option)
{
	struct pst_error error = {0};

	if (pst_cli_key_is_option(PST_CLI_KEY, option)) {
		return pst_cli_key_take(&line->key, PST_CLI_KEY, option, optarg, &error) < 0
			       ? pst_cli_fail(own->name, &error)
			       : PST_EXIT_OK;
	}
	switch (option) {
	case 'j':
		line->json = true;
		return PST_EXIT_OK;
	case OPTION_STATE:
		line->state_option = optarg;
		return PST_EXIT_OK;
	case OPTION_DRY_RUN:
		line->dry_run = true;
		return PST_EXIT_OK;
	case OPTION_YES:
		line->yes = true;
		return PST_EXIT_OK;
	default:
		return own->take(own->context, option);
	}
}

int vault_read_line(
	const struct vault_options *own, int argc, char **argv, struct vault_line *ret_line)
{
	struct option options[COUNT(common) + COUNT(changing) + VAULT_OPTIONS_MAX + 1];
	struct pst_error error = {0};
	int option;

	*ret_line = (struct vault_line){.key = PST_CLI_KEY_INIT};
	list_options(own, options);
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(own->help, stdout);
			return PST_EXIT_OK;
		}
		int status = option == '?' || option == ':'
				     ? pst_cli_bad_option(own->name, option, argv)
				     : take_option(own, ret_line, option);
		if (status != PST_EXIT_OK) {
			return status;
		}
	}
	if (argc - optind > own->words_max) {
		return pst_cli_usage(
			own->name, "'%s' is one word too many", argv[optind + own->words_max]);
	}
	ret_line->words = argv + optind;
	ret_line->word_count = argc - optind;
	return pst_cli_state_dir(
		       ret_line->state_option, ret_line->state, sizeof(ret_line->state), &error) < 0
		       ? pst_cli_fail(own->name, &error)
		       : -1;
}

int vault_open(struct vault_line *line, struct pst_error *error)
{
	int status = pst_cli_key_source(&line->key, /* twice= */ false, &line->source, error);

	return status < 0 ? status
			  : pst_vault_open_timed(&line->vault, line->state, &line->source,
				    &pst_vault_times_here, pst_clock_wall_s(), error);
}

int vault_confirm(const struct vault_line *line, const char *name, const char *question)
{
	char answer[16] = "";

	if (line->yes) {
		return -1;
	}
	if (!isatty(STDIN_FILENO)) {
		return pst_cli_usage(name, "this cannot be undone, and nobody can be asked here; "
					   "give --yes (or --dry-run to see)");
	}
	(void)fprintf(stderr, "%s It cannot be undone. Type yes: ", question);
	(void)fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin) || strcmp(answer, "yes\n") != 0) {
		(void)fprintf(stderr, "nothing changed\n");
		return PST_EXIT_NO;
	}
	return -1;
}

/* The log's next checkpoint signs what the vault holds now. */
static int append(
	const struct vault_line *line, const char *kind, const char *text, struct pst_error *error)
{
	struct pst_audit *audit;
	int status = pst_audit_open(&audit, line->state, pst_vault_signer(line->vault), error);

	if (status < 0) {
		return status;
	}
	status = pst_audit_append(audit, kind, text, NULL, error);
	if (status == 0) {
		status = pst_agree(line->vault, audit, error);
	}
	int closed = pst_audit_close(&audit);

	return status < 0 ? status : closed;
}

int vault_audit_start(const struct vault_line *line, struct pst_error *error)
{
	struct pst_audit *audit;
	int status = pst_audit_open(&audit, line->state, pst_vault_signer(line->vault), error);

	if (status == 0) {
		status = pst_audit_close(&audit);
	}
	if (status < 0) {
		(void)pst_error_set(
			error, status, "%s: the audit log cannot be written", line->state);
		error->status = PST_E_UNSAFE;
	}
	return status < 0 ? PST_E_UNSAFE : 0;
}

int vault_log(const struct vault_line *line, const char *kind, json_t *payload, const char *done,
	struct pst_error *error)
{
	char *text = payload ? json_dumps(payload, JSON_COMPACT) : NULL;
	int status = text ? append(line, kind, text, error)
			  : pst_error_set(error, -ENOMEM, "out of memory");

	json_decref(payload);
	free(text);
	if (status < 0) {
		pst_error_prefix(error, "%s, but not logged", done);
		error->status = PST_E_UNSAFE;
		return PST_E_UNSAFE;
	}
	return 0;
}

int vault_audit(const struct vault_line *line, const char *kind, json_t *payload, const char *done,
	struct pst_error *error)
{
	char path[PATH_MAX];

	if (pst_text_path(path, sizeof(path), line->state, PST_AUDIT_LOG) == 0 &&
		access(path, F_OK) < 0) {
		json_decref(payload);
		return 0;
	}
	return vault_log(line, kind, payload, done, error);
}

void vault_finish(struct vault_line *line)
{
	pst_vault_close(&line->vault);
	pst_cli_key_finish(&line->key);
}

int vault_fail(const char *name, const struct pst_error *error)
{
	int exit = pst_cli_fail(name, error);

	return error->status == PST_E_NOT_FOUND ? PST_EXIT_VAULT : exit;
}

void vault_until(int64_t now_s, int64_t then_s, char text[PST_CLOCK_TEXT_SIZE])
{
	if (then_s <= now_s) {
		(void)snprintf(text, PST_CLOCK_TEXT_SIZE, "expired");
	} else {
		pst_table_span(then_s - now_s, text);
	}
}

int cmd_vault(int argc, char **argv)
{
	static const struct pst_cli_action action[] = {
		{"init", "make a vault and, if it is missing, its key file", cmd_vault_init},
		{"status", "what is kept, until when, and what is overdue", cmd_vault_status},
		{"list", "the records, one line each", cmd_vault_list},
		{"verify", "check everything, also against the audit log", cmd_vault_verify},
		{"purge", "delete what has expired", cmd_vault_purge},
		{"forget", "delete a person's records before their time", cmd_vault_forget},
		{"hold", "keep records beyond their time: add, list, release", cmd_vault_hold},
		{"backup", "copy the sealed database and its keys", cmd_vault_backup},
		{"restore", "put a backup in the database's place", cmd_vault_restore},
		{"recovery", "an offline key for when the state file is lost: new, set, show",
			cmd_vault_recovery},
		{"recover", "make a lost state file anew with it", cmd_vault_recover},
		{"lane-key", "lanes that seal for the vault and cannot read", cmd_vault_lane_key},
		{"ingest", "take what such lanes sealed", cmd_vault_ingest},
		{"clock", "whether the clock is believed; say that it is right", cmd_vault_clock},
		{"transform", "turn all templates by another secret matrix", cmd_vault_transform},
		{"key", "the keys that open it: list, add, remove", cmd_vault_key},
		{"rotate", "a new root key; records stay", cmd_vault_rotate},
	};
	static const struct pst_cli_actions actions = {
		.command = "vault",
		.help = "usage: postern vault ACTION [--state DIR] --key FILE [OPTIONS]\n\n"
			"Sealed templates and their keys. Every opening also purges what has "
			"expired.\n",
		.example = "status --key FILE",
		.action = action,
		.count = COUNT(action),
	};

	return pst_cli_act(&actions, argc, argv);
}
