/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/lane_impl.h"

enum kind {
	KIND_ID,
	KIND_PATH,
	KIND_STREAM, /* a path, or - */
	KIND_SOCKET, /* a path, or auto */
	KIND_SOURCE, /* a path or a URI */
	KIND_NAME,   /* one of names; the enum value is its index + 1 */
	KIND_FRACTION,
	KIND_COUNT,
	KIND_DURATION,
	KIND_DAY,
	KIND_TIME_ZONE,
};

struct lane_key {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct pst_lane_config */
	double low;    /* FRACTION and COUNT as they are, DURATION in nanoseconds */
	double high;
	const char *const *names; /* NAME */
	const char *standard;	  /* the default, as a file would give it */
};

static const char *const pace_names[] = {"real", "max", NULL};
static const char *const idle_names[] = {"stopped", "streaming", NULL};
static const char *const pad_names[] = {"required", "reported", NULL};
static const char *const picture_names[] = {"off", "masked", NULL};
static const char *const sandbox_names[] = {"strict", "off", NULL};
static const char *const spare_names[] = {"none", "warm", NULL};

#define AT(member) offsetof(struct pst_lane_config, member)
#define S PST_NS_PER_S

static const struct lane_key keys[] = {
	{"name", KIND_ID, AT(name), .standard = "lane"},
	{"source.uri", KIND_SOURCE, AT(source)},
	{"source.pace", KIND_NAME, AT(pace), .names = pace_names, .standard = "max"},
	{"source.idle", KIND_NAME, AT(idle), .names = idle_names, .standard = "streaming"},
	{"policy.file", KIND_PATH, AT(policy)},
	{"policy.choices", KIND_PATH, AT(choices)},
	{"policy.operator", KIND_PATH, AT(operator_key)},
	{"policy.direction", KIND_ID, AT(direction), .standard = "entry"},
	{"policy.environment", KIND_ID, AT(environment), .standard = "air"},
	{"policy.purpose", KIND_ID, AT(purpose), .standard = "verify"},
	{"policy.mode", KIND_ID, AT(mode), .standard = "normal"},
	{"policy.date", KIND_DAY, AT(date)},
	{"policy.time-zone", KIND_TIME_ZONE, AT(time_zone), .standard = "local"},
	{"plugins.detector", KIND_ID, AT(detector)},
	{"plugins.quality", KIND_ID, AT(quality), .standard = "facequal"},
	{"plugins.pad", KIND_ID, AT(pad)},
	{"plugins.extractor", KIND_ID, AT(extractor)},
	{"plugins.matcher", KIND_ID, AT(matcher), .standard = "cosine"},
	{"zone.x", KIND_FRACTION, AT(zone.x), 0, 1, .standard = "0.33"},
	{"zone.y", KIND_FRACTION, AT(zone.y), 0, 1, .standard = "0"},
	{"zone.width", KIND_FRACTION, AT(zone.width), 0.01, 1, .standard = "0.34"},
	{"zone.height", KIND_FRACTION, AT(zone.height), 0.01, 1, .standard = "1"},
	{"capture.min-face", KIND_COUNT, AT(min_face_px), 20, 2000, .standard = "60"},
	{"capture.good-quality", KIND_COUNT, AT(good_quality), 0, 100, .standard = "60"},
	{"capture.timeout", KIND_DURATION, AT(timeout_ns), 1.0 * S, 600.0 * S, .standard = "20s"},
	{"capture.follow", KIND_COUNT, AT(follow), 0, 300, .standard = "30"},
	{"capture.frames", KIND_COUNT, AT(max_frames), 1, 100000, .standard = "18000"},
	{"capture.stop-after", KIND_DURATION, AT(stop_after_ns), 0, 600.0 * S, .standard = "1s"},
	{"pad.impersonation", KIND_NAME, AT(pad_impersonation), .names = pad_names},
	{"pad.evasion", KIND_NAME, AT(pad_evasion), .names = pad_names},
	{"match.fmr", KIND_FRACTION, AT(fmr), 1e-7, 0.1, .standard = "1e-3"},
	{"match.gallery", KIND_ID, AT(gallery)},
	{"match.rank", KIND_COUNT, AT(rank), 1, 50, .standard = "1"},
	{"control.socket", KIND_SOCKET, AT(control)},
	{"control.group", KIND_ID, AT(control_group)},
	{"control.notice-timeout", KIND_DURATION, AT(notice_timeout_ns), 0.2 * S, 60.0 * S,
		.standard = "2s"},
	{"control.picture", KIND_NAME, AT(picture), .names = picture_names, .standard = "off"},
	{"control.longest", KIND_DURATION, AT(longest_ns), 5.0 * S, 3600.0 * S, .standard = "300s"},
	{"state", KIND_PATH, AT(state)},
	{"key", KIND_PATH, AT(key)},
	{"credential", KIND_ID, AT(credential)},
	{"vault.idle", KIND_DURATION, AT(vault_idle_ns), 0, 86400.0 * S, .standard = "0s"},
	{"bulletin", KIND_PATH, AT(bulletin)},
	{"events", KIND_STREAM, AT(events)},
	{"sandbox", KIND_NAME, AT(sandbox), .names = sandbox_names, .standard = "strict"},
	{"spare", KIND_NAME, AT(spare), .names = spare_names, .standard = "warm"},
	{NULL},
};

const struct lane_key *lane_keys(void)
{
	return keys;
}

const struct lane_key *lane_key_next(const struct lane_key *key)
{
	return key + 1;
}

const char *lane_key_name(const struct lane_key *key)
{
	return key->name;
}

const char *lane_key_default(const struct lane_key *key)
{
	return key->standard;
}

const struct lane_key *lane_key_find(const char *name)
{
	for (const struct lane_key *key = keys; key->name; key++) {
		if (strcmp(key->name, name) == 0) {
			return key;
		}
	}
	return NULL;
}

static int PST_PRINTF(2, 3) say(char message[LANE_MESSAGE_SIZE], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, LANE_MESSAGE_SIZE, format, args);
	va_end(args);
	return -EINVAL;
}

static int set_id(char *to, const char *value, char *message)
{
	if (!pst_text_is_id(value)) {
		return say(message,
			"'%.80s' is not a name; 1 to 64 of a-z A-Z 0-9 - _ . are allowed, a letter "
			"or digit first",
			value);
	}
	return pst_text_copy(to, PST_LANE_TEXT_SIZE, value);
}

/* Puts prefix, folder and path together; a path from the root stands alone. */
static int set_path(
	char *to, const char *prefix, const char *folder, const char *path, char *message)
{
	char whole[2 * PST_LANE_PATH_SIZE];
	bool joined = folder && *folder && path[0] != '/';

	if (!*path) {
		return say(message, "the path is empty");
	}
	int used = snprintf(whole, sizeof(whole), "%s%s%s%s", prefix, joined ? folder : "",
		joined && folder[strlen(folder) - 1] != '/' ? "/" : "", path);
	if (used < 0 || used >= PST_LANE_PATH_SIZE) {
		return say(
			message, "the path is too long; at most %d bytes", PST_LANE_PATH_SIZE - 1);
	}
	memcpy(to, whole, (size_t)used + 1);
	return 0;
}

/* "v4l2:..." and the like, as against a plain path. */
static bool has_scheme(const char *value)
{
	size_t length = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789+");

	return length > 0 && isalpha((unsigned char)value[0]) && value[length] == ':';
}

static int set_source(char *to, const char *folder, const char *value, char *message)
{
	static const char file[] = "file:";

	if (strncmp(value, file, strlen(file)) == 0) {
		return set_path(to, file, folder, value + strlen(file), message);
	}
	return set_path(to, "", has_scheme(value) ? "" : folder, value, message);
}

static int set_name(const struct lane_key *key, struct pst_lane_config *config, const char *value,
	char *message)
{
	int index = pst_text_index(key->names, value);
	const char *nearest = pst_text_nearest(key->names, value);

	if (index < 0 && nearest) {
		return say(message, "unknown value '%.80s'; did you mean '%s'?", value, nearest);
	}
	if (index < 0) {
		return say(message, "unknown value '%.80s'; known are %s and %s", value,
			key->names[0], key->names[1]);
	}
	unsigned number = (unsigned)index + 1;
	memcpy((char *)config + key->offset, &number, sizeof(number));
	return 0;
}

static int set_fraction(const struct lane_key *key, double *to, const char *value, char *message)
{
	char *end;
	double number = strtod(value, &end);

	if (*end || !*value || strspn(value, "0123456789+-.eE") != strlen(value)) {
		return say(message, "'%.80s' is not a number", value);
	}
	if (!(number >= key->low && number <= key->high)) {
		return say(message, "%.80s is out of range; %g to %g is allowed", value, key->low,
			key->high);
	}
	*to = number;
	return 0;
}

static int set_count(const struct lane_key *key, uint32_t *to, const char *value, char *message)
{
	int64_t number;
	int status = pst_text_parse_int(value, (int64_t)key->low, (int64_t)key->high, &number);

	if (status == -ERANGE) {
		return say(message, "%.80s is out of range; %g to %g is allowed", value, key->low,
			key->high);
	}
	if (status < 0) {
		return say(message, "'%.80s' is not a whole number", value);
	}
	*to = (uint32_t)number;
	return 0;
}

static int set_duration(const struct lane_key *key, int64_t *to, const char *value, char *message)
{
	int64_t ns;
	int status = pst_clock_parse_duration(value, &ns);

	if (status == -EINVAL) {
		return say(message,
			"'%.80s' is not a duration; write a number and a unit, such as 20s or "
			"500ms",
			value);
	}
	if (status < 0 || (double)ns < key->low || (double)ns > key->high) {
		char low[PST_CLOCK_TEXT_SIZE];
		char high[PST_CLOCK_TEXT_SIZE];

		pst_clock_format_duration((int64_t)key->low, low);
		pst_clock_format_duration((int64_t)key->high, high);
		return say(message, "%.80s is out of range; %s to %s is allowed", value, low, high);
	}
	*to = ns;
	return 0;
}

static int set_time_zone(struct pst_lane_config *config, const char *value, char *message)
{
	int hours;
	int minutes;
	int used = 0;

	if (strcmp(value, "local") == 0) {
		config->time_zone = PST_LANE_TIME_ZONE_LOCAL;
		config->time_zone_offset_s = 0;
		return 0;
	}
	if (pst_clock_has_zone(value)) {
		config->time_zone = PST_LANE_TIME_ZONE_NAMED;
		config->time_zone_offset_s = 0;
		return pst_text_copy(config->time_zone_name, sizeof(config->time_zone_name), value);
	}
	if (strcmp(value, "UTC") == 0) {
		value = "+00:00";
	}
	if ((value[0] != '+' && value[0] != '-') || strlen(value) != 6 ||
		!isdigit((unsigned char)value[1]) || !isdigit((unsigned char)value[4]) ||
		sscanf(value + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 ||
		minutes > 59 || hours * 60 + minutes > 14 * 60) {
		return say(message,
			"'%.80s' is not a time zone; write local, UTC, an offset such as -05:00, "
			"or a name such as America/New_York",
			value);
	}
	config->time_zone = PST_LANE_TIME_ZONE_FIXED;
	config->time_zone_offset_s = (hours * 60 + minutes) * (value[0] == '-' ? -60 : 60);
	return 0;
}

int lane_key_set(const struct lane_key *key, struct pst_lane_config *config, const char *value,
	const char *folder, char message[LANE_MESSAGE_SIZE])
{
	void *to = (char *)config + key->offset;

	switch (key->kind) {
	case KIND_ID:
		return set_id(to, value, message);
	case KIND_STREAM:
	case KIND_SOCKET:
		if (strcmp(value, key->kind == KIND_STREAM ? "-" : "auto") == 0) {
			return pst_text_copy(to, PST_LANE_PATH_SIZE, value);
		}
		return set_path(to, "", folder, value, message);
	case KIND_PATH:
		return set_path(to, "", folder, value, message);
	case KIND_SOURCE:
		return set_source(to, folder, value, message);
	case KIND_NAME:
		return set_name(key, config, value, message);
	case KIND_FRACTION:
		return set_fraction(key, to, value, message);
	case KIND_COUNT:
		return set_count(key, to, value, message);
	case KIND_DURATION:
		return set_duration(key, to, value, message);
	case KIND_DAY:
		if (pst_clock_parse_day(value, to) < 0) {
			return say(message, "'%.80s' is not a date; write it as 2026-01-15", value);
		}
		return 0;
	case KIND_TIME_ZONE:
		return set_time_zone(config, value, message);
	}
	return say(message, "unknown kind of value");
}

int lane_option_set(struct pst_lane_config *config, const char *plugin, const char *name,
	const char *value, char message[LANE_MESSAGE_SIZE])
{
	struct pst_lane_plugin_option option = {0};
	size_t at = 0;

	if (set_id(option.plugin, plugin, message) < 0 || set_id(option.name, name, message) < 0) {
		return -EINVAL;
	}
	if (pst_text_copy(option.value, sizeof(option.value), value) < 0) {
		return say(message, "the value of %s is too long; at most %d bytes", option.name,
			PST_LANE_VALUE_SIZE - 1);
	}
	while (at < config->option_count &&
		(strcmp(config->options[at].plugin, option.plugin) != 0 ||
			strcmp(config->options[at].name, option.name) != 0)) {
		at++;
	}
	if (at == PST_LANE_OPTIONS_MAX) {
		return say(message, "more than %d options; leave one out", PST_LANE_OPTIONS_MAX);
	}
	config->options[at] = option;
	config->option_count += at == config->option_count;
	return 0;
}
