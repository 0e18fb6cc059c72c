/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>

#include "audit/elsewhere.h"
#include "base/text.h"
#include "cli/audit.h"
#include "cli/cli.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	OPTION_JSON = 256,
	OPTION_STATE,
};

static const struct option options[] = {
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"state", required_argument, NULL, OPTION_STATE},
	{"public-key", required_argument, NULL, AUDIT_PUBLIC_KEY},
	{"at-least", required_argument, NULL, AUDIT_AT_LEAST},
	{"from", required_argument, NULL, AUDIT_FROM},
	{"to", required_argument, NULL, AUDIT_TO},
	{"last", required_argument, NULL, AUDIT_LAST},
	{"kind", required_argument, NULL, AUDIT_KIND},
	{"file", required_argument, NULL, AUDIT_FILE},
	{"verification-key", required_argument, NULL, AUDIT_SEEDS},
	{"witness", required_argument, NULL, AUDIT_WITNESS},
	{"cosignatures", required_argument, NULL, AUDIT_COSIGNATURES},
	{"key", required_argument, NULL, AUDIT_KEY},
	PST_CLI_KEY_OPTIONS("", PST_CLI_KEY),
	{"yes", no_argument, NULL, AUDIT_YES},
	{0},
};

/* The options that an action takes; the others are unknown to it. */
static void list_options(unsigned takes, struct option to[COUNT(options)])
{
	size_t count = 0;

	for (size_t i = 0; i + 1 < COUNT(options); i++) {
		int value = options[i].val;
		bool of_vault = pst_cli_key_is_option(PST_CLI_KEY, value);

		if (of_vault ? takes & AUDIT_VAULT_KEY
			     : value < AUDIT_PUBLIC_KEY || (takes & (unsigned)value)) {
			to[count++] = options[i];
		}
	}
	to[count] = (struct option){0};
}

static int take_number(const char *name, const char *option, int64_t *ret_value)
{
	if (pst_text_parse_int(optarg, 1, INT64_MAX, ret_value) < 0) {
		return pst_cli_usage(name, "%s: '%s' is not a number from 1", option, optarg);
	}
	return PST_EXIT_OK;
}

static int take_option(const char *name, struct audit_line *line, int option)
{
	struct pst_error error = {0};

	switch (option) {
	case OPTION_JSON:
		line->json = true;
		return PST_EXIT_OK;
	case OPTION_STATE:
		line->state_option = optarg;
		return PST_EXIT_OK;
	case AUDIT_PUBLIC_KEY:
		line->public_key_path = optarg;
		return PST_EXIT_OK;
	case AUDIT_AT_LEAST:
		return take_number(name, "--at-least", &line->at_least);
	case AUDIT_FROM:
		return take_number(name, "--from", &line->from);
	case AUDIT_TO:
		return take_number(name, "--to", &line->to);
	case AUDIT_LAST:
		return take_number(name, "--last", &line->last);
	case AUDIT_KIND:
		line->kind = optarg;
		return PST_EXIT_OK;
	case AUDIT_FILE:
		line->file = optarg;
		return PST_EXIT_OK;
	case AUDIT_SEEDS:
		line->seeds = optarg;
		return PST_EXIT_OK;
	case AUDIT_WITNESS:
		line->witness_path = optarg;
		return PST_EXIT_OK;
	case AUDIT_COSIGNATURES:
		line->cosignatures = optarg;
		return PST_EXIT_OK;
	case AUDIT_KEY:
		line->key.file = optarg;
		return PST_EXIT_OK;
	case AUDIT_YES:
		line->yes = true;
		return PST_EXIT_OK;
	default:
		return pst_cli_key_take(&line->key, PST_CLI_KEY, option, optarg, &error) < 0
			       ? pst_cli_fail(name, &error)
			       : PST_EXIT_OK;
	}
}

/* What was given together, and the keys that were named. */
static int check_line(const struct audit_options *own, struct audit_line *line)
{
	struct pst_error error = {0};

	if (own->word && !line->word) {
		return pst_cli_usage(own->name, "%s is missing", own->word);
	}
	if (line->file && line->state_option && own->takes & AUDIT_FILE) {
		return pst_cli_usage(own->name, "--file or --state, not both");
	}
	if (!line->witness_path != !line->cosignatures) {
		return pst_cli_usage(own->name, "--witness and --cosignatures go together");
	}
	if ((line->public_key_path &&
		    pst_audit_read_public(line->public_key_path, line->public_key, &error) < 0) ||
		(line->witness_path &&
			pst_audit_read_public(line->witness_path, line->witness, &error) < 0) ||
		pst_cli_state_dir(line->state_option, line->state, sizeof(line->state), &error) <
			0) {
		return pst_cli_fail(own->name, &error);
	}
	return -1;
}

int audit_read_line(
	const struct audit_options *own, int argc, char **argv, struct audit_line *ret_line)
{
	struct option taken[COUNT(options)];
	int option;

	*ret_line = (struct audit_line){.key = PST_CLI_KEY_INIT};
	list_options(own->takes, taken);
	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", taken, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(own->help, stdout);
			return PST_EXIT_OK;
		}
		int status = option == '?' || option == ':'
				     ? pst_cli_bad_option(own->name, option, argv)
				     : take_option(own->name, ret_line, option);
		if (status != PST_EXIT_OK) {
			return status;
		}
	}
	int words = own->word ? 1 : 0;
	if (argc - optind > words) {
		return pst_cli_usage(own->name, "'%s' is one word too many", argv[optind + words]);
	}
	ret_line->word = argv[optind];
	return check_line(own, ret_line);
}

void audit_finish(struct audit_line *line)
{
	pst_cli_key_finish(&line->key);
}

int audit_recompute(
	const struct audit_line *line, struct pst_audit_report *ret_report, struct pst_error *error)
{
	const struct pst_audit_trust trust = {
		.dir = line->state,
		.file = line->file,
		.public_key = line->public_key_path ? line->public_key : NULL,
		.at_least = (uint64_t)line->at_least,
		.seeds = line->seeds,
		.witness = line->witness_path ? line->witness : NULL,
		.cosignatures = line->cosignatures,
	};

	return pst_audit_verify_all(&trust, ret_report, error);
}

int audit_fail(const char *name, const struct pst_error *error)
{
	int exit = pst_cli_fail(name, error);

	return error->status == PST_E_CORRUPT ? PST_EXIT_NO : exit;
}

int cmd_audit(int argc, char **argv)
{
	static const struct pst_cli_action action[] = {
		{"verify", "recompute a log or a bundle from its content", cmd_audit_verify},
		{"ledger", "verify, then recompute what became of every frame", cmd_audit_ledger},
		{"show", "print the entries", cmd_audit_show},
		{"export", "write entries into a bundle that others can verify", cmd_audit_export},
		{"witness", "sign, on another machine, what a log has grown to", cmd_audit_witness},
		{"take-key", "move the verification key away from here", cmd_audit_take_key},
		{"new-key", "begin a new MAC key where the old one is lost", cmd_audit_new_key},
	};
	static const struct pst_cli_actions actions = {
		.command = "audit",
		.help = "usage: postern audit ACTION [--state DIR] [OPTIONS]\n\n"
			"The log of decisions: chained, signed, without names. Verification "
			"recomputes all of it\nand needs no vault key.\n",
		.example = "verify",
		.action = action,
		.count = COUNT(action),
	};

	return pst_cli_act(&actions, argc, argv);
}
