/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/draft.h"
#include "cli/expectations.h"
#include "cli/setup.h"
#include "cli/spool.h"
#include "devices/replay/writer.h"
#ifdef PST_HAVE_V4L2
#include "devices/v4l2/trace.h"
#endif

#define COMMAND "record"

static const char help[] =
	"usage: postern record URI OUT --policy FILE --scenario FILE --key FILE [OPTIONS]\n"
	"       postern record URI OUT --trace --policy FILE --key FILE [OPTIONS]\n"
	"\n"
	"Records through the gate: runs a lane without plugins and keeps the frames that are\n"
	"leased under a permit, as they came from the source, and no others. The purpose is "
	"enrol:\n"
	"of the policy's purposes the one under which something of a person is kept. OUT is "
	"sealed\n"
	"with the key; 'postern run --source file:OUT --key FILE' plays it. Who withdraws is not\n"
	"in it.\n"
	"\n"
	"  --policy FILE      policy file\n"
	"  --scenario FILE    who steps up, when, and what they choose\n"
	"  --key FILE         the key that OUT is sealed with (32 random bytes, as 'vault init' "
	"makes\n"
	"                     them); also --credential NAME, --passphrase, --passphrase-fd N\n"
	"  --trace            of a camera: keep all that is asked and answered, with its times, "
	"so\n"
	"                     that a fault can be played again; without a scenario no picture is\n"
	"                     in it\n"
	"  --plain            don't seal it: for drawn faces, or for yourself alone\n"
	"  --state DIR        state directory: audit log, receipts\n"
	"  --date DATE        the day whose rules are in force (default: today)\n"
	"  --events FILE|-    events as JSON Lines\n"
	"  --pace real|max    recordings: as recorded, or as fast as they go (default max)\n"
	"  --set KEY=VALUE    any setting of a lane file: --set policy.direction=exit\n"
	"  --json             one JSON object at the end instead of lines\n"
	"\n"
	"OUT must not exist; it appears whole or not at all. Of a scenario's expectations those\n"
	"count that need no match.\n"
	"\n"
	"Exit status: 0 recorded; 1 nothing to record, or an expectation not met; 2 usage or\n"
	"configuration; 3 source, or no room for OUT; 4 refused for safety; 5 wrong key.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_SCENARIO,
	OPTION_EVENTS,
	OPTION_PACE,
	OPTION_PLAIN,
	OPTION_TRACE,
	OPTION_DATE,
};

static const struct option options[] = {
	{"policy", required_argument, NULL, PST_SETUP_POLICY},
	{"scenario", required_argument, NULL, OPTION_SCENARIO},
	PST_CLI_KEY_OPTIONS("", PST_CLI_KEY),
	{"plain", no_argument, NULL, OPTION_PLAIN},
	{"trace", no_argument, NULL, OPTION_TRACE},
	{"state", required_argument, NULL, PST_SETUP_STATE},
	{"date", required_argument, NULL, OPTION_DATE},
	{"events", required_argument, NULL, OPTION_EVENTS},
	{"pace", required_argument, NULL, OPTION_PACE},
	{"set", required_argument, NULL, PST_SETUP_SET},
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

struct record {
	struct pst_setup setup;
	const char *scenario;
	const char *out_path;
	bool json;
	bool plain;
	bool trace;
	bool header;
	FILE *lines; /* where they go: not where events go */
	json_t *encounters;
	struct pst_cli_expectations expectations;

	struct pst_cli_draft draft;
	struct pst_cli_spool *spool;	  /* of the traveler who is there */
	struct pst_replay_writer *writer; /* NULL: a trace */
	struct pst_error trouble;	  /* of the first thing that could not be kept */
	uint64_t frames;		  /* in the file */
	uint64_t latest;		  /* of the traveler who left last */
	uint64_t travelers;		  /* of whom there is one */
};

static int take_option(struct record *record, int option, struct pst_error *error)
{
	struct pst_lane_config *config = &record->setup.config;

	switch (option) {
	case OPTION_JSON:
		record->json = true;
		return 0;
	case OPTION_PLAIN:
		record->plain = true;
		return 0;
	case OPTION_TRACE:
		record->trace = true;
		return 0;
	case OPTION_SCENARIO:
		record->scenario = optarg;
		return 0;
	case OPTION_EVENTS:
		return pst_lane_config_set(config, "events", optarg, error);
	case OPTION_PACE:
		return pst_lane_config_set(config, "source.pace", optarg, error);
	case OPTION_DATE:
		return pst_lane_config_set(config, "policy.date", optarg, error);
	default:
		return pst_setup_take(&record->setup, option, optarg, error);
	}
}

/* @return an exit status, or -1 to go on */
static int check_options(struct record *record)
{
	struct pst_lane_config *config = &record->setup.config;
	bool keyed =
		pst_cli_key_is_given(&record->setup.key) || config->key[0] || config->credential[0];

	if (record->trace && strncmp(config->source, "v4l2:", 5) != 0) {
		return pst_cli_usage(
			COMMAND, "--trace is of cameras (v4l2:), not of '%s'", config->source);
	}
	if (!record->scenario && !record->trace) {
		return pst_cli_usage(COMMAND,
			"without --scenario nobody steps up, and nothing would be recorded");
	}
	if (!record->plain && !keyed) {
		return pst_cli_usage(COMMAND, "a recording is sealed: give --key FILE, "
					      "--credential NAME or --passphrase; --plain is for "
					      "drawn faces, or for yourself alone");
	}
	if (record->plain && keyed) {
		return pst_cli_usage(COMMAND, "--plain and a key exclude each other");
	}
	if (config->gallery[0]) {
		return pst_cli_usage(COMMAND, "nobody is matched here: match.gallery is for 'run'");
	}
	pst_setup_use_key(&record->setup);
	(void)snprintf(config->purpose, sizeof(config->purpose), "%s",
		pst_purpose_name(PST_PURPOSE_ENROL));
	return -1;
}

/* @return an exit status, or -1 to go on */
static int parse(struct record *record, int argc, char **argv)
{
	struct pst_error error = {0};
	int option;

	opterr = 0;
	record->setup.config.pace = PST_LANE_PACE_MAX;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		if (option == OPTION_HELP) {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(COMMAND, option, argv);
		}
		if (take_option(record, option, &error) < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	if (argc - optind != 2) {
		return pst_cli_usage(COMMAND, "a source and a new file are needed: URI OUT");
	}
	if (pst_lane_config_set(&record->setup.config, "source.uri", argv[optind], &error) < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	record->out_path = argv[optind + 1];
	return check_options(record);
}

/* The first trouble is told, again and again. */
static int note(struct record *record, const struct pst_error *error)
{
	if (error->status && !record->trouble.status) {
		record->trouble = *error;
	}
	return record->trouble.status;
}

static int put_frame(void *user, const struct pst_frame *frame, struct pst_error *error)
{
	struct record *record = user;
	struct pst_error why = {0};

	if (!record->trace && !record->trouble.status) {
		(void)!pst_cli_spool_put_frame(record->spool, frame, &why);
	}
	return note(record, &why)
		       ? pst_error_set(error, record->trouble.status, "%s", record->trouble.text)
		       : 0;
}

static int keep_frame(void *user, uint8_t *item, size_t size, struct pst_error *error)
{
	struct record *record = user;
	struct pst_frame frame;
	int status = pst_cli_spool_get_frame(item, size, &frame, error);

	if (status == 0) {
		status = pst_replay_writer_put(record->writer, &frame, error);
	}
	record->latest += status == 0;
	if (status == PST_E_CORRUPT) {
		*error = (struct pst_error){0};
		status = 0;
	}
	return status;
}

#ifdef PST_HAVE_V4L2
/* Of a trace, from the first frame of a person on all waits until they leave. */
static int trace_write(void *user, const void *data, size_t size, struct pst_error *error)
{
	struct record *record = user;
	struct pst_output output = pst_cli_draft_output(&record->draft);
	struct pst_error why = {0};

	if (pst_trace_holds_frame(data, size) >= 0 || pst_cli_spool_count(record->spool) > 0) {
		(void)!pst_cli_spool_put(record->spool, data, size, &why);
	} else {
		(void)!output.write(output.user, data, size, &why);
	}
	return note(record, &why)
		       ? pst_error_set(error, record->trouble.status, "%s", record->trouble.text)
		       : 0;
}

static int keep_record(void *user, uint8_t *item, size_t size, struct pst_error *error)
{
	struct record *record = user;
	struct pst_output output = pst_cli_draft_output(&record->draft);

	record->latest += pst_trace_holds_frame(item, size) >= 0;
	return output.write(output.user, item, size, error);
}

static int keep_but_frames(void *user, uint8_t *item, size_t size, struct pst_error *error)
{
	return pst_trace_holds_frame(item, size) >= 0 ? 0 : keep_record(user, item, size, error);
}
#endif

/* The traveler left, or takes back what was recorded. */
static void settle(void *user, bool keep)
{
	struct record *record = user;
	struct pst_error why = {0};

	record->latest = 0;
	if (record->trouble.status) {
		pst_cli_spool_forget(record->spool);
		return;
	}
#ifdef PST_HAVE_V4L2
	if (record->trace) {
		(void)!pst_cli_spool_drain(
			record->spool, keep ? keep_record : keep_but_frames, record, &why);
	}
#endif
	if (!record->trace && keep) {
		(void)!pst_cli_spool_drain(record->spool, keep_frame, record, &why);
	}
	pst_cli_spool_forget(record->spool);
	record->frames += record->latest;
	record->travelers += record->latest > 0;
	(void)note(record, &why);
}

static void print_notice(void *user, const char *text)
{
	(void)fprintf(stderr, "postern record: %s\n", text);
}

static void print_closed(void *user, const struct pst_lane_closed *line)
{
	const struct pst_events_closed *closed = line->closed;
	struct record *record = user;

	if (record->json) {
		(void)json_array_append_new(record->encounters,
			json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "encounter",
				(json_int_t)closed->encounter, "category", closed->category,
				"choice", pst_choice_name(closed->choice), "verdict",
				pst_verdict_name(closed->verdict), "rule", closed->rule, "withheld",
				(json_int_t)closed->frames.withheld, "recorded",
				(json_int_t)record->latest, "expectations",
				pst_cli_expectations_json(&record->expectations, line)));
		return;
	}
	if (!record->header) {
		record->header = true;
		(void)fprintf(record->lines, "%3s  %-22s %-9s %-8s %-30s %8s %8s\n", "#",
			"category", "choice", "verdict", "rule", "withheld", "recorded");
	}
	(void)fprintf(record->lines, "%3llu  %-22s %-9s %-8s %-30s %8llu %8llu\n",
		(unsigned long long)closed->encounter, closed->category,
		pst_choice_name(closed->choice), pst_verdict_name(closed->verdict), closed->rule,
		(unsigned long long)closed->frames.withheld, (unsigned long long)record->latest);
	pst_cli_expectations_print(&record->expectations, record->lines, line);
	(void)fflush(record->lines);
}

static void print_summary(
	const struct record *record, const struct pst_lane_summary *summary, bool kept)
{
	const struct pst_events_frames *frames = &summary->frames;

	if (record->json) {
		pst_cli_print_json(json_pack(
			"{s:o, s:b, s:b, s:o, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I}}", "file",
			kept ? json_string(record->out_path) : json_null(), "trace", record->trace,
			"sealed", !record->plain, "encounters", json_incref(record->encounters),
			"met", (json_int_t)summary->met, "unmet", (json_int_t)summary->unmet,
			"unreached", (json_int_t)summary->unreached, "recorded",
			(json_int_t)record->frames, "frames", "seen", (json_int_t)frames->seen,
			"leased", (json_int_t)frames->leased, "withheld",
			(json_int_t)frames->withheld, "lost", (json_int_t)frames->lost));
		return;
	}
	(void)fprintf(record->lines, "%llu frames seen: %llu leased, %llu withheld, %llu lost\n",
		(unsigned long long)frames->seen, (unsigned long long)frames->leased,
		(unsigned long long)frames->withheld, (unsigned long long)frames->lost);
	if (summary->unreached) {
		(void)fprintf(record->lines,
			"%llu travelers of the scenario came after the source's end\n",
			(unsigned long long)summary->unreached);
	}
	pst_cli_expectations_sum(summary, record->lines);
	if (kept) {
		(void)fprintf(record->lines, "%s: %s, %llu frames of %llu travelers, %s\n",
			record->out_path, record->trace ? "trace" : "recording",
			(unsigned long long)record->frames, (unsigned long long)record->travelers,
			record->plain ? "not sealed" : "sealed");
	}
}

/* The log holds what was kept before the file is in its place. */
static int audit_kept(
	struct record *record, const uint8_t digest[PST_DIGEST_SIZE], struct pst_error *error)
{
	char hex[2 * PST_DIGEST_SIZE + 1];

	pst_bytes_to_hex(digest, PST_DIGEST_SIZE, hex);
	json_t *entry = json_pack("{s:s, s:s, s:s, s:I}", "lane", record->setup.config.name,
		"recording", record->plain ? "plain" : "sealed", "sha256", hex, "frames",
		(json_int_t)record->frames);
	char *text = entry ? json_dumps(entry, JSON_COMPACT) : NULL;
	int status =
		text ? pst_audit_append(record->setup.audit, "recording.kept", text, NULL, error)
		     : pst_error_set(error, -ENOMEM, "out of memory");

	free(text);
	json_decref(entry);
	if (status < 0) {
		error->status = PST_E_UNSAFE;
		pst_error_prefix(error, "nothing is kept, the audit log can't be written");
	}
	return status < 0 ? PST_E_UNSAFE : 0;
}

/* What stands at the end of the lane is whole: a traveler who is still there did not leave. */
static int finish_content(struct record *record, struct pst_error *error)
{
	int status = 0;

	if (pst_cli_spool_count(record->spool) > 0) {
		settle(record, /* keep= */ false);
	}
	if (record->trace) {
		pst_device_close(&record->setup.device);
	} else if (!record->trouble.status) {
		status = pst_replay_writer_finish(record->writer, error);
	}
	return record->trouble.status
		       ? pst_error_set(error, record->trouble.status, "%s", record->trouble.text)
		       : status;
}

/* @param lane_status  a recording survives its source's failure, but not a doubt about the gate */
static int keep(struct record *record, int lane_status, bool *ret_kept, struct pst_error *error)
{
	uint8_t digest[PST_DIGEST_SIZE];
	struct pst_error trouble = {0};
	int status = finish_content(record, &trouble);

	if (lane_status == PST_E_UNSAFE || (status == 0 && record->frames == 0 && !record->trace)) {
		return lane_status;
	}
	if (status == 0) {
		status = pst_cli_draft_finish(&record->draft, digest, &trouble);
	}
	if (status == 0) {
		status = audit_kept(record, digest, &trouble);
	}
	if (status == 0) {
		status = pst_cli_draft_place(&record->draft, &trouble);
	}
	if (status < 0) {
		*error = trouble;
		return status;
	}
	*ret_kept = true;
	return lane_status;
}

static int open_camera(struct record *record, struct pst_error *error)
{
#ifdef PST_HAVE_V4L2
	const struct pst_output output = {.write = trace_write, .user = record};

	return pst_trace_record(
		&record->setup.device, NULL, record->setup.config.source, &output, error);
#else
	return pst_error_set(error, PST_E_NOT_IMPLEMENTED,
		"%s: this build has no cameras (feature v4l2)", record->setup.config.source);
#endif
}

/* How a camera fails to open is worth a trace too; nobody is in it. */
static void keep_failure(struct record *record)
{
	uint8_t digest[PST_DIGEST_SIZE];
	struct pst_error trouble = {0};

	if (!record->trouble.status &&
		pst_cli_draft_finish(&record->draft, digest, &trouble) == 0 &&
		pst_cli_draft_place(&record->draft, &trouble) == 0) {
		(void)fprintf(stderr, "postern record: what was asked and answered is in %s\n",
			record->out_path);
	}
}

static int open_recording(struct record *record, struct pst_error *error)
{
	const struct pst_output output = pst_cli_draft_output(&record->draft);
	int status = pst_cli_draft_open(
		&record->draft, record->out_path, record->plain ? NULL : &record->setup.key, error);

	if (status == 0) {
		status = pst_cli_spool_open(&record->spool, record->out_path, error);
	}
	if (status == 0 && record->trace) {
		status = open_camera(record, error);
		if (status < 0) {
			keep_failure(record);
		}
	}
	if (status == 0) {
		status = pst_setup_open(&record->setup, record->scenario, error);
	}
	if (status == 0 && !record->trace) {
		status = pst_replay_writer_open(
			&record->writer, pst_device_info(record->setup.device), &output, error);
	}
	return status;
}

static int run_lane(struct record *record, struct pst_lane_summary *summary, bool *ret_kept,
	struct pst_error *error)
{
	const struct pst_sink sink = {.put = put_frame,
		.settle = settle,
		.user = record,
		.kind = record->plain ? "plain" : "sealed"};
	struct pst_lane_spec spec = pst_setup_spec(&record->setup);
	struct pst_lane *lane = NULL;

	spec.sink = &sink;
	pst_cli_expectations_hear(&record->expectations, record->setup.events);
	spec.closed = print_closed;
	spec.notice = print_notice;
	spec.user = record;
	int status = pst_lane_create(&lane, &spec, error);

	if (status == 0) {
		if (record->plain) {
			(void)fprintf(stderr,
				"postern record: --plain: whoever has %s sees who is in it; record "
				"drawn faces, or yourself alone\n",
				record->out_path);
		}
		status = pst_lane_run(lane, summary, error);
	}
	pst_lane_destroy(&lane);
	if (status == 0 || summary->duration_ns > 0) {
		status = keep(record, status, ret_kept, error);
		print_summary(record, summary, *ret_kept);
	}
	return status;
}

static int finish(struct record *record, int status, const struct pst_lane_summary *summary,
	bool kept, struct pst_error *error)
{
	pst_replay_writer_close(&record->writer);
	pst_device_close(&record->setup.device);
	pst_cli_spool_close(&record->spool);
	pst_cli_draft_discard(&record->draft);
	if (pst_setup_finish(&record->setup) < 0 && status == 0) {
		status = pst_error_set(
			error, PST_E_UNSAFE, "audit log: last checkpoint not written");
	}
	if (status < 0) {
		return pst_cli_fail(COMMAND, error);
	}
	if (!kept) {
		(void)fprintf(stderr,
			"postern record: nothing was recorded, %s was not made: nobody had a "
			"permit, or they took it back\n",
			record->out_path);
		return PST_EXIT_NO;
	}
	return summary->unmet || summary->unreached ? PST_EXIT_NO : PST_EXIT_OK;
}

int cmd_record(int argc, char **argv)
{
	struct record record = {.draft = PST_CLI_DRAFT_INIT, .encounters = json_array()};
	struct pst_lane_summary summary = {0};
	struct pst_error error = {0};
	bool kept = false;

	pst_setup_init(&record.setup);
	record.setup.records = true;
	int exit = parse(&record, argc, argv);

	if (exit < 0) {
		record.lines = strcmp(record.setup.config.events, "-") == 0 ? stderr : stdout;
		int status = open_recording(&record, &error);

		if (status == 0) {
			status = run_lane(&record, &summary, &kept, &error);
		}
		exit = finish(&record, status, &summary, kept, &error);
	} else {
		pst_cli_key_finish(&record.setup.key);
	}
	pst_cli_expectations_finish(&record.expectations);
	json_decref(record.encounters);
	return exit;
}
