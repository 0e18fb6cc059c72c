/* SPDX-License-Identifier: Apache-2.0 */
#include "config/lane.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

static const char whole[] = "lane: 1\n"
			    "name: gate-7\n"
			    "source: {uri: clip.avi, pace: real, idle: stopped}\n"
			    "policy:\n"
			    "  file: p.yaml\n"
			    "  direction: exit\n"
			    "  environment: land\n"
			    "  purpose: identify\n"
			    "  mode: partial\n"
			    "  date: 2026-01-15\n"
			    "  time-zone: \"-05:30\"\n"
			    "plugins:\n"
			    "  detector: yunet\n"
			    "  quality: better\n"
			    "  pad: witness\n"
			    "  extractor: arcface\n"
			    "  matcher: faiss\n"
			    "  options:\n"
			    "    - {plugin: yunet, name: score, value: 0.6}\n"
			    "    - {plugin: yunet, name: overlap, value: \"\"}\n"
			    "zone: {x: 0.2, y: 0.1, width: 0.6, height: 0.9}\n"
			    "capture:\n"
			    "  {min-face: 90, good-quality: 70, timeout: 15s, follow: 7, frames: "
			    "300, stop-after: 800ms}\n"
			    "pad: {impersonation: required, evasion: reported}\n"
			    "match: {fmr: 1e-4, gallery: staff, rank: 3}\n"
			    "control: {socket: gate.sock, group: desk, notice-timeout: 5s,\n"
			    "  longest: 60s, picture: masked}\n"
			    "state: /var/lib/gate\n"
			    "key: gate.key\n"
			    "events: \"-\"\n"
			    "sandbox: off\n";

static int parse_as(
	const char *name, const char *text, struct pst_lane_config *config, struct pst_error *error)
{
	pst_lane_config_init(config);
	return pst_lane_config_parse(config, name, text, strlen(text), error);
}

static void expect_refusal(const char *text, const char *message)
{
	struct pst_lane_config *config = malloc(sizeof(*config));
	struct pst_lane_config *before = malloc(sizeof(*before));
	struct pst_error error = {0};

	pst_lane_config_init(before);
	cr_expect_eq(parse_as("l.yaml", text, config, &error), PST_E_CONFIG, "taken: %s", text);
	cr_expect_str_eq(error.text, message);
	cr_expect_eq(memcmp(config, before, sizeof(*before)), 0, "changed by: %s", text);
	free(config);
	free(before);
}

Test(lane, defaults)
{
	struct pst_lane_config config;

	pst_lane_config_init(&config);
	cr_expect_str_eq(config.name, "lane");
	cr_expect_str_eq(config.source, "");
	cr_expect_eq(config.pace, PST_LANE_PACE_MAX);
	cr_expect_eq(config.idle, PST_LANE_IDLE_STREAMING);
	cr_expect_str_eq(config.policy, "");
	cr_expect_str_eq(config.direction, "entry");
	cr_expect_str_eq(config.environment, "air");
	cr_expect_str_eq(config.purpose, "verify");
	cr_expect_str_eq(config.mode, "normal");
	cr_expect_eq(config.date, PST_LANE_DATE_TODAY);
	cr_expect_eq(config.time_zone, PST_LANE_TIME_ZONE_LOCAL);
	cr_expect_str_eq(config.detector, "");
	cr_expect_str_eq(config.quality, "facequal");
	cr_expect_str_eq(config.pad, "");
	cr_expect_eq(config.pad_impersonation, PST_LANE_PAD_UNSET);
	cr_expect_eq(config.pad_evasion, PST_LANE_PAD_UNSET);
	cr_expect_str_eq(config.extractor, "");
	cr_expect_str_eq(config.matcher, "cosine");
	cr_expect_eq(config.option_count, 0);
	cr_expect_eq(config.zone.x, 0.33);
	cr_expect_eq(config.zone.width, 0.34);
	cr_expect_eq(config.zone.height, 1);
	cr_expect_eq(config.min_face_px, 60);
	cr_expect_eq(config.good_quality, 60);
	cr_expect_eq(config.timeout_ns, 20 * PST_NS_PER_S);
	cr_expect_eq(config.follow, 30);
	cr_expect_eq(config.max_frames, 18000);
	cr_expect_eq(config.stop_after_ns, PST_NS_PER_S);
	cr_expect_eq(config.fmr, 1e-3);
	cr_expect_str_eq(config.gallery, "");
	cr_expect_eq(config.rank, 1);
	cr_expect_str_eq(config.control, "");
	cr_expect_str_eq(config.control_group, "");
	cr_expect_eq(config.notice_timeout_ns, 2 * PST_NS_PER_S);
	cr_expect_eq(config.longest_ns, 300 * PST_NS_PER_S);
	cr_expect_eq(config.picture, PST_LANE_PICTURE_OFF);
	cr_expect_str_eq(config.state, "");
	cr_expect_str_eq(config.key, "");
	cr_expect_str_eq(config.events, "");
	cr_expect_eq(config.sandbox, PST_LANE_SANDBOX_STRICT);
}

Test(lane, every_key_is_read)
{
	struct pst_lane_config config;
	struct pst_error error = {0};
	int32_t day;

	cr_assert_eq(parse_as("lanes/gate.yaml", whole, &config, &error), 0, "%s", error.text);
	cr_expect_eq(pst_lane_config_check(&config, &error), 0, "%s", error.text);
	cr_expect_str_eq(config.name, "gate-7");
	cr_expect_str_eq(config.source, "lanes/clip.avi");
	cr_expect_eq(config.pace, PST_LANE_PACE_REAL);
	cr_expect_eq(config.idle, PST_LANE_IDLE_STOPPED);
	cr_expect_str_eq(config.policy, "lanes/p.yaml");
	cr_expect_str_eq(config.direction, "exit");
	cr_expect_str_eq(config.environment, "land");
	cr_expect_str_eq(config.purpose, "identify");
	cr_expect_str_eq(config.mode, "partial");
	cr_assert_eq(pst_clock_parse_day("2026-01-15", &day), 0);
	cr_expect_eq(config.date, day);
	cr_expect_eq(config.time_zone, PST_LANE_TIME_ZONE_FIXED);
	cr_expect_eq(config.time_zone_offset_s, -19800);
	cr_expect_str_eq(config.detector, "yunet");
	cr_expect_str_eq(config.quality, "better");
	cr_expect_str_eq(config.pad, "witness");
	cr_expect_eq(config.pad_impersonation, PST_LANE_PAD_REQUIRED);
	cr_expect_eq(config.pad_evasion, PST_LANE_PAD_REPORTED);
	cr_expect_str_eq(config.extractor, "arcface");
	cr_expect_str_eq(config.matcher, "faiss");
	cr_assert_eq(config.option_count, 2);
	cr_expect_str_eq(config.options[0].plugin, "yunet");
	cr_expect_str_eq(config.options[0].name, "score");
	cr_expect_str_eq(config.options[0].value, "0.6");
	cr_expect_str_eq(config.options[1].value, "");
	cr_expect_eq(config.zone.x, 0.2);
	cr_expect_eq(config.zone.y, 0.1);
	cr_expect_eq(config.zone.width, 0.6);
	cr_expect_eq(config.zone.height, 0.9);
	cr_expect_eq(config.min_face_px, 90);
	cr_expect_eq(config.good_quality, 70);
	cr_expect_eq(config.timeout_ns, 15 * PST_NS_PER_S);
	cr_expect_eq(config.follow, 7);
	cr_expect_eq(config.max_frames, 300);
	cr_expect_eq(config.stop_after_ns, 800 * PST_NS_PER_MS);
	cr_expect_eq(config.fmr, 1e-4);
	cr_expect_str_eq(config.gallery, "staff");
	cr_expect_eq(config.rank, 3);
	cr_expect_str_eq(config.state, "/var/lib/gate");
	cr_expect_str_eq(config.key, "lanes/gate.key");
	cr_expect_str_eq(config.events, "-");
	cr_expect_eq(config.sandbox, PST_LANE_SANDBOX_OFF);
	cr_expect_str_eq(config.control, "lanes/gate.sock");
	cr_expect_str_eq(config.control_group, "desk");
	cr_expect_eq(config.notice_timeout_ns, 5 * PST_NS_PER_S);
	cr_expect_eq(config.picture, PST_LANE_PICTURE_MASKED);
	cr_expect_eq(config.longest_ns, 60 * PST_NS_PER_S);
	cr_assert_eq(pst_lane_config_set(&config, "control.socket", "auto", &error), 0);
	cr_expect_str_eq(config.control, "auto");
}

Test(lane, a_file_leaves_what_it_does_not_give)
{
	struct pst_lane_config config;
	struct pst_error error = {0};
	const char *text = "lane: 1\nmatch: {rank: 2}\n";

	pst_lane_config_init(&config);
	cr_assert_eq(pst_lane_config_set(&config, "source.uri", "a.avi", &error), 0);
	cr_assert_eq(pst_lane_config_parse(&config, "l.yaml", text, strlen(text), &error), 0);
	cr_expect_str_eq(config.source, "a.avi");
	cr_expect_eq(config.rank, 2);
	cr_expect_eq(config.fmr, 1e-3);
}

static void expect_source(const char *name, const char *uri, const char *source)
{
	struct pst_lane_config config;
	struct pst_error error = {0};
	char text[256];

	(void)snprintf(text, sizeof(text), "lane: 1\nsource: {uri: \"%s\"}\n", uri);
	cr_assert_eq(parse_as(name, text, &config, &error), 0, "%s", error.text);
	cr_expect_str_eq(config.source, source);
}

Test(lane, relative_sources_are_taken_from_the_folder_of_the_file)
{
	expect_source("d/l.yaml", "clip.avi", "d/clip.avi");
	expect_source("d/l.yaml", "file:clip.avi", "file:d/clip.avi");
	expect_source("/l.yaml", "clip.avi", "/clip.avi");
	expect_source("l.yaml", "clip.avi", "clip.avi");
	expect_source("d/l.yaml", "/clip.avi", "/clip.avi");
	expect_source("d/l.yaml", "file:/clip.avi", "file:/clip.avi");
	expect_source("d/l.yaml", "v4l2:/dev/video0?fps=30", "v4l2:/dev/video0?fps=30");
	expect_source("d/l.yaml", "v4l2:serial=A", "v4l2:serial=A");
	expect_source("d/l.yaml", "synth:?people=4", "synth:?people=4");
	expect_source("d/l.yaml", "synth:", "synth:");
}

Test(lane, keys_that_are_wrong)
{
	expect_refusal("name: a\n", "l.yaml:1:1: key 'lane' is missing; add it");
	expect_refusal(
		"lane: 2\n", "l.yaml:1:7: lane file version 2; this postern reads version 1");
	expect_refusal("lane: x\n",
		"l.yaml:1:7: 'lane' needs a whole number from -2147483648 to 2147483647, not 'x'");
	expect_refusal("lane: 1\nsauce: {uri: x}\n",
		"l.yaml:2:1: unknown key 'sauce'; did you mean 'source'?");
	expect_refusal("lane: 1\nsource: {url: x}\n",
		"l.yaml:2:10: unknown key 'url' in source; did you mean 'uri'?");
	expect_refusal("lane: 1\npolicy: {time_zone: UTC}\n",
		"l.yaml:2:10: unknown key 'time_zone' in policy; did you mean 'time-zone'?");
	expect_refusal("lane: 1\ncapture: {min-face: 90, min-face: 91}\n",
		"l.yaml:2:25: key 'min-face' is given twice, first in line 2; remove one");
	expect_refusal("lane: 1\nsource: clip.avi\n",
		"l.yaml:2:9: 'source' needs keys with values, not a value");
	expect_refusal("lane: 1\nname: {a: b}\n",
		"l.yaml:2:7: 'name' needs a single value, not keys with values");
	expect_refusal(
		"lane: 1\nkey:\n", "l.yaml:2:5: 'key' is empty; give it a value or remove it");
}

#define NAME_RULE "is not a name; 1 to 64 of a-z A-Z 0-9 - _ . are allowed, a letter or digit first"

Test(lane, names_that_are_wrong)
{
	static const char *const keys[][2] = {{"policy", "direction"}, {"policy", "environment"},
		{"policy", "purpose"}, {"policy", "mode"}, {"plugins", "detector"},
		{"plugins", "extractor"}, {"plugins", "matcher"}, {"match", "gallery"}};
	char text[256];
	char message[256];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		(void)snprintf(
			text, sizeof(text), "lane: 1\n%s:\n  %s: ../x\n", keys[i][0], keys[i][1]);
		(void)snprintf(message, sizeof(message), "l.yaml:3:%zu: %s.%s: '../x' " NAME_RULE,
			strlen(keys[i][1]) + 5, keys[i][0], keys[i][1]);
		expect_refusal(text, message);
	}
	expect_refusal("lane: 1\nname: gate 7\n", "l.yaml:2:7: name: 'gate 7' " NAME_RULE);
	expect_refusal("lane: 1\nsource: {pace: reel}\n",
		"l.yaml:2:16: source.pace: unknown value 'reel'; did you mean 'real'?");
	expect_refusal("lane: 1\nsource: {pace: 2}\n",
		"l.yaml:2:16: source.pace: unknown value '2'; known are real and max");
	expect_refusal("lane: 1\nsource: {idle: sleeping}\n",
		"l.yaml:2:16: source.idle: unknown value 'sleeping'; known are stopped and "
		"streaming");
	expect_refusal("lane: 1\nsandbox: of\n",
		"l.yaml:2:10: sandbox: unknown value 'of'; did you mean 'off'?");
}

static void expect_range(const char *section, const char *key, const char *low, const char *high,
	const char *below, const char *above, const char *range)
{
	const char *const bad[] = {below, above};
	const char *const good[] = {low, high};
	struct pst_lane_config config;
	struct pst_error error = {0};
	char text[256];
	char message[256];

	for (int i = 0; i < 2; i++) {
		(void)snprintf(
			text, sizeof(text), "lane: 1\n%s:\n  %s: %s\n", section, key, bad[i]);
		(void)snprintf(message, sizeof(message),
			"l.yaml:3:%zu: %s.%s: %s is out of range; %s is allowed", strlen(key) + 5,
			section, key, bad[i], range);
		expect_refusal(text, message);
		(void)snprintf(
			text, sizeof(text), "lane: 1\n%s:\n  %s: %s\n", section, key, good[i]);
		cr_expect_eq(parse_as("l.yaml", text, &config, &error), 0, "%s", error.text);
	}
}

Test(lane, numbers_out_of_range)
{
	expect_range("zone", "x", "0", "1", "-0.1", "1.01", "0 to 1");
	expect_range("zone", "y", "0", "1", "-0.1", "1.01", "0 to 1");
	expect_range("zone", "width", "0.01", "1", "0", "1.01", "0.01 to 1");
	expect_range("zone", "height", "0.01", "1", "0.009", "2", "0.01 to 1");
	expect_range("capture", "min-face", "20", "2000", "19", "2001", "20 to 2000");
	expect_range("capture", "good-quality", "0", "100", "-1", "101", "0 to 100");
	expect_range("capture", "timeout", "1s", "10min", "999ms", "601s", "1s to 10min");
	expect_range("capture", "frames", "1", "100000", "0", "100001", "1 to 100000");
	expect_range("match", "fmr", "1e-7", "0.1", "9e-8", "0.2", "1e-07 to 0.1");
	expect_range("match", "rank", "1", "50", "0", "51", "1 to 50");
}

Test(lane, values_of_the_wrong_kind)
{
	expect_refusal("lane: 1\nzone: {x: left}\n", "l.yaml:2:11: zone.x: 'left' is not a number");
	expect_refusal(
		"lane: 1\nmatch: {fmr: nan}\n", "l.yaml:2:14: match.fmr: 'nan' is not a number");
	expect_refusal("lane: 1\nmatch: {fmr: 0x1p-9}\n",
		"l.yaml:2:14: match.fmr: '0x1p-9' is not a number");
	expect_refusal("lane: 1\nmatch: {rank: 1.5}\n",
		"l.yaml:2:15: match.rank: '1.5' is not a whole number");
	expect_refusal("lane: 1\ncapture: {timeout: 20}\n",
		"l.yaml:2:20: capture.timeout: '20' is not a duration; write a number and a unit, "
		"such as 20s or 500ms");
	expect_refusal("lane: 1\ncapture: {stop-after: 11min}\n",
		"l.yaml:2:23: capture.stop-after: 11min is out of range; 0ms to 10min is allowed");
	expect_refusal("lane: 1\npolicy: {date: 2026-02-30}\n",
		"l.yaml:2:16: policy.date: '2026-02-30' is not a date; write it as 2026-01-15");
	expect_refusal("lane: 1\npolicy: {time-zone: EST}\n",
		"l.yaml:2:21: policy.time-zone: 'EST' is not a time zone; write local, UTC, an "
		"offset such as -05:00, or a name such as America/New_York");
	expect_refusal("lane: 1\npolicy: {time-zone: \"+14:01\"}\n",
		"l.yaml:2:21: policy.time-zone: '+14:01' is not a time zone; write local, UTC, "
		"an offset such as -05:00, or a name such as America/New_York");
	expect_refusal("lane: 1\npolicy: {time-zone: \"+1:000\"}\n",
		"l.yaml:2:21: policy.time-zone: '+1:000' is not a time zone; write local, UTC, "
		"an offset such as -05:00, or a name such as America/New_York");
	expect_refusal("lane: 1\nsource: {uri: \"file:\"}\n",
		"l.yaml:2:15: source.uri: the path is empty");
}

Test(lane, options_that_are_wrong)
{
	char many[4096] = "lane: 1\nplugins:\n  options:\n";

	expect_refusal("lane: 1\nplugins: {options: [{plugin: a, name: b}]}\n",
		"l.yaml:2:21: key 'value' is missing in options; add it");
	expect_refusal("lane: 1\nplugins: {options: [{plugin: a b, name: b, value: c}]}\n",
		"l.yaml:2:21: plugins.options: 'a b' " NAME_RULE);
	expect_refusal("lane: 1\nplugins:\n  options:\n    - {plugin: a, name: b, value: c}\n"
		       "    - {plugin: a, name: b, value: d}\n",
		"l.yaml:5:7: option b of a is given twice; remove one");
	for (int i = 0; i <= PST_LANE_OPTIONS_MAX; i++) {
		(void)snprintf(
			many + strlen(many), 64, "    - {plugin: a, name: n%d, value: v}\n", i);
	}
	expect_refusal(many, "l.yaml:4:5: 'options' has 33 entries; no more than 32 are allowed");
}

Test(lane, paths_that_are_too_long)
{
	static char text[4096];
	static char name[256];
	struct pst_lane_config config;
	struct pst_error error = {0};

	(void)snprintf(text, sizeof(text), "lane: 1\nkey: %01024d\n", 0);
	expect_refusal(text, "l.yaml:2:6: 'key' is too long; at most 1023 bytes");
	(void)snprintf(name, sizeof(name), "%0200d/l.yaml", 0);
	(void)snprintf(text, sizeof(text), "lane: 1\nkey: %0900d\n", 0);
	cr_expect_eq(parse_as(name, text, &config, &error), PST_E_CONFIG);
	cr_expect_not_null(
		strstr(error.text, "/l.yaml:2:6: key: the path is too long; at most 1023 bytes"));
}

Test(lane, the_command_line_sets_single_values)
{
	struct pst_lane_config config;
	struct pst_error error = {0};

	pst_lane_config_init(&config);
	cr_expect_eq(pst_lane_config_set(&config, "source.uri", "clip.avi", &error), 0);
	cr_expect_str_eq(config.source, "clip.avi");
	cr_expect_eq(pst_lane_config_set(&config, "capture.timeout", "5s", &error), 0);
	cr_expect_eq(config.timeout_ns, 5 * PST_NS_PER_S);
	cr_expect_eq(pst_lane_config_set(&config, "capture.timeout", "5", &error), PST_E_CONFIG);
	cr_expect_str_eq(error.text,
		"capture.timeout: '5' is not a duration; write a number and a unit, such as 20s or "
		"500ms");
	cr_expect_eq(config.timeout_ns, 5 * PST_NS_PER_S);
	error = (struct pst_error){0};
	cr_expect_eq(pst_lane_config_set(&config, "capture.time", "5s", &error), PST_E_CONFIG);
	cr_expect_str_eq(
		error.text, "capture.time: unknown key of a lane; did you mean 'capture.timeout'?");
	error = (struct pst_error){0};
	cr_expect_eq(pst_lane_config_set(&config, "key", "", &error), PST_E_CONFIG);
	cr_expect_str_eq(error.text, "key: the path is empty");
}

Test(lane, an_option_set_again_is_replaced)
{
	struct pst_lane_config config;
	struct pst_error error = {0};
	char name[16];

	pst_lane_config_init(&config);
	cr_expect_eq(pst_lane_config_set_option(&config, "yunet", "score", "0.5", &error), 0);
	cr_expect_eq(pst_lane_config_set_option(&config, "yunet", "score", "0.7", &error), 0);
	cr_expect_eq(config.option_count, 1);
	cr_expect_str_eq(config.options[0].value, "0.7");
	for (int i = 1; i < PST_LANE_OPTIONS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		cr_expect_eq(pst_lane_config_set_option(&config, "yunet", name, "1", &error), 0);
	}
	cr_expect_eq(pst_lane_config_set_option(&config, "yunet", "one-more", "1", &error),
		PST_E_CONFIG);
	cr_expect_str_eq(error.text, "plugins.options: more than 32 options; leave one out");
	cr_expect_eq(pst_lane_config_set_option(&config, "yunet", "score", "0.9", NULL), 0);
	cr_expect_eq(config.option_count, PST_LANE_OPTIONS_MAX);
}

static void expect_check(const char *key, const char *value, const char *message)
{
	struct pst_lane_config config;
	struct pst_error error = {0};

	cr_assert_eq(parse_as("l.yaml", whole, &config, &error), 0, "%s", error.text);
	cr_assert_eq(pst_lane_config_set(&config, key, value, &error), 0, "%s", error.text);
	cr_expect_eq(pst_lane_config_check(&config, &error), message ? PST_E_CONFIG : 0);
	cr_expect_str_eq(error.text, message ? message : "");
}

Test(lane, the_whole_is_checked)
{
	struct pst_lane_config config;
	struct pst_error error = {0};

	pst_lane_config_init(&config);
	cr_expect_eq(pst_lane_config_check(&config, &error), PST_E_CONFIG);
	cr_expect_str_eq(
		error.text, "source.uri is missing; give --source or set it in the lane file");
	error = (struct pst_error){0};
	cr_assert_eq(pst_lane_config_set(&config, "source.uri", "a", &error), 0);
	cr_expect_eq(pst_lane_config_check(&config, &error), PST_E_CONFIG);
	cr_expect_str_eq(
		error.text, "policy.file is missing; give --policy or set it in the lane file");
	error = (struct pst_error){0};
	cr_assert_eq(pst_lane_config_set(&config, "policy.file", "a", &error), 0);
	cr_assert_eq(pst_lane_config_set(&config, "control.group", "desk", &error), 0);
	cr_expect_eq(pst_lane_config_check(&config, &error), PST_E_CONFIG);
	cr_expect_str_eq(
		error.text, "control.group is for a control socket; set control.socket too");
	error = (struct pst_error){0};
	config.control_group[0] = 0;
	cr_assert_eq(pst_lane_config_set(&config, "control.picture", "masked", &error), 0);
	cr_expect_eq(pst_lane_config_check(&config, &error), PST_E_CONFIG);
	cr_expect_str_eq(error.text,
		"control.picture is for a control socket, by which one asks; set control.socket "
		"too");
	error = (struct pst_error){0};
	cr_expect_eq(pst_lane_config_set(&config, "control.picture", "on", &error), PST_E_CONFIG);
	cr_expect_not_null(strstr(error.text, "unknown value 'on'"), "%s", error.text);
	error = (struct pst_error){0};
	cr_assert_eq(pst_lane_config_set(&config, "control.socket", "a", &error), 0);
	cr_assert_eq(pst_lane_config_set(&config, "pad.evasion", "reported", &error), 0);
	cr_expect_eq(pst_lane_config_check(&config, &error), PST_E_CONFIG);
	cr_expect_str_eq(error.text,
		"pad.evasion is for a presentation attack detector; name one in plugins.pad");
	expect_check("policy.choices", "c.yaml",
		"policy.choices and policy.operator belong together: the choices, and the public "
		"key that must have signed them");
	expect_check("zone.x", "0.4", NULL);
	expect_check("zone.x", "0.41",
		"zone reaches beyond the picture; keep x + width and y + height at 1 or below");
	expect_check("zone.y", "0.11",
		"zone reaches beyond the picture; keep x + width and y + height at 1 or below");
	expect_check("capture.stop-after", "15s", NULL);
	expect_check("capture.stop-after", "15001ms",
		"capture.stop-after is longer than capture.timeout; shorten it");
}

Test(lane, the_day_follows_the_time_zone)
{
	const int64_t midnight = 20000LL * 86400;
	struct pst_lane_config config;

	pst_lane_config_init(&config);
	cr_assert_eq(pst_lane_config_set(&config, "policy.time-zone", "UTC", NULL), 0);
	cr_expect_eq(pst_lane_config_day(&config, midnight), 20000);
	cr_expect_eq(pst_lane_config_day(&config, midnight - 1), 19999);
	cr_expect_eq(pst_lane_config_day(&config, -1), -1);
	cr_assert_eq(pst_lane_config_set(&config, "policy.time-zone", "-05:00", NULL), 0);
	cr_expect_eq(pst_lane_config_day(&config, midnight + 5 * 3600 - 1), 19999);
	cr_expect_eq(pst_lane_config_day(&config, midnight + 5 * 3600), 20000);
	cr_assert_eq(pst_lane_config_set(&config, "policy.time-zone", "+14:00", NULL), 0);
	cr_expect_eq(pst_lane_config_day(&config, midnight - 14 * 3600), 20000);
	setenv("TZ", "EAT-03:00", 1);
	cr_assert_eq(pst_lane_config_set(&config, "policy.time-zone", "local", NULL), 0);
	cr_expect_eq(pst_lane_config_day(&config, midnight - 3 * 3600), 20000);
	cr_expect_eq(pst_lane_config_day(&config, midnight - 3 * 3600 - 1), 19999);
	cr_assert_eq(pst_lane_config_set(&config, "policy.date", "2026-01-15", NULL), 0);
	cr_expect_eq(pst_lane_config_day(&config, midnight), 20468);
}

/* Which day it is at a port at an instant of UTC. */
static void expect_day(const char *zone, const char *utc, const char *day)
{
	struct pst_lane_config config;
	struct pst_error error = {0};
	struct tm parts = {0};
	int32_t expected;

	pst_lane_config_init(&config);
	cr_assert_eq(pst_lane_config_set(&config, "policy.time-zone", zone, &error), 0, "%s",
		error.text);
	cr_assert_eq(config.time_zone, PST_LANE_TIME_ZONE_NAMED);
	cr_assert_eq(pst_clock_use_zone(config.time_zone_name), 0);
	cr_assert_not_null(strptime(utc, "%FT%TZ", &parts));
	cr_assert_eq(pst_clock_parse_day(day, &expected), 0);
	cr_expect_eq(pst_lane_config_day(&config, timegm(&parts)), expected, "%s at %s", utc, zone);
}

Test(lane, the_day_turns_at_midnight_of_the_port)
{
	static const struct {
		const char *zone, *last, *first; /* last second of 2025-12-25, first of the next */
	} ports[] = {
		{"America/New_York", "2025-12-26T04:59:59Z", "2025-12-26T05:00:00Z"},
		{"America/Los_Angeles", "2025-12-26T07:59:59Z", "2025-12-26T08:00:00Z"},
		{"America/St_Johns", "2025-12-26T03:29:59Z", "2025-12-26T03:30:00Z"},
		{"Pacific/Honolulu", "2025-12-26T09:59:59Z", "2025-12-26T10:00:00Z"},
		{"Pacific/Guam", "2025-12-25T13:59:59Z", "2025-12-25T14:00:00Z"},
		{"Pacific/Kiritimati", "2025-12-25T09:59:59Z", "2025-12-25T10:00:00Z"},
		{"Europe/London", "2025-12-25T23:59:59Z", "2025-12-26T00:00:00Z"},
		{"Asia/Kathmandu", "2025-12-25T18:14:59Z", "2025-12-25T18:15:00Z"},
	};

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		expect_day(ports[i].zone, ports[i].last, "2025-12-25");
		expect_day(ports[i].zone, ports[i].first, "2025-12-26");
	}
}

/* Days of 23, 25 and 24.5 hours, and one that begins at 01:00. */
Test(lane, the_day_turns_at_midnight_where_summer_time_begins_and_ends)
{
	expect_day("America/New_York", "2026-03-08T04:59:59Z", "2026-03-07");
	expect_day("America/New_York", "2026-03-08T05:00:00Z", "2026-03-08");
	expect_day("America/New_York", "2026-03-09T03:59:59Z", "2026-03-08");
	expect_day("America/New_York", "2026-03-09T04:00:00Z", "2026-03-09");
	expect_day("America/New_York", "2026-11-01T03:59:59Z", "2026-10-31");
	expect_day("America/New_York", "2026-11-01T04:00:00Z", "2026-11-01");
	expect_day("America/New_York", "2026-11-02T04:59:59Z", "2026-11-01");
	expect_day("America/New_York", "2026-11-02T05:00:00Z", "2026-11-02");
	expect_day("Australia/Lord_Howe", "2026-04-04T12:59:59Z", "2026-04-04");
	expect_day("Australia/Lord_Howe", "2026-04-04T13:00:00Z", "2026-04-05");
	expect_day("Australia/Lord_Howe", "2026-04-05T13:29:59Z", "2026-04-05");
	expect_day("Australia/Lord_Howe", "2026-04-05T13:30:00Z", "2026-04-06");
	expect_day("Africa/Cairo", "2026-04-23T21:59:59Z", "2026-04-23");
	expect_day("Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24");
}

/* Every quarter of an hour of two years: the day never goes back and misses no day. */
Test(lane, days_follow_each_other_in_every_zone)
{
	static const char *const zones[] = {"America/New_York", "America/Sao_Paulo",
		"Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland"};

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct pst_lane_config config;
		int32_t before;

		pst_lane_config_init(&config);
		cr_assert_eq(pst_lane_config_set(&config, "policy.time-zone", zones[i], NULL), 0);
		cr_assert_eq(pst_clock_use_zone(config.time_zone_name), 0);
		before = pst_lane_config_day(&config, 20000 * 86400LL);
		for (int64_t at = 20000 * 86400LL; at < 20731 * 86400LL; at += 900) {
			int32_t day = pst_lane_config_day(&config, at);

			cr_assert(day == before || day == before + 1, "%s", zones[i]);
			before = day;
		}
	}
}

Test(lane, names_that_are_no_time_zone)
{
	static const char *const names[] = {"America/New_Yrok", "New York", "../../etc/passwd",
		"/etc/passwd", "America", "America/", "America//New_York",
		"Etc/../America/New_York", "posixrules", "zone.tab", "america/new_york", "",
		"America/New_York\n"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct pst_lane_config config;
		struct pst_error error = {0};

		pst_lane_config_init(&config);
		cr_expect_eq(pst_lane_config_set(&config, "policy.time-zone", names[i], &error),
			PST_E_CONFIG, "%s", names[i]);
		cr_expect(strstr(error.text, "is not a time zone"), "%s", error.text);
		cr_expect_eq(config.time_zone, PST_LANE_TIME_ZONE_LOCAL);
	}
}

Test(lane, a_file_that_is_not_there)
{
	struct pst_lane_config config;
	struct pst_error error = {0};

	pst_lane_config_init(&config);
	cr_expect_eq(pst_lane_config_load(&config, "no-such.yaml", &error), -ENOENT);
	cr_expect_str_eq(error.text, "no-such.yaml: No such file or directory");
}
