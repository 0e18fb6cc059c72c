/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/review.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/ctl_print.h"
#include "cli/setup.h"
#include "control/client.h"
#include "control/message.h"
#include "control/socket.h"

#define COMMAND "ctl"

static const char help[] =
	"usage: postern ctl [--state DIR | --socket PATH] COMMAND [OPTIONS]\n"
	"\n"
	"Drives a running lane (postern run --control auto) and tells how it is.\n"
	"\n"
	"  open --category C --known-by K [--age-band A | --born DATE] [--direction D]\n"
	"       [--environment E] [--subject S]\n"
	"                               somebody stepped up; prints the encounter's number\n"
	"  notice --display NAME --version V [--language TAG] [--every 1s]\n"
	"                               a display shows this notice: once, or until SIGINT\n"
	"  consent, decline, withdraw [ENCOUNTER]\n"
	"                               what the person says; without a number, whoever is there\n"
	"  close [ENCOUNTER]            the person left; prints the outcome and the receipt\n"
	"  review ENCOUNTER|RECEIPT --officer ID --decision D --evidence E [--evidence E...]\n"
	"                               an officer's decision, into the audit log; where no lane\n"
	"                               runs, of its state directory (then also --key FILE,\n"
	"                               --credential NAME, --passphrase, --passphrase-fd N,\n"
	"                               if it has a vault)\n"
	"  status                       how the lane is and who is there\n"
	"  policy                       what is asked here today, the notice in each language, "
	"and\n"
	"                               what is kept of whom\n"
	"  explain [ENCOUNTER]          why somebody is decided so; without a number, whoever is\n"
	"                               there, or else who left last\n"
	"  receipt ID                   a receipt, as signed, of the last 1024 encounters\n"
	"  health                       its camera, workers, vault and log, at a glance\n"
	"  picture                      a masked picture, while there is a permit\n"
	"  subscribe                    its events, a line each, until it ends\n"
	"\n"
	"  --decision   admitted, referred, refused, left\n"
	"  --evidence   document, question, manifest, record, supervisor; face-match and\n"
	"               face-compared count only beside one of those\n"
	"  --state DIR  the lane's state directory, with its control.sock\n"
	"  --json       the answer as it came\n"
	"\n"
	"Exit status: 0 done; 1 not as things stand (nobody is there, a stale notice, ...);\n"
	"2 usage; 3 no lane listens; 4 refused for safety (an opt-out, evidence of a face\n"
	"alone, not your lane); 5 vault.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_SOCKET,
	OPTION_EVERY,
	OPTION_EVIDENCE,
	OPTION_TEXT, /* and all after it: a text of the request */
};

/* Options whose value goes into the request as it is, in the order of their numbers. */
static const char *const texts[] = {"category", "known-by", "age-band", "born", "direction",
	"environment", "subject", "display", "version", "officer", "decision", "language", NULL};

#define TEXT(index, name)                                                                          \
	{                                                                                          \
		name, required_argument, NULL, OPTION_TEXT + (index)                               \
	}

static const struct option options[] = {
	TEXT(0, "category"),
	TEXT(1, "known-by"),
	TEXT(2, "age-band"),
	TEXT(3, "born"),
	TEXT(4, "direction"),
	TEXT(5, "environment"),
	TEXT(6, "subject"),
	TEXT(7, "display"),
	TEXT(8, "version"),
	TEXT(9, "officer"),
	TEXT(10, "decision"),
	TEXT(11, "language"),
	{"evidence", required_argument, NULL, OPTION_EVIDENCE},
	{"every", required_argument, NULL, OPTION_EVERY},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"state", required_argument, NULL, PST_SETUP_STATE},
	PST_CLI_KEY_OPTIONS("", PST_CLI_KEY),
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{0},
};

struct ctl {
	struct pst_setup setup; /* of a review where no lane runs */
	const char *socket;
	char path[PATH_MAX];
	const char *word;
	const char *which; /* an encounter's number or receipt; NULL: not given */
	int64_t every_ns;  /* 0: once */
	bool json;
	json_t *request; /* owned until it is asked */
	struct pst_control_client *client;
};

static int add_evidence(struct ctl *ctl, const char *item)
{
	json_t *list = json_object_get(ctl->request, "evidence");

	if (!list) {
		list = json_array();
		(void)json_object_set_new(ctl->request, "evidence", list);
	}
	return json_array_append_new(list, json_string(item)) < 0 ? -EINVAL : 0;
}

static int take_option(struct ctl *ctl, int option, struct pst_error *error)
{
	const char *name = option >= OPTION_TEXT && option < PST_SETUP_SET
				   ? texts[option - OPTION_TEXT]
				   : "evidence";

	if (pst_cli_key_is_option(PST_CLI_KEY, option)) {
		return pst_setup_take(&ctl->setup, option, optarg, error);
	}
	switch (option) {
	case OPTION_JSON:
		ctl->json = true;
		return 0;
	case OPTION_SOCKET:
		ctl->socket = optarg;
		return 0;
	case OPTION_EVERY:
		if (pst_clock_parse_duration(optarg, &ctl->every_ns) < 0 ||
			ctl->every_ns < 100 * PST_NS_PER_MS || ctl->every_ns > 60 * PST_NS_PER_S) {
			return pst_error_set(error, PST_E_USAGE,
				"--every: '%s' is not a time from 100ms to 60s", optarg);
		}
		return 0;
	case PST_SETUP_STATE:
		return pst_setup_take(&ctl->setup, option, optarg, error);
	default:
		break;
	}
	if (option == OPTION_EVIDENCE
			? add_evidence(ctl, optarg) < 0
			: json_object_set_new(ctl->request, name, json_string(optarg)) < 0) {
		return pst_error_set(error, PST_E_USAGE, "--%s: not UTF-8", name);
	}
	return 0;
}

/* @return an exit status, or -1 to go on */
static int parse(struct ctl *ctl, int argc, char **argv)
{
	struct pst_error error = {0};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		if (option == OPTION_HELP) {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(COMMAND, option, argv);
		}
		if (take_option(ctl, option, &error) < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	if (optind == argc) {
		return pst_cli_usage(COMMAND, "say what to do: open, notice, decline, status, ...");
	}
	ctl->word = argv[optind];
	ctl->which = optind + 1 < argc ? argv[optind + 1] : NULL;
	if (optind + 2 < argc) {
		return pst_cli_usage(COMMAND, "unexpected '%s'", argv[optind + 2]);
	}
	if (ctl->every_ns && strcmp(ctl->word, "notice") != 0) {
		return pst_cli_usage(COMMAND, "--every is for notice");
	}
	return -1;
}

/* The socket: said, or of the state directory. */
static int find_socket(struct ctl *ctl, struct pst_error *error)
{
	char state[PST_LANE_PATH_SIZE];
	const char *given = ctl->setup.config.state[0] ? ctl->setup.config.state : NULL;

	int status = ctl->socket ? pst_text_copy(ctl->path, sizeof(ctl->path), ctl->socket)
				 : pst_cli_state_dir(given, state, sizeof(state), error);

	if (status == 0 && !ctl->socket) {
		status = pst_text_path(ctl->path, sizeof(ctl->path), state, PST_CONTROL_SOCKET);
	}
	return status < 0 ? pst_error_set(error, PST_E_USAGE, "the socket's name is too long") : 0;
}

/* Puts the encounter, by its number or by its receipt, into the request. */
static int name_encounter(struct ctl *ctl, struct pst_error *error)
{
	int64_t number;

	if (!ctl->which) {
		return 0;
	}
	if (pst_text_parse_int(ctl->which, 1, INT64_MAX, &number) == 0) {
		return json_object_set_new(ctl->request, "encounter", json_integer(number));
	}
	if (pst_review_is_receipt(ctl->which)) {
		return json_object_set_new(ctl->request, "receipt", json_string(ctl->which));
	}
	if (strcmp(ctl->word, "receipt") == 0) {
		return pst_error_set(error, PST_E_USAGE, "'%.40s' is no receipt's id", ctl->which);
	}
	return pst_error_set(error, PST_E_USAGE, "'%.40s' is no encounter; give its number%s",
		ctl->which, strcmp(ctl->word, "review") == 0 ? " or its receipt's id" : "");
}

static void print_answer(const struct ctl *ctl, const json_t *answer)
{
	if (ctl->json) {
		(void)json_dumpf(answer, stdout, JSON_COMPACT | PST_CONTROL_PRECISION);
		(void)putchar('\n');
	} else {
		pst_ctl_print(answer);
	}
	(void)fflush(stdout);
}

static bool is_stale(const json_t *answer)
{
	const char *notice = json_string_value(json_object_get(answer, "notice"));

	return notice && strcmp(notice, "current") != 0;
}

/* Asks once. @return an exit status */
static int ask(struct ctl *ctl)
{
	struct pst_error error = {0};
	json_t *answer = NULL;

	if (pst_control_client_ask(ctl->client, json_incref(ctl->request), &answer, &error) < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	print_answer(ctl, answer);
	bool stale = is_stale(answer);
	json_decref(answer);
	return stale ? PST_EXIT_NO : PST_EXIT_OK;
}

/* A heartbeat until SIGINT or SIGTERM; only what changes is printed. */
static int keep_notice(struct ctl *ctl)
{
	const struct timespec pause = {
		.tv_sec = ctl->every_ns / PST_NS_PER_S, .tv_nsec = ctl->every_ns % PST_NS_PER_S};
	struct pst_error error = {0};
	json_t *before = NULL;
	json_t *answer = NULL;
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	do {
		if (pst_control_client_ask(
			    ctl->client, json_incref(ctl->request), &answer, &error) < 0) {
			break;
		}
		if (!before || is_stale(before) != is_stale(answer)) {
			print_answer(ctl, answer);
		}
		json_decref(before);
		before = answer;
	} while (sigtimedwait(&ends, NULL, &pause) < 0);
	json_decref(before);
	return error.status < 0 ? pst_cli_fail(COMMAND, &error) : PST_EXIT_OK;
}

/* The lane's events as they come, which are JSON either way. */
static int follow(struct ctl *ctl)
{
	struct pst_error error = {0};
	const char *line = NULL;
	json_t *answer = NULL;

	int status =
		pst_control_client_ask(ctl->client, json_incref(ctl->request), &answer, &error);
	json_decref(answer);
	while (status == 0) {
		status = pst_control_client_next(ctl->client, &line, &error);
		if (status == 0 && (puts(line) < 0 || fflush(stdout) != 0)) {
			break;
		}
	}
	return status < 0 && status != PST_E_END ? pst_cli_fail(COMMAND, &error) : PST_EXIT_OK;
}

static int parse_review(
	const struct ctl *ctl, struct pst_review *ret_review, struct pst_error *error)
{
	const json_t *list = json_object_get(ctl->request, "evidence");
	const char *evidence[PST_CONTROL_EVIDENCE_MAX];
	size_t count = json_array_size(list);

	if (count > PST_CONTROL_EVIDENCE_MAX) {
		return pst_error_set(error, PST_E_USAGE, "at most %d items of evidence",
			PST_CONTROL_EVIDENCE_MAX);
	}
	for (size_t i = 0; i < count; i++) {
		evidence[i] = json_string_value(json_array_get(list, i));
	}
	return pst_review_parse(ret_review,
		json_string_value(json_object_get(ctl->request, "officer")),
		json_string_value(json_object_get(ctl->request, "decision")), evidence, count,
		error);
}

/* Of a lane that does not run: the log is appended to under its lock. */
static int review_offline(struct ctl *ctl)
{
	struct pst_review_subject subject = {0};
	struct pst_error error = {0};
	struct pst_review review;
	uint64_t sequence = 0;

	int status = parse_review(ctl, &review, &error);
	if (status == 0) {
		status = pst_setup_open_log(&ctl->setup, &error);
	}
	if (status == 0) {
		status = pst_review_find(ctl->setup.state, ctl->which, &subject, &error);
	}
	if (status == 0) {
		status = pst_review_append(ctl->setup.audit, &review, &subject, &sequence, &error);
	}
	if (status < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	json_t *answer =
		json_pack("{s:I, s:s*, s:I, s:I}", "encounter", (json_int_t)subject.encounter,
			"receipt", subject.receipt[0] ? subject.receipt : NULL, "audit",
			(json_int_t)subject.audit, "review", (json_int_t)sequence);
	print_answer(ctl, answer);
	json_decref(answer);
	return PST_EXIT_OK;
}

static int run(struct ctl *ctl)
{
	struct pst_error error = {0};
	bool reviews = strcmp(ctl->word, "review") == 0;

	if (reviews && !ctl->which) {
		return pst_cli_usage(COMMAND, "review: which encounter?");
	}
	(void)json_object_set_new(ctl->request, "do", json_string(ctl->word));
	if (name_encounter(ctl, &error) < 0 || find_socket(ctl, &error) < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	int status = pst_control_client_open(&ctl->client, ctl->path, &error);
	if (status == PST_E_NOT_FOUND && reviews && !ctl->socket) {
		return review_offline(ctl);
	}
	if (status < 0) {
		error.status = status == PST_E_NOT_FOUND ? PST_E_DEVICE : status;
		return pst_cli_fail(COMMAND, &error);
	}
	if (strcmp(ctl->word, "subscribe") == 0) {
		return follow(ctl);
	}
	return ctl->every_ns ? keep_notice(ctl) : ask(ctl);
}

int cmd_ctl(int argc, char **argv)
{
	struct ctl ctl = {.request = json_object()};

	pst_setup_init(&ctl.setup);
	int status = parse(&ctl, argc, argv);
	if (status < 0) {
		status = run(&ctl);
	}
	pst_control_client_close(&ctl.client);
	if (pst_setup_finish(&ctl.setup) < 0 && status == PST_EXIT_OK) {
		(void)fputs("postern ctl: audit log: last checkpoint not written\n", stderr);
		status = PST_EXIT_UNSAFE;
	}
	json_decref(ctl.request);
	return status;
}
