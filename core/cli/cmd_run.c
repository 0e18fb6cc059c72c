/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/notify.h"
#include "cli/cli.h"
#include "cli/expectations.h"
#include "cli/run_report.h"
#include "cli/setup.h"

#define COMMAND "run"

static const char help[] =
	"usage: postern run LANE.yaml [OPTIONS]\n"
	"       postern run --source URI --policy FILE --scenario FILE|--control PATH [OPTIONS]\n"
	"\n"
	"Runs a lane until its source or its scenario ends. Prints a line for each traveler, and\n"
	"pass or FAIL for each thing that the scenario expects, with the events that decided.\n"
	"\n"
	"  --source URI       v4l2:/dev/video0?size=1280x720, a recording's path, synth:?people=4\n"
	"  --policy FILE      policy file\n"
	"  --choices FILE     what an operator chose where the policy leaves it open, signed\n"
	"  --operator FILE    the public key that must have signed it\n"
	"  --scenario FILE    who steps up, when, and what they choose\n"
	"  --control PATH     control socket for postern ctl; auto: in the state directory. "
	"Without\n"
	"                     a scenario, people step up and choose by it\n"
	"  --state DIR        state directory: vault, audit log, receipts\n"
	"  --key FILE         key of the vault; also --credential NAME, --passphrase,\n"
	"                     --passphrase-fd N\n"
	"  --gallery NAME     references to match with\n"
	"  --bulletin FILE    seal for a vault elsewhere (postern vault lane-key export), with no "
	"key\n"
	"                     of it here: nobody is matched, what is kept waits in DIR/inbox\n"
	"  --events FILE|-    events as JSON Lines\n"
	"  --pace real|max    recordings: as recorded, or as fast as they go (default max)\n"
	"  --detector ID, --extractor ID, --matcher ID, --quality ID\n"
	"                     plugins (default: the best usable)\n"
	"  --pad ID           a plugin that looks for presentation attacks (default: none does)\n"
	"  --sandbox strict|off\n"
	"                     strict: plugins are locked down, or the lane does not start; off: "
	"they\n"
	"                     run with your rights\n"
	"  --set KEY=VALUE    any setting of a lane file: --set capture.min-face=80\n"
	"  --report DIR       report.html and report.json there at the end: how long things took,\n"
	"                     failures to capture, frames, what each process took\n"
	"  --json             one JSON object at the end instead of lines\n"
	"\n"
	"Exit status: 0 all as the scenario expects; 1 an expectation not met; 2 usage or\n"
	"configuration; 3 source; 4 refused for safety; 5 vault.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_SCENARIO,
	OPTION_CONTROL,
	OPTION_EVENTS,
	OPTION_PACE,
	OPTION_REPORT,
};

static const struct option options[] = {
	PST_SETUP_OPTIONS,
	{"source", required_argument, NULL, PST_SETUP_SOURCE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"scenario", required_argument, NULL, OPTION_SCENARIO},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"events", required_argument, NULL, OPTION_EVENTS},
	{"pace", required_argument, NULL, OPTION_PACE},
	{"report", required_argument, NULL, OPTION_REPORT},
	{0},
};

struct run {
	struct pst_setup setup;
	struct pst_notify notify;
	const char *scenario;
	const char *report_folder; /* NULL: none is wanted */
	struct pst_run_report report;
	bool json;
	bool header;
	bool progress_shown;

	FILE *out; /* where lines go: not where events go */
	json_t *encounters;
	struct pst_cli_expectations expectations;
};

static int take_option(struct run *run, int option, struct pst_error *error)
{
	struct pst_lane_config *config = &run->setup.config;

	switch (option) {
	case OPTION_JSON:
		run->json = true;
		return 0;
	case OPTION_SCENARIO:
		run->scenario = optarg;
		return 0;
	case OPTION_REPORT:
		run->report_folder = optarg;
		return 0;
	case OPTION_CONTROL:
		return pst_lane_config_set(config, "control.socket", optarg, error);
	case OPTION_EVENTS:
		return pst_lane_config_set(config, "events", optarg, error);
	case OPTION_PACE:
		return pst_lane_config_set(config, "source.pace", optarg, error);
	default:
		return pst_setup_take(&run->setup, option, optarg, error);
	}
}

/*
 * The lane file goes under the options, wherever it stands among them. What is wrong with the
 * options, the second pass over them says.
 */
static int load_lane_file(struct run *run, int argc, char **argv, struct pst_error *error)
{
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		if (option == '?' || option == ':' || option == OPTION_HELP) {
			return 0;
		}
	}
	return argc - optind == 1 ? pst_lane_config_load(&run->setup.config, argv[optind], error)
				  : 0;
}

/* @return an exit status, or -1 to go on */
static int parse(struct run *run, int argc, char **argv)
{
	struct pst_error error = {0};
	int option;

	opterr = 0;
	run->setup.config.pace = PST_LANE_PACE_MAX;
	if (load_lane_file(run, argc, argv, &error) < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	optind = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		if (option == OPTION_HELP) {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(COMMAND, option, argv);
		}
		if (take_option(run, option, &error) < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	if (argc - optind > 1) {
		return pst_cli_usage(
			COMMAND, "one lane file at a time, not '%s' too", argv[optind + 1]);
	}
	return -1;
}

static void show_progress(void *user, const struct pst_lane_progress *progress)
{
	struct run *run = user;

	(void)fprintf(stderr, "\r\033[K%.1f s: traveler %llu",
		(double)progress->now_ns / PST_NS_PER_S, (unsigned long long)progress->encounters);
	if (progress->expected) {
		(void)fprintf(stderr, " of %llu", (unsigned long long)progress->expected);
	}
	(void)fprintf(stderr, " (%s), gate %s, %llu frames leased, %llu withheld",
		progress->category ? progress->category : "nobody there",
		progress->permit ? "open" : "closed", (unsigned long long)progress->frames.leased,
		(unsigned long long)progress->frames.withheld);
	run->progress_shown = true;
}

static void clear_progress(struct run *run)
{
	if (run->progress_shown) {
		(void)fputs("\r\033[K", stderr);
		run->progress_shown = false;
	}
}

static void print_notice(void *user, const char *text)
{
	clear_progress(user);
	(void)fprintf(stderr, "postern run: %s\n", text);
}

static void print_header(struct run *run)
{
	if (!run->header) {
		run->header = true;
		(void)fprintf(run->out, "%3s  %-22s %-9s %-8s %-30s %-22s %8s %7s  %-24s %s\n", "#",
			"category", "choice", "verdict", "rule", "source", "withheld", "leased",
			"outcome", "decided after");
	}
}

/* The scores of the shot that was used, by name; null: there was none. */
static json_t *quality_json(const struct pst_quality *quality)
{
	json_t *scores = quality->count ? json_object() : json_null();

	for (uint32_t i = 0; i < quality->count; i++) {
		const struct pst_quality_component *component = &quality->component[i];

		if (component->status == 0) {
			(void)json_object_set_new(scores, pst_measure_name(component->measure),
				json_integer((json_int_t)(component->score + 0.5F)));
		}
	}
	return scores;
}

static void print_closed(void *user, const struct pst_lane_closed *line)
{
	const struct pst_events_closed *closed = line->closed;
	struct run *run = user;
	char outcome[64];
	char after[32] = "-";

	if (run->report_folder) {
		pst_run_report_take(&run->report, closed);
	}
	if (run->json) {
		(void)json_array_append_new(run->encounters,
			json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:o, s:o}", "encounter",
				(json_int_t)closed->encounter, "category", closed->category,
				"choice", pst_choice_name(closed->choice), "verdict",
				pst_verdict_name(closed->verdict), "rule", closed->rule, "withheld",
				(json_int_t)closed->frames.withheld, "leased",
				(json_int_t)closed->frames.leased, "outcome",
				pst_outcome_name(closed->outcome), "quality",
				quality_json(line->quality), "expectations",
				pst_cli_expectations_json(&run->expectations, line)));
		return;
	}
	clear_progress(run);
	print_header(run);
	if (closed->to_decision_ns >= 0) {
		(void)snprintf(after, sizeof(after), "%.0f ms",
			(double)closed->to_decision_ns / PST_NS_PER_MS);
	}
	(void)snprintf(outcome, sizeof(outcome), "%s%s%s", pst_outcome_name(closed->outcome),
		closed->outcome == PST_OUTCOME_REFER_NOT_CAPTURED ? " " : "",
		closed->outcome == PST_OUTCOME_REFER_NOT_CAPTURED
			? pst_capture_reason_name(closed->reason)
			: "");
	(void)fprintf(run->out, "%3llu  %-22s %-9s %-8s %-30s %-22s %8llu %7llu  %-24s %s\n",
		(unsigned long long)closed->encounter, closed->category,
		pst_choice_name(closed->choice), pst_verdict_name(closed->verdict), closed->rule,
		closed->source_count ? closed->sources[0] : "-",
		(unsigned long long)closed->frames.withheld,
		(unsigned long long)closed->frames.leased, outcome, after);
	pst_cli_expectations_print(&run->expectations, run->out, line);
	(void)fflush(run->out);
}

static void print_summary(struct run *run, const struct pst_lane_summary *summary)
{
	const struct pst_events_frames *frames = &summary->frames;

	if (run->json) {
		pst_cli_print_json(json_pack(
			"{s:o, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I}}", "encounters",
			json_incref(run->encounters), "met", (json_int_t)summary->met, "unmet",
			(json_int_t)summary->unmet, "unreached", (json_int_t)summary->unreached,
			"templates", (json_int_t)summary->templates, "frames", "seen",
			(json_int_t)frames->seen, "leased", (json_int_t)frames->leased, "withheld",
			(json_int_t)frames->withheld, "lost", (json_int_t)frames->lost, "damaged",
			(json_int_t)frames->damaged));
		return;
	}
	(void)fprintf(run->out,
		"%llu frames seen: %llu leased, %llu withheld, %llu lost; %llu templates made; "
		"%.1f s\n",
		(unsigned long long)frames->seen, (unsigned long long)frames->leased,
		(unsigned long long)frames->withheld, (unsigned long long)frames->lost,
		(unsigned long long)summary->templates,
		(double)summary->duration_ns / PST_NS_PER_S);
	if (summary->unreached) {
		(void)fprintf(run->out,
			"%llu travelers of the scenario came after the source's end\n",
			(unsigned long long)summary->unreached);
	}
	pst_cli_expectations_sum(summary, run->out);
}

/* @return whether the events are all where they were wanted; a slow reader chose to miss some */
static bool told_events(const struct run *run)
{
	const struct pst_events *events = run->setup.events;

	if (pst_events_status(events) < 0) {
		(void)fprintf(stderr, "postern run: %s: %llu events could not be written: %s\n",
			run->setup.config.events, (unsigned long long)pst_events_lost(events),
			pst_status_text(pst_events_status(events)));
		return false;
	}
	return true;
}

static void take_stage(void *user, enum pst_stage stage, int64_t took_ns)
{
	struct run *run = user;

	pst_load_take(&run->report.load, stage, took_ns);
}

static int write_report(
	struct run *run, const struct pst_lane_summary *summary, struct pst_error *error)
{
	const struct pst_setup *setup = &run->setup;
	const struct pst_device_info *info = pst_device_info(setup->device);
	char plugins[5 * PST_LANE_TEXT_SIZE];

	(void)snprintf(plugins, sizeof(plugins), "%s, %s, %s%s%s, %s", setup->detector->id,
		setup->quality->id, setup->extractor->id, setup->pad ? ", " : "",
		setup->pad ? setup->pad->id : "", setup->matcher->id);
	run->report.summary = *summary;
	run->report.lane = setup->config.name;
	run->report.source = info->name;
	run->report.plugins = plugins;
	run->report.live = info->live;
	return pst_run_report_write(&run->report, run->report_folder, error);
}

static int run_lane(struct run *run)
{
	struct pst_error error = {0};
	struct pst_lane_summary summary = {0};
	struct pst_lane *lane = NULL;
	int status = pst_notify_open(&run->notify, &error);

	if (status == 0) {
		status = pst_setup_open(&run->setup, run->scenario, &error);
	}
	if (status == 0) {
		struct pst_lane_spec spec = pst_setup_spec(&run->setup);

		if (run->scenario) {
			pst_cli_expectations_hear(&run->expectations, run->setup.events);
		}
		spec.closed = print_closed;
		spec.notice = print_notice;
		spec.user = run;
		spec.notify = &run->notify;
		spec.stage = run->report_folder ? take_stage : NULL;
		spec.progress = isatty(STDERR_FILENO) ? show_progress : NULL;

		status = pst_lane_create(&lane, &spec, &error);
	}
	if (status == 0) {
		pst_setup_notices(&run->setup, COMMAND);
		pst_load_begin(&run->report.load, pst_lane_pids(lane));
		status = pst_lane_run(lane, &summary, &error);
		pst_load_end(&run->report.load, pst_lane_pids(lane));
		clear_progress(run);
		print_summary(run, &summary);
	}
	if (status == 0 && run->report_folder) {
		status = write_report(run, &summary, &error);
	}
	pst_lane_destroy(&lane);
	pst_notify_close(&run->notify);
	bool told = told_events(run);
	if (pst_setup_finish(&run->setup) < 0 && status == 0) {
		status = pst_error_set(
			&error, PST_E_UNSAFE, "audit log: last checkpoint not written");
	}
	if (status < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	if (summary.unmet || summary.unreached) {
		return PST_EXIT_NO;
	}
	return told ? PST_EXIT_OK : PST_EXIT_SOURCE;
}

int cmd_run(int argc, char **argv)
{
	struct run run = {.encounters = json_array()};

	pst_setup_init(&run.setup);
	int status = parse(&run, argc, argv);
	if (status < 0) {
		run.out = strcmp(run.setup.config.events, "-") == 0 ? stderr : stdout;
		status = run_lane(&run);
	}
	pst_run_report_finish(&run.report);
	pst_cli_expectations_finish(&run.expectations);
	json_decref(run.encounters);
	return status;
}
