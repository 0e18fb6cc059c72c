/* SPDX-License-Identifier: Apache-2.0 */
#include "config/lane.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "base/yaml.h"
#include "config/lane_impl.h"

#define LANE_VERSION 1
#define LANE_FILE_LIMIT (64 * 1024)
#define S_PER_DAY 86400

/*
 * A file as libcyaml loads it: texts, unread. Each is then set by its key as the command line would
 * set it.
 */
struct lane_file_option {
	char *plugin;
	char *name;
	char *value;
};

struct lane_file_source {
	char *uri;
	char *pace;
	char *idle;
};

struct lane_file_policy {
	char *file;
	char *choices;
	char *operator_key;
	char *direction;
	char *environment;
	char *purpose;
	char *mode;
	char *date;
	char *time_zone;
};

struct lane_file_plugins {
	char *detector;
	char *quality;
	char *pad;
	char *extractor;
	char *matcher;
	struct lane_file_option *options;
	unsigned options_count;
};

struct lane_file_zone {
	char *x;
	char *y;
	char *width;
	char *height;
};

struct lane_file_capture {
	char *min_face;
	char *good_quality;
	char *timeout;
	char *follow;
	char *frames;
	char *stop_after;
};

struct lane_file_pad {
	char *impersonation;
	char *evasion;
};

struct lane_file_match {
	char *fmr;
	char *gallery;
	char *rank;
};

struct lane_file_control {
	char *socket;
	char *group;
	char *notice_timeout;
	char *longest;
	char *picture;
};

struct lane_file_vault {
	char *idle;
};

struct lane_file {
	int lane;
	char *name;
	struct lane_file_source source;
	struct lane_file_policy policy;
	struct lane_file_plugins plugins;
	struct lane_file_zone zone;
	struct lane_file_capture capture;
	struct lane_file_pad pad;
	struct lane_file_match match;
	struct lane_file_control control;
	char *state;
	char *key;
	char *credential;
	struct lane_file_vault vault;
	char *bulletin;
	char *events;
	char *sandbox;
	char *spare;
};

#define TEXT(key, type, member)                                                                    \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, \
		1, PST_LANE_PATH_SIZE - 1)
#define SECTION(key, member, fields)                                                               \
	CYAML_FIELD_MAPPING(key, CYAML_FLAG_OPTIONAL, struct lane_file, member, fields)

static const cyaml_schema_field_t source_fields[] = {
	TEXT("uri", lane_file_source, uri),
	TEXT("pace", lane_file_source, pace),
	TEXT("idle", lane_file_source, idle),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t policy_fields[] = {
	TEXT("file", lane_file_policy, file),
	TEXT("choices", lane_file_policy, choices),
	TEXT("operator", lane_file_policy, operator_key),
	TEXT("direction", lane_file_policy, direction),
	TEXT("environment", lane_file_policy, environment),
	TEXT("purpose", lane_file_policy, purpose),
	TEXT("mode", lane_file_policy, mode),
	TEXT("date", lane_file_policy, date),
	TEXT("time-zone", lane_file_policy, time_zone),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t option_fields[] = {
	CYAML_FIELD_STRING_PTR(
		"plugin", CYAML_FLAG_POINTER, struct lane_file_option, plugin, 1, 64),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct lane_file_option, name, 1, 64),
	CYAML_FIELD_STRING_PTR("value", CYAML_FLAG_POINTER, struct lane_file_option, value, 0,
		PST_LANE_VALUE_SIZE - 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t option_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct lane_file_option, option_fields),
};

static const cyaml_schema_field_t plugins_fields[] = {
	TEXT("detector", lane_file_plugins, detector),
	TEXT("quality", lane_file_plugins, quality),
	TEXT("pad", lane_file_plugins, pad),
	TEXT("extractor", lane_file_plugins, extractor),
	TEXT("matcher", lane_file_plugins, matcher),
	CYAML_FIELD_SEQUENCE("options", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
		struct lane_file_plugins, options, &option_schema, 0, PST_LANE_OPTIONS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t zone_fields[] = {
	TEXT("x", lane_file_zone, x),
	TEXT("y", lane_file_zone, y),
	TEXT("width", lane_file_zone, width),
	TEXT("height", lane_file_zone, height),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t capture_fields[] = {
	TEXT("min-face", lane_file_capture, min_face),
	TEXT("good-quality", lane_file_capture, good_quality),
	TEXT("timeout", lane_file_capture, timeout),
	TEXT("follow", lane_file_capture, follow),
	TEXT("frames", lane_file_capture, frames),
	TEXT("stop-after", lane_file_capture, stop_after),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t pad_fields[] = {
	TEXT("impersonation", lane_file_pad, impersonation),
	TEXT("evasion", lane_file_pad, evasion),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t match_fields[] = {
	TEXT("fmr", lane_file_match, fmr),
	TEXT("gallery", lane_file_match, gallery),
	TEXT("rank", lane_file_match, rank),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t control_fields[] = {
	TEXT("socket", lane_file_control, socket),
	TEXT("group", lane_file_control, group),
	TEXT("notice-timeout", lane_file_control, notice_timeout),
	TEXT("longest", lane_file_control, longest),
	TEXT("picture", lane_file_control, picture),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t vault_fields[] = {
	TEXT("idle", lane_file_vault, idle),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t lane_fields[] = {
	CYAML_FIELD_INT("lane", CYAML_FLAG_DEFAULT, struct lane_file, lane),
	TEXT("name", lane_file, name),
	SECTION("source", source, source_fields),
	SECTION("policy", policy, policy_fields),
	SECTION("plugins", plugins, plugins_fields),
	SECTION("zone", zone, zone_fields),
	SECTION("capture", capture, capture_fields),
	SECTION("pad", pad, pad_fields),
	SECTION("match", match, match_fields),
	SECTION("control", control, control_fields),
	TEXT("state", lane_file, state),
	TEXT("key", lane_file, key),
	TEXT("credential", lane_file, credential),
	SECTION("vault", vault, vault_fields),
	TEXT("bulletin", lane_file, bulletin),
	TEXT("events", lane_file, events),
	TEXT("sandbox", lane_file, sandbox),
	TEXT("spare", lane_file, spare),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t lane_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct lane_file, lane_fields),
};

/* The text that a file gives for a key such as "source.uri", found along the schema; or NULL. */
static const char *file_text(const void *data, const cyaml_schema_field_t *fields, const char *name)
{
	size_t length = strcspn(name, ".");

	for (; fields->key; fields++) {
		if (strlen(fields->key) != length || strncmp(fields->key, name, length) != 0) {
			continue;
		}
		const char *at = (const char *)data + fields->data_offset;
		if (fields->value.type == CYAML_MAPPING) {
			return file_text(at, fields->value.mapping.fields, name + length + 1);
		}
		return *(char *const *)(const void *)at;
	}
	return NULL;
}

static int apply_options(struct pst_lane_config *config, const struct lane_file_plugins *plugins,
	const struct pst_yaml *yaml, struct pst_error *error)
{
	char message[LANE_MESSAGE_SIZE];
	char where[64];

	for (unsigned i = 0; i < plugins->options_count; i++) {
		const struct lane_file_option *option = &plugins->options[i];

		(void)snprintf(where, sizeof(where), "plugins.options[%u]", i);
		for (unsigned j = 0; j < i; j++) {
			if (strcmp(plugins->options[j].plugin, option->plugin) == 0 &&
				strcmp(plugins->options[j].name, option->name) == 0) {
				return pst_yaml_fail(yaml, error, where,
					"option %s of %s is given twice; remove one", option->name,
					option->plugin);
			}
		}
		if (lane_option_set(config, option->plugin, option->name, option->value, message) <
			0) {
			return pst_yaml_fail(yaml, error, where, "plugins.options: %s", message);
		}
	}
	return 0;
}

static int apply(struct pst_lane_config *config, const struct pst_yaml *yaml, const char *folder,
	struct pst_error *error)
{
	const struct lane_file *file = pst_yaml_data(yaml);
	char message[LANE_MESSAGE_SIZE];

	if (file->lane != LANE_VERSION) {
		return pst_yaml_fail(yaml, error, "lane",
			"lane file version %d; this postern reads version %d", file->lane,
			LANE_VERSION);
	}
	for (const struct lane_key *key = lane_keys(); lane_key_name(key);
		key = lane_key_next(key)) {
		const char *value = file_text(file, lane_fields, lane_key_name(key));

		if (value && lane_key_set(key, config, value, folder, message) < 0) {
			return pst_yaml_fail(yaml, error, lane_key_name(key), "%s: %s",
				lane_key_name(key), message);
		}
	}
	return apply_options(config, &file->plugins, yaml, error);
}

int pst_lane_config_parse(struct pst_lane_config *config, const char *name, const void *text,
	size_t size, struct pst_error *error)
{
	struct pst_lane_config changed = *config;
	const char *slash = strrchr(name, '/');
	struct pst_yaml *yaml;

	int status = pst_yaml_parse(&yaml, name, text, size, &lane_schema, error);
	if (status < 0) {
		return status;
	}
	char *folder = strndup(name, slash ? (size_t)(slash - name) + 1 : 0);
	status = folder ? apply(&changed, yaml, folder, error)
			: pst_error_set(error, -ENOMEM, "%s: out of memory", name);
	free(folder);
	pst_yaml_close(&yaml);
	if (status == 0) {
		*config = changed;
	}
	return status;
}

int pst_lane_config_load(struct pst_lane_config *config, const char *path, struct pst_error *error)
{
	uint8_t *text;
	size_t size;

	int status = pst_fd_read_file(path, LANE_FILE_LIMIT, &text, &size, error);
	if (status < 0) {
		return status;
	}
	status = pst_lane_config_parse(config, path, text, size, error);
	free(text);
	return status;
}

void pst_lane_config_init(struct pst_lane_config *config)
{
	char message[LANE_MESSAGE_SIZE];

	memset(config, 0, sizeof(*config));
	config->date = PST_LANE_DATE_TODAY;
	for (const struct lane_key *key = lane_keys(); lane_key_name(key);
		key = lane_key_next(key)) {
		const char *value = lane_key_default(key);
		int status = value ? lane_key_set(key, config, value, NULL, message) : 0;

		assert(status == 0);
	}
}

static int refuse_key(const char *name, struct pst_error *error)
{
	const char *names[64] = {NULL};
	size_t count = 0;

	for (const struct lane_key *key = lane_keys(); lane_key_name(key) && count < 63;
		key = lane_key_next(key)) {
		names[count++] = lane_key_name(key);
	}
	const char *nearest = pst_text_nearest(names, name);
	return pst_error_set(error, PST_E_CONFIG, "%s: unknown key of a lane%s%s%s", name,
		nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

int pst_lane_config_set(
	struct pst_lane_config *config, const char *key, const char *value, struct pst_error *error)
{
	const struct lane_key *known = lane_key_find(key);
	char message[LANE_MESSAGE_SIZE];

	if (!known) {
		return refuse_key(key, error);
	}
	if (lane_key_set(known, config, value, NULL, message) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: %s", key, message);
	}
	return 0;
}

int pst_lane_config_set_option(struct pst_lane_config *config, const char *plugin, const char *name,
	const char *value, struct pst_error *error)
{
	char message[LANE_MESSAGE_SIZE];

	if (lane_option_set(config, plugin, name, value, message) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "plugins.options: %s", message);
	}
	return 0;
}

int pst_lane_config_check(const struct pst_lane_config *config, struct pst_error *error)
{
	/* What is left over by rounding 0.1 + 0.9. */
	const double most = 1 + 1e-9;

	if (!config->source[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"source.uri is missing; give --source or set it in the lane file");
	}
	if (!config->policy[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"policy.file is missing; give --policy or set it in the lane file");
	}
	if (!config->choices[0] != !config->operator_key[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"policy.choices and policy.operator belong together: the choices, and the "
			"public key that must have signed them");
	}
	if (config->key[0] && config->credential[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"key and credential exclude each other; keep the one that opens the vault");
	}
	if (config->control_group[0] && !config->control[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"control.group is for a control socket; set control.socket too");
	}
	if (config->picture == PST_LANE_PICTURE_MASKED && !config->control[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"control.picture is for a control socket, by which one asks; set "
			"control.socket too");
	}
	if (config->zone.x + config->zone.width > most ||
		config->zone.y + config->zone.height > most) {
		return pst_error_set(error, PST_E_CONFIG,
			"zone reaches beyond the picture; keep x + width and y + height at 1 or "
			"below");
	}
	if (!config->pad[0] && (config->pad_impersonation || config->pad_evasion)) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s is for a presentation attack detector; name one in plugins.pad",
			config->pad_impersonation ? "pad.impersonation" : "pad.evasion");
	}
	if (config->stop_after_ns > config->timeout_ns) {
		return pst_error_set(error, PST_E_CONFIG,
			"capture.stop-after is longer than capture.timeout; shorten it");
	}
	return 0;
}

int32_t pst_lane_config_day(const struct pst_lane_config *config, int64_t wall_s)
{
	int64_t offset = config->time_zone_offset_s;
	time_t when = (time_t)wall_s;
	struct tm parts;

	if (config->date != PST_LANE_DATE_TODAY) {
		return config->date;
	}
	if (config->time_zone != PST_LANE_TIME_ZONE_FIXED && localtime_r(&when, &parts)) {
		offset = parts.tm_gmtoff;
	}
	int64_t local = wall_s + offset;
	return (int32_t)(local / S_PER_DAY - (local % S_PER_DAY < 0));
}
