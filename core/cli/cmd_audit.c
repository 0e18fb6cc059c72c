/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/audit.h"
#include "cli/cli.h"

#define COMMAND "audit"

static const char help[] =
	"usage: postern audit verify [--state DIR] [--public-key FILE] [--at-least N] [--json]\n"
	"       postern audit ledger [--state DIR] [--public-key FILE] [--at-least N] [--json]\n"
	"       postern audit show   [--state DIR] [--from N] [--last N] [--kind K] [--json]\n"
	"\n"
	"The log of decisions: chained, signed, without names. Verification recomputes all of it\n"
	"and needs no vault key. 'ledger' does the same and then recomputes what became of every\n"
	"frame: no number missing, none twice, none leased outside of a permit, and the workers'\n"
	"own counts agree. It prints each encounter with its frames.\n"
	"\n"
	"  --state DIR        state directory\n"
	"  --public-key FILE  your own copy of audit.pub: whoever rewrites the log can replace "
	"the\n"
	"                     one beside it\n"
	"  --at-least N       the log must hold N entries: a number from a receipt or noted "
	"before\n"
	"  --from N           show: begin at entry N\n"
	"  --last N           show: only the last N\n"
	"  --kind K           show: only entries of this kind\n"
	"  --json             JSON; show: one object per line\n"
	"\n"
	"Exit status: 0 it verifies, and the ledger holds; 1 it does not; 2 usage, or no log "
	"there.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_STATE,
	OPTION_PUBLIC_KEY,
	OPTION_AT_LEAST,
	OPTION_FROM,
	OPTION_LAST,
	OPTION_KIND,
};

static const struct option options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"state", required_argument, NULL, OPTION_STATE},
	{"public-key", required_argument, NULL, OPTION_PUBLIC_KEY},
	{"at-least", required_argument, NULL, OPTION_AT_LEAST},
	{"from", required_argument, NULL, OPTION_FROM},
	{"last", required_argument, NULL, OPTION_LAST},
	{"kind", required_argument, NULL, OPTION_KIND},
	{0},
};

struct command {
	const char *state_option;
	const char *public_key_path;
	const char *kind;
	int64_t at_least;
	int64_t from;
	int64_t last;
	bool json;
	char state[PATH_MAX];
	uint64_t total; /* entries, when only the last are shown */
};

static const char *finding_name(enum pst_audit_finding finding)
{
	static const char *const names[] = {
		"unset", "ok", "edited", "sequence", "signature", "cut", "torn", "key", "header"};

	return names[finding];
}

static json_t *report_json(const struct command *command, const struct pst_audit_report *report)
{
	char head[2 * PST_CHAIN_SIZE + 1], key[2 * PST_SIGN_PUBLIC_SIZE + 1];

	pst_bytes_to_hex(report->head, sizeof(report->head), head);
	pst_bytes_to_hex(report->public_key, sizeof(report->public_key), key);
	return json_pack("{s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:b}",
		"state", command->state, "ok", report->finding == PST_AUDIT_FINDING_OK, "finding",
		finding_name(report->finding), "text", report->text, "bad_sequence",
		(json_int_t)report->bad_sequence, "bad_offset", (json_int_t)report->bad_offset,
		"entries", (json_int_t)report->entries, "checkpoints",
		(json_int_t)report->checkpoints, "signed_entries",
		(json_int_t)report->signed_entries, "first_s", (json_int_t)report->first_s,
		"last_s", (json_int_t)report->last_s, "head", head, "public_key", key, "key_given",
		report->key_given);
}

static void print_report(const struct command *command, const struct pst_audit_report *report)
{
	char hex[2 * PST_CHAIN_SIZE + 1];
	char first[PST_CLOCK_TEXT_SIZE], last[PST_CLOCK_TEXT_SIZE];
	bool ok = report->finding == PST_AUDIT_FINDING_OK;

	(void)printf("%s  %s/%s\n", ok ? "ok    " : "FAILED", command->state, PST_AUDIT_LOG);
	(void)printf("        %s\n", report->text);
	if (report->entries > 0) {
		pst_clock_format_s(report->first_s, first);
		pst_clock_format_s(report->last_s, last);
		(void)printf("        from %s to %s\n", first, last);
		pst_bytes_to_hex(report->head, sizeof(report->head), hex);
		(void)printf("        head %s\n", hex);
	}
	if (!report->key_given) {
		(void)printf("        key from beside the log; to trust it, give your own copy "
			     "with --public-key\n");
	}
}

/* @return 0, PST_E_CORRUPT, or why the log or a key can't be read */
static int recompute(
	struct command *command, struct pst_audit_report *ret_report, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	int status = 0;

	if (command->public_key_path) {
		status = pst_audit_read_public(command->public_key_path, public_key, error);
	}
	if (status == 0) {
		status = pst_audit_verify(command->state,
			command->public_key_path ? public_key : NULL, (uint64_t)command->at_least,
			ret_report, error);
	}
	return status;
}

static int verify(struct command *command, struct pst_error *error)
{
	struct pst_audit_report report = {0};
	int status = recompute(command, &report, error);

	if (status < 0 && status != PST_E_CORRUPT) {
		return pst_cli_fail(COMMAND, error);
	}
	if (command->json) {
		pst_cli_print_json(report_json(command, &report));
	} else {
		print_report(command, &report);
	}
	return status == 0 ? PST_EXIT_OK : PST_EXIT_NO;
}

/* An account is worth nothing before the log that holds it is known to be whole. */
static int ledger(struct command *command, struct pst_error *error)
{
	struct pst_audit_report report = {0};
	int status = recompute(command, &report, error);

	if (status == 0) {
		return pst_cli_audit_ledger(command->state, command->json);
	}
	if (status == PST_E_CORRUPT) {
		(void)pst_cli_fail(COMMAND, error);
		return PST_EXIT_NO;
	}
	return pst_cli_fail(COMMAND, error);
}

static int count_item(void *user, const struct pst_audit_item *item)
{
	((struct command *)user)->total = item->sequence;
	return 0;
}

static int show_item(void *user, const struct pst_audit_item *item)
{
	const struct command *command = user;
	char time[PST_CLOCK_TEXT_SIZE], hash[2 * PST_CHAIN_SIZE + 1];

	if (item->sequence < (uint64_t)command->from ||
		(command->last > 0 && item->sequence + (uint64_t)command->last <= command->total) ||
		(command->kind && strcmp(command->kind, item->kind) != 0)) {
		return 0;
	}
	pst_clock_format_s(item->wall_s, time);
	pst_bytes_to_hex(item->hash, PST_CHAIN_SIZE, hash);
	if (!command->json) {
		(void)printf("%6" PRIu64 "  %s  %-20s  %s\n", item->sequence, time, item->kind,
			item->json);
		return 0;
	}
	json_t *data = json_loads(item->json, 0, NULL);
	json_t *line =
		json_pack("{s:I, s:s, s:s, s:o?, s:s}", "sequence", (json_int_t)item->sequence,
			"time", time, "kind", item->kind, "data", data, "hash", hash);
	(void)json_dumpf(line, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(line);
	return 0;
}

static int show(struct command *command, struct pst_error *error)
{
	int status = 0;

	if (command->last > 0) {
		status = pst_audit_each(command->state, count_item, command, error);
	}
	if (status == 0 || status == PST_E_CORRUPT) {
		*error = (struct pst_error){0};
		status = pst_audit_each(command->state, show_item, command, error);
	}
	if (status == PST_E_CORRUPT) {
		(void)pst_cli_fail(COMMAND, error);
		return PST_EXIT_NO;
	}
	return status < 0 ? pst_cli_fail(COMMAND, error) : PST_EXIT_OK;
}

static int take_number(const char *name, int64_t *ret_value)
{
	if (pst_text_parse_int(optarg, 1, INT64_MAX, ret_value) < 0) {
		return pst_cli_usage(COMMAND, "%s: '%s' is not a number from 1", name, optarg);
	}
	return 0;
}

static int take_option(struct command *command, int option)
{
	switch (option) {
	case OPTION_JSON:
		command->json = true;
		return 0;
	case OPTION_STATE:
		command->state_option = optarg;
		return 0;
	case OPTION_PUBLIC_KEY:
		command->public_key_path = optarg;
		return 0;
	case OPTION_AT_LEAST:
		return take_number("--at-least", &command->at_least);
	case OPTION_FROM:
		return take_number("--from", &command->from);
	case OPTION_LAST:
		return take_number("--last", &command->last);
	default:
		command->kind = optarg;
		return 0;
	}
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
	if (argc == optind) {
		return pst_cli_usage(COMMAND, "verify, ledger or show is needed");
	}
	if (argc - optind > 1) {
		return pst_cli_usage(COMMAND, "'%s' is one word too many", argv[optind + 1]);
	}
	return -1;
}

int cmd_audit(int argc, char **argv)
{
	struct command command = {0};
	struct pst_error error = {0};
	int exit = parse(&command, argc, argv);

	if (exit >= 0) {
		return exit;
	}
	if (pst_cli_state_dir(command.state_option, command.state, sizeof(command.state), &error) <
		0) {
		return pst_cli_fail(COMMAND, &error);
	}
	if (strcmp(argv[optind], "verify") == 0) {
		return verify(&command, &error);
	}
	if (strcmp(argv[optind], "ledger") == 0) {
		return ledger(&command, &error);
	}
	if (strcmp(argv[optind], "show") == 0) {
		return show(&command, &error);
	}
	return pst_cli_usage(COMMAND, "unknown '%s': verify, ledger or show", argv[optind]);
}
