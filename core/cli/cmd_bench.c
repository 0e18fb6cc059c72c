/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/bench_limits.h"
#include "cli/bench_policy.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/setup.h"

#define COMMAND "bench"
#define DRAWN_SECONDS 10 /* of a source that has no end */
#define SECONDS_MAX 86400
#define THREADS_MAX 256
#define NS_PER_US 1000.0

static const char help[] =
	"usage: postern bench [LANE.yaml] --source URI [OPTIONS]\n"
	"\n"
	"What a lane does with a recording or with drawn people on this machine: frames per\n"
	"second, how long each stage takes, what the processes take, and beside it what no lane\n"
	"here can be faster than. One person is there from the first frame to the last, and no\n"
	"shot is ever good enough, so that every frame is searched.\n"
	"\n"
	"  --source URI       a recording's path, or synth:?people=4\n"
	"  --threads N        processors that the lane and its workers share (default: all)\n"
	"  --seconds N        of the source's time (default: all of a recording; 10 of synth:)\n"
	"  --detector ID, --extractor ID, --matcher ID, --quality ID, --pad ID\n"
	"  --sandbox strict|off\n"
	"  --set KEY=VALUE    any setting of a lane file: --set capture.follow=0\n"
	"  --json             JSON instead of tables\n"
	"\n"
	"It runs under a policy of its own that lets anybody through and keeps nothing: measure\n"
	"only recordings that you may. Cameras are refused; of a lane that runs on one,\n"
	"'postern run --report DIR' tells the same.\n"
	"\n"
	"Exit status: 0 measured; 1 no frame was searched; 2 usage or configuration; 3 source;\n"
	"4 refused for safety.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_THREADS,
	OPTION_SECONDS,
};

static const struct option options[] = {
	PST_SETUP_OPTIONS,
	{"source", required_argument, NULL, PST_SETUP_SOURCE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"threads", required_argument, NULL, OPTION_THREADS},
	{"seconds", required_argument, NULL, OPTION_SECONDS},
	{0},
};

struct bench {
	struct pst_setup setup;
	struct pst_load load;
	struct pst_bench_limits limits;
	struct pst_lane_summary summary;
	char folder[PATH_MAX]; /* of the run; "": there is none */
	int64_t threads;       /* 0: all */
	int64_t seconds;       /* 0: not said */
	int64_t first_ns;      /* CLOCK_MONOTONIC of the first stage and the last one */
	int64_t last_ns;
	bool json;
};

static int take_number(const char *name, int64_t most, int64_t *ret_value, struct pst_error *error)
{
	if (pst_text_parse_int(optarg, 1, most, ret_value) < 0) {
		return pst_error_set(error, PST_E_USAGE, "%s: '%.64s' is not a number of 1 to %lld",
			name, optarg, (long long)most);
	}
	return 0;
}

static int take_option(struct bench *bench, int option, struct pst_error *error)
{
	switch (option) {
	case OPTION_JSON:
		bench->json = true;
		return 0;
	case OPTION_THREADS:
		return take_number("--threads", THREADS_MAX, &bench->threads, error);
	case OPTION_SECONDS:
		return take_number("--seconds", SECONDS_MAX, &bench->seconds, error);
	case PST_SETUP_POLICY:
	case PST_SETUP_STATE:
	case PST_SETUP_GALLERY:
	case PST_SETUP_CHOICES:
	case PST_SETUP_OPERATOR:
		return pst_error_set(error, PST_E_USAGE,
			"policy, state and gallery are bench's own; leave them out");
	default:
		return pst_setup_take(&bench->setup, option, optarg, error);
	}
}

/* What stays what it is, whatever a lane file says: nothing of it is kept, and no shot ends it. */
static int set_fixed(struct bench *bench, struct pst_error *error)
{
	static const char *const pairs[][2] = {{"source.pace", "max"}, {"source.idle", "streaming"},
		{"policy.direction", "entry"}, {"policy.environment", "air"},
		{"policy.purpose", "verify"}, {"policy.mode", "normal"},
		{"capture.good-quality", "100"}, {"capture.timeout", "600s"},
		{"capture.stop-after", "600s"}, {"capture.frames", "100000"}, {"spare", "none"}};
	struct pst_lane_config *config = &bench->setup.config;
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		status = pst_lane_config_set(config, pairs[i][0], pairs[i][1], error);
	}
	config->choices[0] = config->operator_key[0] = config->gallery[0] = 0;
	config->control[0] = config->key[0] = config->events[0] = 0;
	return status;
}

/* @return an exit status, or -1 to go on */
static int parse(struct bench *bench, int argc, char **argv)
{
	struct pst_error error = {0};
	int option, status = 0;

	opterr = 0;
	for (int pass = 0; pass < 2; pass++) { /* the lane file goes under the options */
		optind = 0;
		while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
			if (option == OPTION_HELP) {
				(void)fputs(help, stdout);
				return PST_EXIT_OK;
			}
			if (option == '?' || option == ':') {
				return pst_cli_bad_option(COMMAND, option, argv);
			}
			if (pass == 1 && take_option(bench, option, &error) < 0) {
				return pst_cli_fail(COMMAND, &error);
			}
		}
		if (argc - optind > 1) {
			return pst_cli_usage(
				COMMAND, "one lane file at a time, not '%s' too", argv[optind + 1]);
		}
		if (pass == 0 && argc - optind == 1) {
			status = pst_lane_config_load(&bench->setup.config, argv[optind], &error);
		}
		if (status < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	if (!bench->setup.config.source[0]) {
		return pst_cli_usage(COMMAND, "which recording? --source FILE");
	}
	return set_fixed(bench, &error) < 0 ? pst_cli_fail(COMMAND, &error) : -1;
}

static int use_threads(int64_t threads, struct pst_error *error)
{
	cpu_set_t all, some;
	int64_t count = 0;

	if (threads == 0) {
		return 0;
	}
	CPU_ZERO(&some);
	if (sched_getaffinity(0, sizeof(all), &all) < 0) {
		return pst_error_set(error, -errno, "processors: %s", strerror(errno));
	}
	for (int i = 0; i < CPU_SETSIZE && count < threads; i++) {
		if (CPU_ISSET(i, &all)) {
			CPU_SET(i, &some);
			count++;
		}
	}
	if (count < threads) {
		return pst_error_set(error, PST_E_USAGE,
			"--threads %lld: this process may use %lld processors", (long long)threads,
			(long long)count);
	}
	return sched_setaffinity(0, sizeof(some), &some) < 0
		       ? pst_error_set(error, -errno, "processors: %s", strerror(errno))
		       : 0;
}

static bool is_drawn(const struct bench *bench)
{
	return strncmp(bench->setup.config.source, "synth:", strlen("synth:")) == 0;
}

/* Policy, scenario and state lie in a folder that goes with the run. */
static int make_folder(struct bench *bench, char scenario[PATH_MAX], struct pst_error *error)
{
	const char *above = getenv("TMPDIR");
	struct pst_lane_config *config = &bench->setup.config;
	int64_t seconds = bench->seconds    ? bench->seconds
			  : is_drawn(bench) ? DRAWN_SECONDS
					    : SECONDS_MAX;
	char text[256];
	int status = 0;

	(void)snprintf(bench->folder, sizeof(bench->folder), "%.512s/postern-bench-XXXXXX",
		above && above[0] ? above : "/tmp");
	if (!mkdtemp(bench->folder)) {
		status = pst_error_set(error, -errno, "%s: %s", bench->folder, strerror(errno));
		bench->folder[0] = 0;
		return status;
	}
	(void)snprintf(config->policy, sizeof(config->policy), "%.600s/policy.yaml", bench->folder);
	(void)snprintf(config->state, sizeof(config->state), "%.600s/state", bench->folder);
	(void)snprintf(scenario, PATH_MAX, "%.600s/scenario.yaml", bench->folder);
	(void)snprintf(text, sizeof(text),
		"scenario: 1\nname: bench\nencounters:\n  - {at: 0s, for: %llds, category: "
		"recorded, "
		"known-by: self, notice: current}\n",
		(long long)seconds);
	status = pst_fd_replace_file(
		config->policy, bench_policy, strlen(bench_policy), 0600, error);
	return status < 0 ? status : pst_fd_replace_file(scenario, text, strlen(text), 0600, error);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *at)
{
	(void)info;
	(void)flag;
	(void)at;
	return remove(path);
}

static void remove_folder(const struct bench *bench)
{
	if (bench->folder[0] && nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
		(void)fprintf(stderr, "postern bench: %s: could not be removed: %s\n",
			bench->folder, strerror(errno));
	}
}

static void take_stage(void *user, enum pst_stage stage, int64_t took_ns)
{
	struct bench *bench = user;
	int64_t now_ns = pst_clock_mono_ns();

	if (bench->first_ns == 0) {
		bench->first_ns = now_ns - took_ns;
	}
	bench->last_ns = now_ns;
	pst_load_take(&bench->load, stage, took_ns);
}

static int run_lane(struct bench *bench, const char *scenario, struct pst_error *error)
{
	struct pst_lane *lane = NULL;
	int status = pst_setup_open(&bench->setup, scenario, error);

	if (status == 0 && pst_device_info(bench->setup.device)->live) {
		status = pst_error_set(error, PST_E_UNSAFE,
			"%s is a camera, and nobody was asked; measure a recording, or the lane "
			"that runs on it with 'postern run --report DIR'",
			pst_device_info(bench->setup.device)->name);
	}
	if (status == 0) {
		struct pst_lane_spec spec = pst_setup_spec(&bench->setup);

		spec.stage = take_stage;
		spec.user = bench;
		status = pst_lane_create(&lane, &spec, error);
	}
	if (status == 0) {
		pst_setup_notices(&bench->setup, COMMAND);
		pst_load_begin(&bench->load, pst_lane_pids(lane));
		status = pst_lane_run(lane, &bench->summary, error);
		pst_load_end(&bench->load, pst_lane_pids(lane));
	}
	pst_lane_destroy(&lane);
	return status;
}

static uint64_t searched(const struct bench *bench)
{
	return bench->load.stage[PST_STAGE_DECODE_WHOLE].count +
	       bench->load.stage[PST_STAGE_DECODE_NEAR].count;
}

static double seconds_of(const struct bench *bench)
{
	return (double)(bench->last_ns - bench->first_ns) / PST_NS_PER_S;
}

static double fps_of(const struct bench *bench)
{
	return (double)bench->summary.frames.leased / seconds_of(bench);
}

static double cpu_ms_of(const struct bench *bench)
{
	return 1e3 * pst_load_cpu_s(&bench->load) / (double)bench->summary.frames.leased;
}

static double median_us(struct pst_load_series *series)
{
	return (double)pst_load_series_quantile(series, 0.5) / NS_PER_US;
}

/* What the calls of detector, attack detector and extractor take alone, for each frame. */
static double plugins_us_of(const struct bench *bench)
{
	static const enum pst_stage calls[] = {
		PST_STAGE_DETECT_WHOLE, PST_STAGE_DETECT_NEAR, PST_STAGE_PAD, PST_STAGE_EXTRACT};
	int64_t sum_ns = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		sum_ns += pst_load_series_sum(&bench->load.stage[calls[i]]);
	}
	return (double)sum_ns / NS_PER_US / (double)bench->summary.frames.leased;
}

static json_t *limits_json(struct bench *bench)
{
	struct pst_load_series *entropy = &bench->limits.entropy;
	json_t *limits = json_pack("{s:f, s:f, s:I, s:f, s:f}", "memory_read_gb_s",
		bench->limits.read_gb_s, "plugins_us_per_frame", plugins_us_of(bench),
		"sealed_bytes", (json_int_t)bench->limits.sealed_bytes, "seal_us",
		median_us(&bench->limits.seal), "libsodium_us", median_us(&bench->limits.sodium));

	if (entropy->count > 0) {
		double us = median_us(entropy);

		(void)json_object_set_new(limits, "entropy_decode_us", json_real(us));
		(void)json_object_set_new(limits, "entropy_decode_fps", json_real(1e6 / us));
		(void)json_object_set_new(limits, "jpeg_bytes",
			json_integer((json_int_t)(bench->limits.jpeg_bytes / entropy->count)));
	}
	return limits;
}

static void print_json(struct bench *bench)
{
	const struct pst_setup *setup = &bench->setup;
	const struct pst_device_info *info = pst_device_info(setup->device);
	json_t *source = json_pack("{s:s, s:s, s:I, s:I, s:s}", "uri", setup->config.source,
		"format", pst_frame_format_name(info->format), "width", (json_int_t)info->width,
		"height", (json_int_t)info->height, "domain", pst_domain_name(info->domain));
	json_t *plugins = json_pack("{s:s, s:s, s:s, s:s?}", "detector", setup->detector->id,
		"quality", setup->quality->id, "extractor", setup->extractor->id, "pad",
		setup->pad ? setup->pad->id : NULL);
	json_t *lane = json_pack("{s:f, s:I, s:f, s:f, s:I, s:I, s:I}", "fps", fps_of(bench),
		"frames", (json_int_t)bench->summary.frames.leased, "seconds", seconds_of(bench),
		"cpu_ms_per_frame", cpu_ms_of(bench), "templates",
		(json_int_t)bench->summary.templates, "near",
		(json_int_t)bench->load.stage[PST_STAGE_DECODE_NEAR].count, "follow",
		(json_int_t)setup->config.follow);

	pst_cli_print_json(json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "bench", 1,
		"machine", pst_load_machine_json(), "source", source, "plugins", plugins, "lane",
		lane, "stages", pst_load_stages_json(&bench->load), "processes",
		pst_load_processes_json(&bench->load), "limits", limits_json(bench)));
}

static void print_stages(struct bench *bench)
{
	double whole_ns = seconds_of(bench) * PST_NS_PER_S;

	(void)printf("%-14s %7s %10s %10s %10s  %s\n", "stage", "times", "p50 us", "p95 us",
		"p99 us", "of the time");
	for (int i = 0; i < PST_STAGE_COUNT; i++) {
		struct pst_load_series *series = &bench->load.stage[i];

		if (series->count > 0) {
			(void)printf("%-14s %7zu %10.1f %10.1f %10.1f  %5.1f %%\n",
				pst_stage_name((enum pst_stage)i), series->count,
				(double)pst_load_series_quantile(series, 0.5) / NS_PER_US,
				(double)pst_load_series_quantile(series, 0.95) / NS_PER_US,
				(double)pst_load_series_quantile(series, 0.99) / NS_PER_US,
				100 * (double)pst_load_series_sum(series) / whole_ns);
		}
	}
}

static void print_limits(struct bench *bench)
{
	struct pst_load_series *entropy = &bench->limits.entropy;

	(void)printf("\nlimits on one thread here\n");
	if (entropy->count > 0) {
		double us = median_us(entropy);

		(void)printf("  entropy codes of the same JPEGs, %llu bytes: %.0f us, %.0f "
			     "frames/s\n",
			(unsigned long long)(bench->limits.jpeg_bytes / entropy->count), us,
			1e6 / us);
	}
	(void)printf("  the plugins' own calls: %.0f us of the %.0f us that a frame takes\n",
		plugins_us_of(bench), 1e6 / fps_of(bench));
	(void)printf("  a template of %zu bytes sealed: %.1f us, the calls of libsodium alone %.1f "
		     "us\n",
		bench->limits.sealed_bytes, median_us(&bench->limits.seal),
		median_us(&bench->limits.sodium));
	(void)printf("  memory read: %.1f GB/s\n", bench->limits.read_gb_s);
}

static void print_text(struct bench *bench)
{
	const struct pst_setup *setup = &bench->setup;
	const struct pst_device_info *info = pst_device_info(setup->device);
	json_t *machine = pst_load_machine_json();

	(void)printf("%s, %lld of %lld cores, Linux %s\n",
		json_string_value(json_object_get(machine, "cpu")),
		(long long)json_integer_value(json_object_get(machine, "cores_used")),
		(long long)json_integer_value(json_object_get(machine, "cores")),
		json_string_value(json_object_get(machine, "kernel")));
	json_decref(machine);
	(void)printf("%s: %s %ux%u; %s, %s, %s%s%s; capture.follow %u\n", setup->config.source,
		pst_frame_format_name(info->format), info->width, info->height, setup->detector->id,
		setup->quality->id, setup->extractor->id, setup->pad ? ", " : "",
		setup->pad ? setup->pad->id : "", setup->config.follow);
	(void)printf("\nlane: %.1f frames/s, %llu frames in %.2f s, %.2f ms of a processor for "
		     "each; %llu templates made\n\n",
		fps_of(bench), (unsigned long long)bench->summary.frames.leased, seconds_of(bench),
		cpu_ms_of(bench), (unsigned long long)bench->summary.templates);
	print_stages(bench);

	print_limits(bench);
	(void)printf("\nprocesses\n");
	for (int i = 0; i < PST_LOAD_PROCESSES; i++) {
		const struct pst_load_process *process = &bench->load.process[i];

		if (process->known) {
			(void)printf("  %-14s %8.2f s of a processor, %6.1f MB at most\n",
				process->name, process->cpu_s, (double)process->resident / 1e6);
		}
	}
}

static int measure(struct bench *bench)
{
	struct pst_error error = {0};
	char scenario[PATH_MAX];
	int status = use_threads(bench->threads, &error);

	if (status == 0) {
		status = make_folder(bench, scenario, &error);
	}
	if (status == 0) {
		status = run_lane(bench, scenario, &error);
	}
	if (status == 0) {
		status = pst_bench_limits_measure(
			is_drawn(bench) ? NULL : bench->setup.config.source, bench->folder,
			bench->setup.extractor->manifest->template_.size, &bench->limits, &error);
	}
	if (status < 0) {
		return pst_cli_fail(COMMAND, &error);
	}
	if (searched(bench) == 0) {
		(void)fprintf(stderr, "postern bench: no frame was searched\n");
		return PST_EXIT_NO;
	}
	if (bench->json) {
		print_json(bench);
	} else {
		print_text(bench);
	}
	return PST_EXIT_OK;
}

int cmd_bench(int argc, char **argv)
{
	struct bench bench = {0};

	pst_setup_init(&bench.setup);
	int status = parse(&bench, argc, argv);
	if (status < 0) {
		status = measure(&bench);
		if (pst_setup_finish(&bench.setup) < 0 && status == PST_EXIT_OK) {
			status = PST_EXIT_UNSAFE;
		}
		remove_folder(&bench);
	}
	pst_bench_limits_finish(&bench.limits);
	pst_load_finish(&bench.load);
	return status;
}
