/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/receipt.h"
#include "audit/slip.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/receipt_print.h"

#define COMMAND "receipt"

static const char help[] =
	"usage: postern receipt verify FILE [--public-key FILE | --state DIR]\n"
	"                              [--slip FILE] [--json]\n"
	"       postern receipt show FILE [--format text|html|json]\n"
	"                            [--public-key FILE | --state DIR]\n"
	"\n"
	"verify: checks a traveler's receipt offline. With --public-key only the key is needed;\n"
	"otherwise the key and the audit log are those of the state directory, and the receipt's\n"
	"place in the log is checked too. With --slip it must also be the receipt that a display\n"
	"showed: what was read from its QR code.\n"
	"\n"
	"show: prints a receipt in words, for the person who holds it. With --public-key or\n"
	"--state it is verified first, and one that is not genuine is not shown.\n"
	"\n"
	"  --public-key FILE  the operator's audit.pub\n"
	"  --state DIR        state directory\n"
	"  --slip FILE        verify: the text of the receipt's QR code\n"
	"  --format FORMAT    show: text, html (one page to print) or json (the receipt as it is)\n"
	"  --json             verify: the result as JSON; show: --format json\n"
	"\n"
	"Exit status: 0 it is genuine; 1 it is not; 2 usage, or a file that cannot be read.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_STATE,
	OPTION_PUBLIC_KEY,
	OPTION_FORMAT,
	OPTION_SLIP,
};

static const struct option options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"state", required_argument, NULL, OPTION_STATE},
	{"public-key", required_argument, NULL, OPTION_PUBLIC_KEY},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"slip", required_argument, NULL, OPTION_SLIP},
	{0},
};

static const char *const verbs[] = {"verify", "show", NULL};
static const char *const formats[] = {"text", "html", "json", NULL};
enum { VERB_VERIFY, VERB_SHOW };
enum { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON };

struct command {
	const char *state_option;
	const char *public_key_path;
	const char *slip_path;
	int verb;
	int format;
	const char *path;
	char state[PATH_MAX];
	char *json; /* the file */
	struct pst_receipt *receipt;
	bool in_log;
};

static int find_entry(void *user, const struct pst_audit_item *item)
{
	struct command *command = user;

	if (item->sequence == command->receipt->info.audit_sequence) {
		command->in_log =
			memcmp(item->hash, command->receipt->audit_hash, PST_CHAIN_SIZE) == 0;
		return 1;
	}
	return 0;
}

static int check_log(struct command *command, struct pst_error *error)
{
	uint64_t sequence = command->receipt->info.audit_sequence;

	if (sequence == 0) {
		return pst_error_set(error, PST_E_CORRUPT,
			"%s names no entry of the log, which could not be written when it was "
			"issued; with --public-key its signature alone is checked",
			command->path);
	}
	int status = pst_audit_each(command->state, find_entry, command, error);

	if (status < 0) {
		return status;
	}
	if (!command->in_log) {
		return pst_error_set(error, PST_E_CORRUPT,
			"the log of %s does not hold entry %" PRIu64
			" as the receipt names it: the log was cut or rewritten",
			command->state, sequence);
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

static void print_result(const struct command *command)
{
	const struct pst_receipt_info *info = &command->receipt->info;

	if (command->format == FORMAT_JSON) {
		pst_cli_print_json(json_pack("{s:b, s:i, s:s, s:s, s:s, s:s, s:I, s:b}", "ok", 1,
			"schema", command->receipt->schema, "id", info->id, "outcome",
			info->outcome, "rule", info->rule, "issued", info->issued, "audit_sequence",
			(json_int_t)info->audit_sequence, "in_log", command->in_log));
		return;
	}
	(void)printf("ok      %s\n", command->path);
	(void)printf("        receipt %s of %s\n", info->id, info->issued);
	(void)printf("        outcome %s, rule %s\n", info->outcome, info->rule);
	if (info->audit_sequence > 0) {
		(void)printf("        audit entry %" PRIu64 "%s\n", info->audit_sequence,
			command->in_log ? ", found in the log" : "");
	}
}

/* @return a status; its error is not yet told */
static int check_slip(const struct command *command, struct pst_error *error)
{
	size_t size;
	char *slip = NULL;
	json_t *document = json_loads(command->json, 0, NULL);
	int status = pst_fd_read_file(
		command->slip_path, PST_RECEIPT_SIZE_MAX, (uint8_t **)&slip, &size, error);

	if (status == 0) {
		status = pst_slip_check(slip, document, error);
		if (status < 0) {
			pst_error_prefix(error, "%s", command->slip_path);
		}
	}
	free(slip);
	json_decref(document);
	return status;
}

/* @return a status; its error is not yet told */
static int verify(struct command *command, const uint8_t public_key[PST_SIGN_PUBLIC_SIZE],
	struct pst_error *error)
{
	int status = pst_receipt_verify(command->receipt, public_key, error);

	if (status < 0) {
		pst_error_prefix(error, "%s", command->path);
	} else if (!command->public_key_path) {
		status = check_log(command, error);
	}
	if (status == 0 && command->slip_path) {
		status = check_slip(command, error);
	}
	return status;
}

/* @return a status; a file that is no receipt is a clean no */
static int read_receipt(struct command *command, struct pst_error *error)
{
	size_t size;
	int status = pst_fd_read_file(
		command->path, PST_RECEIPT_SIZE_MAX, (uint8_t **)&command->json, &size, error);

	if (status == 0) {
		status = pst_receipt_open(command->json, size, &command->receipt, error);
		if (status < 0) {
			pst_error_prefix(error, "%s", command->path);
		}
	}
	return status;
}

static void show(const struct command *command, bool verified)
{
	if (command->format == FORMAT_JSON) {
		(void)puts(command->json);
	} else {
		pst_receipt_print(
			command->receipt, command->format == FORMAT_HTML, verified, stdout);
	}
}

static int run(struct command *command)
{
	struct pst_error error = {0};
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	bool verifies =
		command->verb == VERB_VERIFY || command->public_key_path || command->state_option;
	int status = verifies ? load_key(command, public_key, &error) : 0;
	bool has_key = status == 0;

	if (status == 0) {
		status = read_receipt(command, &error);
	}
	if (status == 0 && verifies) {
		status = verify(command, public_key, &error);
	}
	if (status < 0) {
		int exit = pst_cli_fail(COMMAND, &error);
		bool is_no = has_key && (status == PST_E_CORRUPT || status == PST_E_MISMATCH ||
						status == PST_E_FORMAT);

		if (is_no && command->verb == VERB_VERIFY && command->format == FORMAT_JSON) {
			pst_cli_print_json(json_pack(
				"{s:b, s:s}", "ok", 0, "finding", pst_status_name(status)));
		}
		return is_no ? PST_EXIT_NO : exit;
	}
	assert(command->receipt);
	if (command->verb == VERB_VERIFY) {
		print_result(command);
	} else {
		show(command, verifies);
	}
	return PST_EXIT_OK;
}

static int take_option(struct command *command, int option)
{
	switch (option) {
	case OPTION_JSON:
		command->format = FORMAT_JSON;
		return 0;
	case OPTION_STATE:
		command->state_option = optarg;
		return 0;
	case OPTION_PUBLIC_KEY:
		command->public_key_path = optarg;
		return 0;
	case OPTION_SLIP:
		command->slip_path = optarg;
		return 0;
	default:
		command->format = pst_text_index(formats, optarg);
		return command->format < 0
			       ? pst_cli_usage(COMMAND, "--format: '%s' is not text, html or json",
					 optarg)
			       : 0;
	}
}

/* What stands behind the options. @return an exit status, or -1 to go on */
static int take_words(struct command *command, int count, char **words)
{
	if (count > 0) {
		command->verb = pst_text_index(verbs, words[0]);
		if (command->verb < 0) {
			return pst_cli_usage(COMMAND, "unknown '%s': verify or show", words[0]);
		}
	}
	if (count < 2) {
		return pst_cli_usage(
			COMMAND, "%s FILE is needed", count > 0 ? words[0] : "verify or show");
	}
	if (count > 2) {
		return pst_cli_usage(COMMAND, "'%s' is one word too many", words[2]);
	}
	if (command->verb == VERB_VERIFY && command->format == FORMAT_HTML) {
		return pst_cli_usage(COMMAND, "--format is of show");
	}
	if (command->verb == VERB_SHOW && command->slip_path) {
		return pst_cli_usage(COMMAND, "--slip is of verify");
	}
	command->path = words[1];
	return -1;
}

/* @return an exit status, or -1 to go on */
static int parse(struct command *command, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == OPTION_HELP || option == 'h') {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(COMMAND, option, argv);
		}
		int status = take_option(command, option);
		if (status != 0) {
			return status;
		}
	}
	return take_words(command, argc - optind, argv + optind);
}

int cmd_receipt(int argc, char **argv)
{
	struct command command = {0};
	int exit = parse(&command, argc, argv);

	if (exit < 0) {
		exit = run(&command);
	}
	pst_receipt_close(&command.receipt);
	free(command.json);
	return exit;
}
