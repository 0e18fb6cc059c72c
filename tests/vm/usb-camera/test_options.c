/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

#define WORDS_MAX 48

static struct settings settings;
static struct pst_error error;

static enum options read_words(const char *line)
{
	static char text[512];
	char *argv[WORDS_MAX + 1] = {(char[]){"usb-camera"}}, *rest = NULL;
	int argc = 1;

	(void)snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		argv[argc++] = word;
	}
	error = (struct pst_error){0};
	optind = 0;
	return options_read(argc, argv, &settings, &error);
}

static void refused(const char *line, const char *why)
{
	cr_assert_eq(read_words(line), OPTIONS_BAD, "%s", line);
	cr_assert_eq(error.status, PST_E_CONFIG, "%s", line);
	cr_assert(strstr(error.text, why), "%s: %s", line, error.text);
	cr_assert_null(strchr(error.text, '\n'));
}

Test(options, there_is_a_camera_without_any)
{
	cr_assert_eq(read_words(""), OPTIONS_RUN);
	cr_assert_eq(settings.modes.formats[0], FORMAT_MJPEG);
	cr_assert_eq(settings.modes.formats[1], FORMAT_YUYV);
	cr_assert_eq(settings.modes.sizes[0].width, 640);
	cr_assert_eq(settings.modes.interval_count, 2);
	cr_assert_str_eq(settings.identity.serial, "");
	cr_assert_eq(settings.replug_ns, -1);
}

Test(options, are_taken)
{
	cr_assert_eq(
		read_words("--serial S1 --vendor 046d --product C52b --mark D --port 7 "
			   "--speed super --bulk --format Y16 --format grey --size 1280x720 "
			   "--fps 15 --fps 60 --fault error:every=3 --fault unplug:at=9 "
			   "--replug 250 --cycles 4 --swap S2 --seed 99 --payload 3072 --clock "
			   "--settle 12"),
		OPTIONS_RUN, "%s", error.text);
	cr_assert_str_eq(settings.identity.serial, "S1");
	cr_assert_eq(settings.identity.vendor, 0x046d);
	cr_assert_eq(settings.identity.product, 0xc52b);
	cr_assert_eq(settings.mark, 'D');
	cr_assert_eq(settings.port, 7);
	cr_assert(settings.wiring.super && settings.wiring.bulk);
	cr_assert_eq(settings.modes.format_count, 2);
	cr_assert_eq(settings.modes.formats[1], FORMAT_GREY);
	cr_assert_eq(settings.modes.intervals[0], 166666);
	cr_assert_eq(settings.modes.intervals[1], 666666);
	cr_assert_eq(settings.faults.count, 2);
	cr_assert_eq(settings.replug_ns, 250000000);
	cr_assert_eq(settings.cycles, 4);
	cr_assert_str_eq(settings.swap, "S2");
	cr_assert_eq(settings.payload, 3072);
	cr_assert(settings.clock);
	cr_assert_eq(settings.settle, 12);
}

Test(options, help_and_reading_are_told_apart)
{
	cr_assert_eq(read_words("--help"), OPTIONS_HELP);
	cr_assert_eq(read_words("--read a.jpg b.jpg"), OPTIONS_READ);
	cr_assert_eq(optind, 2);
}

Test(options, bad_ones_are_refused_in_one_line)
{
	refused("--often", "--often is unknown");
	refused("--port", "--port needs a value");
	refused("--port 15", "0 to 14");
	refused("--port x", "'x'");
	refused("--vendor 12345", "0000 to ffff");
	refused("--product -1", "0000 to ffff");
	refused("--mark AB", "one letter");
	refused("--mark Z", "one letter");
	refused("--speed full", "high or super");
	refused("--format H264", "H264");
	refused("--format YUYV --format yuyv", "twice");
	refused("--size 640x481", "multiples");
	refused("--fps 0", "1 to 240");
	refused("--serial a\"b", "quotes");
	refused("--fault nothing", "'nothing'");
	refused("--cycles 3", "needs --replug");
	refused("--swap B", "needs --replug");
	refused("--read", "which files");
	refused("clip.avi", "'clip.avi'");
	refused("--size 160x120 --size 160x120 --size 160x120 --size 160x120 --size 160x120 "
		"--size 160x120 --size 160x120 --size 160x120 --size 160x120",
		"no more than 8");
}
