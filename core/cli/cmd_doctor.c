/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "devices/v4l2/doctor.h"

#define SECONDS 3.0
#define SECONDS_MAX 3600.0

static const char help[] =
	"usage: postern doctor [--json]\n"
	"       postern doctor URI [--seconds S] [--json]\n"
	"\n"
	"Says in one line each what is wrong with the cameras of this machine, and what to do. "
	"With\n"
	"a URI, as a lane names its source, that camera is looked at alone and streams for a few\n"
	"seconds; no byte of a picture is read.\n"
	"\n"
	"      --seconds S  stream for so long; 0: don't (default 3)\n"
	"      --json       print the findings as JSON\n"
	"      --help       print this help\n"
	"\n"
	"Exit status: 0 nothing is wrong; 1 it works, but something is wrong, or one camera of\n"
	"several can't be used; 2 usage; 3 the camera, or every camera, can't be used.\n"
	"The names in brackets are for scripts; docs/integrators.md lists them.\n";

static int exit_of(const struct pst_v4l2_checkup *checkup, bool one)
{
	switch (pst_v4l2_checkup_level(checkup)) {
	case PST_V4L2_LEVEL_FATAL:
		return one || checkup->usable == 0 ? PST_EXIT_SOURCE : PST_EXIT_NO;
	case PST_V4L2_LEVEL_WARNING:
		return PST_EXIT_NO;
	case PST_V4L2_LEVEL_NOTE:
	case PST_V4L2_LEVEL_UNSET:
		break;
	}
	return PST_EXIT_OK;
}

static json_t *trial_to_json(const struct pst_v4l2_trial *trial)
{
	const struct pst_device_counts *counts = &trial->counts;

	if (trial->seconds <= 0) {
		return json_null();
	}
	return json_pack("{s:f, s:s, s:i, s:i, s:s, s:f, s:f, s:o, s:{s:I, s:I, s:I, s:I, s:I}}",
		"seconds", trial->seconds, "format", pst_frame_format_name(trial->format), "width",
		(int)trial->width, "height", (int)trial->height, "choice", trial->choice,
		"asked_fps", trial->asked_fps, "seen_fps", trial->seen_fps, "exposure_ms",
		trial->exposure_ns > 0 ? json_real((double)trial->exposure_ns / 1e6) : json_null(),
		"frames", "good", (json_int_t)counts->good, "lost", (json_int_t)counts->lost,
		"flagged", (json_int_t)counts->flagged, "undersized",
		(json_int_t)counts->undersized, "restamped", (json_int_t)counts->restamped);
}

static void print_as_json(const struct pst_v4l2_checkup *checkup)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < checkup->findings; i++) {
		const struct pst_v4l2_finding *finding = &checkup->finding[i];

		(void)json_array_append_new(findings,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "id",
				pst_v4l2_cause_name(finding->cause), "level",
				pst_v4l2_level_name(pst_v4l2_cause_level(finding->cause)), "camera",
				finding->camera, "text", finding->text, "fix", finding->fix));
	}
	pst_cli_print_json(json_pack("{s:i, s:i, s:o, s:o}", "cameras", checkup->cameras, "usable",
		checkup->usable, "stream", trial_to_json(&checkup->trial), "findings", findings));
}

static void print_trial(const struct pst_v4l2_checkup *checkup)
{
	const struct pst_v4l2_trial *trial = &checkup->trial;
	const struct pst_device_counts *counts = &trial->counts;
	unsigned long long damaged = counts->flagged + counts->undersized;

	if (trial->seconds <= 0) {
		return;
	}
	(void)printf("%s \"%s\": %s %ux%u", checkup->camera, checkup->name,
		pst_frame_format_name(trial->format), trial->width, trial->height);
	if (trial->seen_fps > 0) {
		(void)printf(", %.1f frames per second", trial->seen_fps);
	}
	if (trial->asked_fps > 0) {
		(void)printf(" of %.4g", trial->asked_fps);
	}
	(void)printf("; %llu good, %llu lost, %llu damaged in %.1f s\n",
		(unsigned long long)counts->good, (unsigned long long)counts->lost, damaged,
		trial->seconds);
	if (trial->choice[0]) {
		(void)printf("  %s\n", trial->choice);
	}
}

static void print_as_text(const struct pst_v4l2_checkup *checkup)
{
	print_trial(checkup);
	for (size_t i = 0; i < checkup->findings; i++) {
		const struct pst_v4l2_finding *finding = &checkup->finding[i];

		(void)printf("[%s] %s: %s\n", pst_v4l2_cause_name(finding->cause), finding->text,
			finding->fix);
	}
	if (pst_v4l2_checkup_level(checkup) <= PST_V4L2_LEVEL_NOTE) {
		(void)printf("nothing is wrong with %s\n", checkup->camera[0] ? "this camera"
							   : checkup->cameras == 1
								   ? "the camera of this machine"
								   : "the cameras of this machine");
	}
}

static bool parse_seconds(const char *text, double *ret_seconds)
{
	char *end;
	double seconds = strtod(text, &end);

	*ret_seconds = seconds;
	return end != text && !*end && seconds >= 0 && seconds <= SECONDS_MAX;
}

static int examine(const char *uri, double seconds, bool json)
{
	struct pst_v4l2_checkup checkup;
	struct pst_error error = {0};
	int status = pst_v4l2_doctor(uri, seconds, &checkup, &error);

	if (status < 0) {
		return pst_cli_fail("doctor", &error);
	}
	(json ? print_as_json : print_as_text)(&checkup);
	return exit_of(&checkup, uri != NULL);
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	double seconds = SECONDS;
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			if (!parse_seconds(optarg, &seconds)) {
				return pst_cli_usage(
					"doctor", "--seconds %s is no time from 0 to 3600", optarg);
			}
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		default:
			return pst_cli_bad_option("doctor", option, argv);
		}
	}
	if (argc - optind > 1) {
		return pst_cli_usage("doctor", "takes one URI, not also '%s'", argv[optind + 1]);
	}
	const char *uri = argv[optind];

	if (uri && strncmp(uri, "v4l2:", 5) != 0) {
		return pst_cli_usage(
			"doctor", "'%s' is no camera's URI; write v4l2:/dev/video0", uri);
	}
	return examine(uri, seconds, json);
}
