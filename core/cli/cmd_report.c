/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/report_print.h"

#define COMMAND "report"
#define STATES_MAX 64

static const char help[] =
	"usage: postern report [--state DIR]... [--from DAY] [--until DAY]\n"
	"                      [--format text|html|json] [--out FILE] [--public-key FILE]\n"
	"\n"
	"What lanes did, in numbers and without identities, from the audit logs of one or more\n"
	"state directories: per category and per lane how many came, were captured, opted out,\n"
	"were refused and by which rule; why people were not captured; match and referral rates;\n"
	"how long opting out took against consenting. Numbers below 5 are not told, nor those\n"
	"that would give them away. A log that does not verify is not reported on.\n"
	"\n"
	"  --state DIR        state directory; may be given up to 64 times\n"
	"  --from DAY         first day (UTC), as 2026-01-31\n"
	"  --until DAY        last day\n"
	"  --format FORMAT    text, html (one page with plots that stands alone) or json\n"
	"  --json             --format json\n"
	"  --out FILE         write there, in one step, and nothing on the terminal\n"
	"  --public-key FILE  your own copy of audit.pub, for one state directory\n"
	"\n"
	"Exit status: 0; 1 a log does not verify; 2 usage, or no log there.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_STATE,
	OPTION_FROM,
	OPTION_UNTIL,
	OPTION_FORMAT,
	OPTION_OUT,
	OPTION_PUBLIC_KEY,
};

static const struct option options[] = {
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"state", required_argument, NULL, OPTION_STATE},
	{"from", required_argument, NULL, OPTION_FROM},
	{"until", required_argument, NULL, OPTION_UNTIL},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"out", required_argument, NULL, OPTION_OUT},
	{"public-key", required_argument, NULL, OPTION_PUBLIC_KEY},
	{0},
};

static const char *const formats[] = {"text", "html", "json", NULL};
enum { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON };

struct command {
	const char *states[STATES_MAX];
	size_t state_count;
	const char *public_key_path;
	const char *out;
	int32_t from_day;
	int32_t until_day;
	int format;
};

static int take_day(const char *name, int32_t *ret_day)
{
	if (pst_clock_parse_day(optarg, ret_day) < 0) {
		return pst_cli_usage(COMMAND, "%s: '%s' is no day, as 2026-01-31", name, optarg);
	}
	return 0;
}

static int take_option(struct command *command, int option)
{
	switch (option) {
	case OPTION_JSON:
		command->format = FORMAT_JSON;
		return 0;
	case OPTION_STATE:
		if (command->state_count == STATES_MAX) {
			return pst_cli_usage(COMMAND, "--state: more than %d", STATES_MAX);
		}
		command->states[command->state_count++] = optarg;
		return 0;
	case OPTION_FROM:
		return take_day("--from", &command->from_day);
	case OPTION_UNTIL:
		return take_day("--until", &command->until_day);
	case OPTION_OUT:
		command->out = optarg;
		return 0;
	case OPTION_PUBLIC_KEY:
		command->public_key_path = optarg;
		return 0;
	default:
		command->format = pst_text_index(formats, optarg);
		return command->format < 0
			       ? pst_cli_usage(COMMAND, "--format: '%s' is not text, html or json",
					 optarg)
			       : 0;
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
	if (argc > optind) {
		return pst_cli_usage(COMMAND, "'%s' is one word too many", argv[optind]);
	}
	if (command->from_day > command->until_day) {
		return pst_cli_usage(COMMAND, "--from lies behind --until");
	}
	if (command->public_key_path && command->state_count > 1) {
		return pst_cli_usage(COMMAND, "--public-key is for one state directory alone");
	}
	return -1;
}

static int add_logs(
	const struct command *command, struct pst_report *report, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	char state[PATH_MAX];
	size_t count = command->state_count > 0 ? command->state_count : 1;
	int status = 0;

	if (command->public_key_path) {
		status = pst_audit_read_public(command->public_key_path, public_key, error);
	}
	for (size_t i = 0; i < count && status == 0; i++) {
		status = pst_cli_state_dir(command->states[i], state, sizeof(state), error);
		if (status == 0) {
			status = pst_report_add(
				report, state, command->public_key_path ? public_key : NULL, error);
		}
	}
	if (status == 0 && pst_report_conclude(report) < 0) {
		status = pst_error_set(error, -ENOMEM, "out of memory");
	}
	return status;
}

static int print(const struct command *command, const struct pst_report *report, FILE *to)
{
	json_t *json;
	int status = 0;

	switch (command->format) {
	case FORMAT_TEXT:
		return pst_report_print_text(report, to);
	case FORMAT_HTML:
		return pst_report_print_html(report, to);
	default:
		json = pst_report_json(report);
		status = json ? json_dumpf(json, to, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) : -1;
		(void)fputc('\n', to);
		json_decref(json);
		return status < 0 ? -ENOMEM : 0;
	}
}

static int write_out(
	const struct command *command, const struct pst_report *report, struct pst_error *error)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	int status = to ? print(command, report, to) : -ENOMEM;

	if (to && fclose(to) != 0) {
		status = -ENOMEM;
	}
	if (status < 0) {
		(void)pst_error_set(error, status, "out of memory");
	} else if (command->out) {
		status = pst_fd_replace_file(command->out, text, size, 0644, error);
	} else {
		(void)fwrite(text, 1, size, stdout);
	}
	free(text);
	return status;
}

int cmd_report(int argc, char **argv)
{
	struct command command = {.from_day = INT32_MIN, .until_day = INT32_MAX};
	struct pst_error error = {0};
	struct pst_report *report = NULL;
	int exit = parse(&command, argc, argv);

	if (exit >= 0) {
		return exit;
	}
	int status = pst_report_create(&report, command.from_day, command.until_day);
	if (status == 0) {
		status = add_logs(&command, report, &error);
	}
	if (status == 0) {
		status = write_out(&command, report, &error);
	}
	pst_report_destroy(&report);
	if (status < 0) {
		(void)pst_error_set(&error, status, "out of memory");
		exit = pst_cli_fail(COMMAND, &error);
		return status == PST_E_CORRUPT ? PST_EXIT_NO : exit;
	}
	return PST_EXIT_OK;
}
