/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "devices/synthetic/recording.h"
#include "devices/synthetic/settings.h"
#include "devices/synthetic/stills.h"

#define STILL_WIDTH 640 /* px */
#define STILL_HEIGHT 480

static const char help[] =
	"usage: postern synth OUT.avi [OPTIONS]\n"
	"       postern synth OUT.jpg --person N [OPTIONS]\n"
	"       postern synth DIR --stills N [OPTIONS]\n"
	"\n"
	"Draws a recording of invented faces (MJPEG in AVI) and says what is in it, frame by\n"
	"frame, in OUT.avi.truth.json; or one person's portrait; or N pictures of each person, in "
	"a\n"
	"folder for each, as 'postern eval' takes them. Equal options give equal files.\n"
	"\n"
	"  --people N       how many take turns in front of the camera (1 to 100000; default 4)\n"
	"  --seed N         which people (default 1)\n"
	"  --seconds N      length (default: 4 for each person)\n"
	"  --size WxH       pixels (160x120 to 3840x2160, even; default 1280x720)\n"
	"  --fps N          frames per second (1 to 240; default 30)\n"
	"  --bystanders N   smaller people at the sides (0 to 4; default 0)\n"
	"  --person N       only this one of the people, numbered from 0\n"
	"  --take N         other light, movement and noise of the same people (default 0)\n"
	"  --stills N       pictures of each person (1 to 100), 640x480 unless --size is given\n"
	"  --help           this text\n"
	"\n"
	"The recording is marked as drawn, so that calibrations for drawn faces hold for it.\n"
	"\n"
	"Exit status: 0 drawn; 1 given up; 2 usage, or a file that cannot be made; 3 disk full.\n";

static volatile sig_atomic_t interrupted;

static void take_signal(int number)
{
	interrupted = number;
}

static bool go_on(void *user, uint64_t done, uint64_t total)
{
	unsigned percent = (unsigned)(done * 100 / total), *shown = user;

	if (percent != *shown && isatty(STDERR_FILENO)) {
		*shown = percent;
		(void)fprintf(stderr, "\rdrawing %3u %%%s", percent,
			done == total || interrupted ? "\n" : "");
	}
	return !interrupted;
}

static bool is_picture(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0);
}

static int take_stills(const char *text, uint32_t *ret_stills, struct pst_error *error)
{
	int64_t number;

	if (pst_text_parse_int(text, 1, PST_SYNTH_STILLS_MAX, &number) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"stills: '%s' is not a whole number from 1 to %u", text,
			PST_SYNTH_STILLS_MAX);
	}
	*ret_stills = (uint32_t)number;
	return 0;
}

static int read_options(int argc, char **argv, struct pst_synth_settings *settings,
	uint32_t *ret_stills, struct pst_error *error)
{
	struct option options[PST_SYNTH_SETTING_COUNT + 3] = {0};
	int option;

	for (int i = 0; i < PST_SYNTH_SETTING_COUNT; i++) {
		const char *name = pst_synth_setting_name((enum pst_synth_setting)i);

		options[i] = (struct option){name, required_argument, NULL, 256 + i};
	}
	options[PST_SYNTH_SETTING_COUNT] = (struct option){"help", no_argument, NULL, 'h'};
	options[PST_SYNTH_SETTING_COUNT + 1] =
		(struct option){"stills", required_argument, NULL, 's'};
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(help, stdout);
			return -1;
		}
		if (option == 's') {
			if (take_stills(optarg, ret_stills, error) < 0) {
				return pst_cli_fail("synth", error);
			}
			continue;
		}
		if (option < 256) {
			return pst_cli_bad_option("synth", option, argv);
		}
		enum pst_synth_setting setting = (enum pst_synth_setting)(option - 256);

		if (pst_synth_settings_read(settings, setting, optarg, error) < 0) {
			return pst_cli_fail("synth", error);
		}
	}
	if (argc == optind) {
		return pst_cli_usage("synth", "where to? no file is named");
	}
	if (argc - optind > 1) {
		return pst_cli_usage("synth", "one file, please, not '%s' too", argv[optind + 1]);
	}
	return 0;
}

int cmd_synth(int argc, char **argv)
{
	struct pst_error error = {0};
	struct pst_synth_settings settings;
	unsigned shown = 101;
	uint32_t stills = 0;

	pst_synth_settings_init(&settings);
	int result = read_options(argc, argv, &settings, &stills, &error);

	if (result != 0) {
		return result < 0 ? PST_EXIT_OK : result;
	}
	const char *path = argv[optind];
	int status = pst_synth_settings_complete(&settings, &error);

	(void)signal(SIGINT, take_signal);
	(void)signal(SIGTERM, take_signal);
	if (status == 0 && stills > 0) {
		if (!settings.has_size) {
			settings.scene.width = STILL_WIDTH;
			settings.scene.height = STILL_HEIGHT;
		}
		status = pst_synth_stills(path, &settings.scene, stills, go_on, &shown, &error);
	} else if (status == 0 && is_picture(path)) {
		if (!settings.has_person) {
			return pst_cli_usage("synth", "a picture shows one person: give --person");
		}
		status = pst_synth_record_portrait(
			path, &settings.scene, settings.alone.identity, &error);
	} else if (status == 0) {
		status = pst_synth_record(path, &settings.scene, go_on, &shown, &error);
	}
	return status < 0 ? pst_cli_fail("synth", &error) : PST_EXIT_OK;
}
