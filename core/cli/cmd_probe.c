/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/picture.h"
#include "cli/probe.h"
#include "cli/source.h"
#ifdef PST_HAVE_V4L2
#include "devices/v4l2/v4l2.h"
#endif

#define COMMAND "probe"
#define SECONDS_MAX 3600
#define TICK_MS 100
#define PATH_SIZE 4096

static const char help[] =
	"usage: postern probe URI [OPTIONS]\n"
	"\n"
	"Takes a source's frames for a minute and tells how it does: mode, rate and jitter, what\n"
	"was lost and by what, how old frames are when they are handed over, exposure time "
	"against\n"
	"frame interval, sizes, CPU. Nothing is recorded, and no byte of a picture is read unless\n"
	"--check or --picture says so.\n"
	"\n"
	"  --seconds N        how long (1 to 3600; default 60); Ctrl-C ends it earlier\n"
	"  --check            look through every frame for damage: its bytes are read, in memory\n"
	"                     only, and none is kept\n"
	"  --picture FILE     save one frame as a JPEG: everybody in view is in it\n"
	"  --report FILE      write a report with curves, one HTML page\n"
	"  --pace real|max    recordings: as recorded, or as fast as they go (default max)\n"
	"  --key FILE         opens a sealed recording; also --credential NAME, --passphrase,\n"
	"                     --passphrase-fd N\n"
	"  --json             print the result as JSON\n"
	"  --help             print this help\n"
	"\n"
	"Exit status: 0 healthy; 1 frames were lost or damaged, or the rate was not held; 2 "
	"usage;\n"
	"3 no such source, or it failed or was unplugged meanwhile; 5 sealed, and not this key.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_SECONDS,
	OPTION_CHECK,
	OPTION_PICTURE,
	OPTION_REPORT,
	OPTION_PACE,
};

static const struct option options[] = {
	{"seconds", required_argument, NULL, OPTION_SECONDS},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"picture", required_argument, NULL, OPTION_PICTURE},
	{"report", required_argument, NULL, OPTION_REPORT},
	{"pace", required_argument, NULL, OPTION_PACE},
	PST_CLI_KEY_OPTIONS("", PST_CLI_KEY),
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

struct run {
	const char *uri;
	int64_t seconds;
	bool check;
	bool json;
	const char *picture;
	const char *report;
	enum pst_pace pace;
	struct pst_cli_key key;

	struct pst_device *device;
	struct pst_probe *probe;
	struct pst_probe_summary summary;
	int64_t started_ns;
	int64_t first_ns; /* when the first frame came */
	int64_t second;	  /* shown and asked for exposure last */
	bool saved;	  /* the picture is */
};

static volatile sig_atomic_t interrupted;

static void take_signal(int number)
{
	interrupted = number;
}

static int take_option(struct run *run, int option, struct pst_error *error)
{
	if (pst_cli_key_is_option(PST_CLI_KEY, option)) {
		return pst_cli_key_take(&run->key, PST_CLI_KEY, option, optarg, error);
	}
	switch (option) {
	case OPTION_JSON:
		run->json = true;
		return 0;
	case OPTION_CHECK:
		run->check = true;
		return 0;
	case OPTION_PICTURE:
		run->picture = optarg;
		return 0;
	case OPTION_REPORT:
		run->report = optarg;
		return 0;
	case OPTION_PACE:
		run->pace = strcmp(optarg, "real") == 0	 ? PST_PACE_REAL
			    : strcmp(optarg, "max") == 0 ? PST_PACE_MAX
							 : PST_PACE_UNSET;
		return run->pace ? 0
				 : pst_error_set(error, PST_E_USAGE, "--pace %s: it is real or max",
					   optarg);
	default:
		return pst_text_parse_int(optarg, 1, SECONDS_MAX, &run->seconds) == 0
			       ? 0
			       : pst_error_set(error, PST_E_USAGE,
					 "--seconds %s: a whole number from 1 to %d", optarg,
					 SECONDS_MAX);
	}
}

static bool ends_with(const char *path, const char *end)
{
	size_t length = strlen(path);

	return length > strlen(end) && strcasecmp(path + length - strlen(end), end) == 0;
}

/* Before a minute of frames is taken in vain. */
static int check_output(const char *path, struct pst_error *error)
{
	char folder[PATH_SIZE];
	struct stat at;

	if (stat(path, &at) == 0 && S_ISDIR(at.st_mode)) {
		return pst_error_set(error, -EISDIR, "%s: a folder; name a file", path);
	}
	if (pst_text_copy(folder, sizeof(folder), path) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", path);
	}
	if (access(dirname(folder), W_OK | X_OK) < 0) {
		return pst_error_set(
			error, -errno, "%s: can't be written: %s", path, strerror(errno));
	}
	return 0;
}

/* @return an exit status, or -1 to go on */
static int parse(struct run *run, int argc, char **argv)
{
	struct pst_error error = {0};
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
		if (take_option(run, option, &error) < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	if (argc - optind != 1) {
		return pst_cli_usage(COMMAND,
			argc == optind ? "a source is needed; 'postern devices' lists cameras"
				       : "one source at a time");
	}
	run->uri = argv[optind];
	if (run->picture && !ends_with(run->picture, ".jpg") && !ends_with(run->picture, ".jpeg")) {
		return pst_cli_usage(COMMAND, "--picture %s: pictures are .jpg", run->picture);
	}
	if ((run->picture && check_output(run->picture, &error) < 0) ||
		(run->report && check_output(run->report, &error) < 0)) {
		return pst_cli_fail(COMMAND, &error);
	}
	if (run->pace == PST_PACE_UNSET) {
		run->pace = strncmp(run->uri, "synth:", 6) == 0 ? PST_PACE_REAL : PST_PACE_MAX;
	}
	return -1;
}

static int64_t cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * PST_NS_PER_S + now.tv_nsec;
}

static void give_notice(const struct run *run)
{
	if (run->check) {
		(void)fprintf(stderr, "postern probe: --check reads the bytes of every frame, in "
				      "memory only; none is kept\n");
	}
	if (run->picture) {
		(void)fprintf(stderr,
			"postern probe: --picture saves one frame to %s: everybody in view is in "
			"it, whoever can read the file sees them\n",
			run->picture);
	}
}

/* A camera is asked, a recording can't be, and a trace answers only what was asked then. */
static int ask_exposure(struct run *run)
{
	int64_t exposure_ns;

#ifdef PST_HAVE_V4L2
	if (strncmp(run->uri, "v4l2:", 5) != 0) {
		return 0;
	}
	run->summary.may_slow = pst_v4l2_may_slow(run->device);
	if (pst_v4l2_exposure(run->device, &exposure_ns) == 0) {
		return pst_probe_exposure(run->probe, exposure_ns);
	}
#else
	(void)exposure_ns;
#endif
	return 0;
}

static void show_progress(const struct run *run, double seconds)
{
	const struct pst_device_counts counts = pst_device_counts(run->device);
	unsigned long long damaged = counts.flagged + counts.undersized + counts.torn;

	if (isatty(STDERR_FILENO)) {
		(void)fprintf(stderr,
			"\r%4.0f of %lld s: %llu frames, %.1f per second, %llu lost, %llu damaged ",
			seconds, (long long)run->seconds, (unsigned long long)counts.good,
			seconds > 0 ? (double)counts.good / seconds : 0,
			(unsigned long long)counts.lost, damaged);
	}
}

/* Once a second of the source's time. */
static int look_up(struct run *run)
{
	double seconds = pst_probe_seconds(run->probe);

	if ((int64_t)seconds < run->second) {
		return 0;
	}
	run->second = (int64_t)seconds + 1;
	show_progress(run, seconds);
	return ask_exposure(run);
}

/* Looks into a frame where that was asked for. @return 0; a status that ends the run */
static int look_into(struct run *run, struct pst_frame *frame, struct pst_error *error)
{
	bool wanted = run->picture && !run->saved && !frame->settling;

	if (!run->check && !wanted) {
		return 0;
	}
	int status = pst_device_map(run->device, frame, error);

	if (status == 0) {
		status = pst_frame_check(frame, error);
	}
	if (status == PST_E_CORRUPT) {
		*error = (struct pst_error){0};
		return 0;
	}
	if (status == 0 && wanted) {
		status = pst_cli_picture_save(frame, run->picture, error);
		run->saved = status == 0;
	}
	return status;
}

static int take(struct run *run, struct pst_frame *frame, struct pst_error *error)
{
	int64_t now_ns = pst_clock_mono_ns();
	int status =
		pst_probe_frame(run->probe, frame, pst_device_info(run->device)->live ? now_ns : 0);

	if (run->first_ns == 0) {
		run->first_ns = now_ns;
	}
	if (status == 0) {
		status = look_up(run);
	}
	if (status < 0) {
		return pst_error_set(error, status, "out of memory");
	}
	return look_into(run, frame, error);
}

/* Of a camera none of whose frames is good, the clock tells. */
static bool goes_on(const struct run *run)
{
	int64_t passed_ns = pst_clock_mono_ns() - run->started_ns;
	int64_t limit_ns = run->seconds * PST_NS_PER_S + PST_DEVICE_FIRST_MS * PST_NS_PER_MS;

	return !interrupted && pst_probe_seconds(run->probe) < (double)run->seconds &&
	       (passed_ns < limit_ns || !pst_device_info(run->device)->live);
}

/* @return 0 go on; PST_E_END; or what the source failed with */
static int take_next(struct run *run, struct pst_error *error)
{
	struct pollfd poller = {.fd = pst_device_fd(run->device), .events = POLLIN};
	struct pst_frame frame;

	if (poller.fd >= 0 && poll(&poller, 1, TICK_MS) <= 0) {
		return pst_device_check(run->device, error);
	}
	int status = pst_device_next(run->device, &frame, error);

	if (status == 1) {
		status = take(run, &frame, error);
		pst_device_release(run->device, &frame);
	} else if (status == PST_E_CORRUPT) {
		*error = (struct pst_error){0};
		status = 0;
	}
	return status;
}

static int stream(struct run *run, struct pst_error *error)
{
	int status = pst_device_start(run->device, error);

	run->started_ns = pst_clock_mono_ns();
	while (status == 0 && goes_on(run)) {
		status = take_next(run, error);
	}
	if (isatty(STDERR_FILENO)) {
		(void)fprintf(stderr, "\r%78s\r", "");
	}
	return status == PST_E_END ? 0 : status;
}

static int summarize(struct run *run, int64_t cpu_from_ns, const struct pst_error *failure,
	struct pst_error *error)
{
	struct pst_probe_summary *summary = &run->summary;

	summary->info = *pst_device_info(run->device);
	summary->counts = pst_device_counts(run->device);
	summary->checked = run->check;
	(void)snprintf(summary->failure, sizeof(summary->failure), "%s", failure->text);
	if (summary->info.live && run->first_ns != 0) {
		summary->first_ms = (double)(run->first_ns - run->started_ns) / PST_NS_PER_MS;
	}
	int status = pst_probe_summarize(run->probe, cpu_ns() - cpu_from_ns, summary);

	return status < 0 ? pst_error_set(error, status, "out of memory") : 0;
}

static int write_report(const struct run *run, struct pst_error *error)
{
	char *page = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&page, &size);

	if (to) {
		pst_probe_print_html(&run->summary, to);
	}
	int status = to && fclose(to) == 0 ? 0 : -ENOMEM;

	status = status < 0 ? pst_error_set(error, status, "%s: out of memory", run->report)
			    : pst_fd_replace_file(run->report, page, size, 0644, error);
	free(page);
	return status;
}

static int print(const struct run *run)
{
	json_t *json = run->json ? pst_probe_json(&run->summary) : NULL;

	if (run->json && !json) {
		return -ENOMEM;
	}
	if (run->json) {
		pst_cli_print_json(json);
	} else {
		pst_probe_print(&run->summary, stdout);
	}
	return 0;
}

/* @param failure  of the source; what was seen up to then is told all the same */
static int tell(struct run *run, int64_t cpu_from_ns, const struct pst_error *failure)
{
	struct pst_error error = {0};
	int status = summarize(run, cpu_from_ns, failure, &error);

	if (status == 0 && print(run) < 0) {
		status = pst_error_set(&error, -ENOMEM, "out of memory");
	}
	if (status == 0 && run->report) {
		status = write_report(run, &error);
	}
	if (status == 0 && run->picture && !run->saved && !failure->status) {
		status = pst_error_set(
			&error, PST_E_DEVICE, "%s: not written: no whole frame came", run->picture);
	}
	if (status < 0) {
		(void)pst_cli_fail(COMMAND, &error);
		return PST_EXIT_SOURCE;
	}
	if (failure->status || run->summary.problems & PST_PROBE_PROBLEM_NOTHING) {
		return PST_EXIT_SOURCE;
	}
	return run->summary.problems ? PST_EXIT_NO : PST_EXIT_OK;
}

static int probe(struct run *run)
{
	struct pst_error error = {0};
	int status = pst_probe_create(&run->probe);

	if (status < 0) {
		(void)pst_error_set(&error, status, "out of memory");
		return pst_cli_fail(COMMAND, &error);
	}
	status = pst_cli_source_open(&run->device, run->uri, run->pace, &run->key, NULL, &error);
	if (status < 0) {
		int exit = pst_cli_fail(COMMAND, &error);

		return exit == PST_EXIT_NO ? PST_EXIT_SOURCE : exit;
	}
	give_notice(run);
	(void)signal(SIGINT, take_signal);
	(void)signal(SIGTERM, take_signal);
	int64_t cpu_from_ns = cpu_ns();

	(void)!stream(run, &error); /* the error says it */
	return tell(run, cpu_from_ns, &error);
}

int cmd_probe(int argc, char **argv)
{
	struct run run = {.seconds = 60, .key = PST_CLI_KEY_INIT};
	int exit = parse(&run, argc, argv);

	if (exit < 0) {
		exit = probe(&run);
	}
	pst_device_close(&run.device);
	pst_probe_destroy(&run.probe);
	pst_cli_key_finish(&run.key);
	return exit;
}
