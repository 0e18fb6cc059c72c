/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/receipt.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"

#define COMMAND "receipt"
#define RECEIPT_MAX 65536 /* bytes */

static const char help[] =
	"usage: postern receipt verify FILE --public-key FILE [--json]\n"
	"       postern receipt verify FILE [--state DIR] [--json]\n"
	"\n"
	"Checks a traveler's receipt offline. With --public-key only the key is needed; otherwise\n"
	"the key and the audit log are those of the state directory, and the receipt's place in\n"
	"the log is checked too.\n"
	"\n"
	"  --public-key FILE  the operator's audit.pub\n"
	"  --state DIR        state directory\n"
	"  --json             JSON\n"
	"\n"
	"Exit status: 0 it is genuine; 1 it is not; 2 usage, or a file that cannot be read.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_STATE,
	OPTION_PUBLIC_KEY,
};

static const struct option options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"state", required_argument, NULL, OPTION_STATE},
	{"public-key", required_argument, NULL, OPTION_PUBLIC_KEY},
	{0},
};

struct command {
	const char *state_option;
	const char *public_key_path;
	bool json;
	char state[PATH_MAX];
	struct pst_receipt_summary receipt;
	bool in_log;
};

static int find_entry(void *user, const struct pst_audit_item *item)
{
	struct command *command = user;

	if (item->sequence == command->receipt.audit_sequence) {
		command->in_log =
			memcmp(item->hash, command->receipt.audit_hash, PST_CHAIN_SIZE) == 0;
		return 1;
	}
	return 0;
}

static int check_log(struct command *command, struct pst_error *error)
{
	int status = pst_audit_each(command->state, find_entry, command, error);

	if (status < 0) {
		return status;
	}
	if (!command->in_log) {
		return pst_error_set(error, PST_E_CORRUPT,
			"the log of %s does not hold entry %" PRIu64
			" as the receipt names it: the log was cut or rewritten",
			command->state, command->receipt.audit_sequence);
	}
	return 0;
}

static int load_key(
	struct command *command, uint8_t ret_key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	char path[PATH_MAX];

	if (command->public_key_path) {
		return pst_audit_read_public(command->public_key_path, ret_key, error);
	}
	int status = pst_cli_state_dir(
		command->state_option, command->state, sizeof(command->state), error);
	if (status == 0 &&
		pst_text_path(path, sizeof(path), command->state, PST_AUDIT_PUBLIC) < 0) {
		status = pst_error_set(error, PST_E_CONFIG, "%s: name too long", command->state);
	}
	return status < 0 ? status : pst_audit_read_public(path, ret_key, error);
}

static void print_receipt(const struct command *command, const char *path)
{
	const struct pst_receipt_summary *receipt = &command->receipt;

	if (command->json) {
		pst_cli_print_json(json_pack("{s:b, s:s, s:s, s:s, s:s, s:I, s:b}", "ok", 1, "id",
			receipt->id, "outcome", receipt->outcome, "rule", receipt->rule, "issued",
			receipt->issued, "audit_sequence", (json_int_t)receipt->audit_sequence,
			"in_log", command->in_log));
		return;
	}
	(void)printf("ok      %s\n", path);
	(void)printf("        receipt %s of %s\n", receipt->id, receipt->issued);
	(void)printf("        outcome %s, rule %s\n", receipt->outcome, receipt->rule);
	(void)printf("        audit entry %" PRIu64 "%s\n", receipt->audit_sequence,
		command->in_log ? ", found in the log" : "");
}

static int verify(struct command *command, const char *path, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	uint8_t *json = NULL;
	size_t size = 0;
	int status = load_key(command, public_key, error);

	if (status == 0) {
		status = pst_fd_read_file(path, RECEIPT_MAX, &json, &size, error);
	}
	if (status < 0) {
		return pst_cli_fail(COMMAND, error);
	}
	status = pst_receipt_verify((const char *)json, size, public_key, &command->receipt, error);
	free(json);
	if (status < 0) {
		pst_error_prefix(error, "%s", path);
	} else if (!command->public_key_path) {
		status = check_log(command, error);
	}
	if (status < 0) {
		(void)pst_cli_fail(COMMAND, error);
		if (command->json) {
			pst_cli_print_json(json_pack(
				"{s:b, s:s}", "ok", 0, "finding", pst_status_name(status)));
		}
		return PST_EXIT_NO;
	}
	print_receipt(command, path);
	return PST_EXIT_OK;
}

/* @return an exit status, or -1 to go on */
static int parse(struct command *command, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
		case OPTION_HELP:
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		case OPTION_JSON:
			command->json = true;
			break;
		case OPTION_STATE:
			command->state_option = optarg;
			break;
		case OPTION_PUBLIC_KEY:
			command->public_key_path = optarg;
			break;
		default:
			return pst_cli_bad_option(COMMAND, option, argv);
		}
	}
	if (optind < argc && strcmp(argv[optind], "verify") != 0) {
		return pst_cli_usage(COMMAND, "unknown '%s': verify", argv[optind]);
	}
	if (argc - optind < 2) {
		return pst_cli_usage(COMMAND, "verify FILE is needed");
	}
	if (argc - optind > 2) {
		return pst_cli_usage(COMMAND, "'%s' is one word too many", argv[optind + 2]);
	}
	return -1;
}

int cmd_receipt(int argc, char **argv)
{
	struct command command = {0};
	struct pst_error error = {0};
	int exit = parse(&command, argc, argv);

	return exit >= 0 ? exit : verify(&command, argv[optind + 1], &error);
}
