/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SECONDS_EACH 4.0

static const char *const names[] = {
#define NAME(name, text) text,
	PST_SYNTH_SETTING_MAP(NAME)
#undef NAME
};

const char *pst_synth_setting_name(enum pst_synth_setting setting)
{
	return names[setting];
}

void pst_synth_settings_init(struct pst_synth_settings *settings)
{
	*settings = (struct pst_synth_settings){
		.scene = {.seed = 1, .people = 4, .width = 1280, .height = 720, .fps = 30},
	};
}

static int read_number(const char *name, const char *text, int64_t low, int64_t high,
	int64_t *ret_value, struct pst_error *error)
{
	if (pst_text_parse_int(text, low, high, ret_value) < 0) {
		return pst_error_set(error, PST_E_CONFIG,
			"%s: '%s' is not a whole number from %lld to %lld", name, text,
			(long long)low, (long long)high);
	}
	return 0;
}

static int read_u32(const char *name, const char *text, uint32_t low, uint32_t high,
	uint32_t *ret_value, struct pst_error *error)
{
	int64_t value;
	int status = read_number(name, text, low, high, &value, error);
	if (status == 0) {
		*ret_value = (uint32_t)value;
	}
	return status;
}

static int read_seconds(
	struct pst_synth_settings *settings, const char *text, struct pst_error *error)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end || strspn(text, "0123456789.") != strlen(text) || !(value >= 0.5) ||
		!(value <= PST_SYNTH_SECONDS_MAX)) {
		return pst_error_set(error, PST_E_CONFIG,
			"seconds: '%s' is not a number from 0.5 to %g", text,
			PST_SYNTH_SECONDS_MAX);
	}
	settings->scene.seconds = value;
	settings->has_seconds = true;
	return 0;
}

static int read_size(
	struct pst_synth_scene_options *scene, const char *text, struct pst_error *error)
{
	char width[8];
	const char *cross = strchr(text, 'x');
	size_t length = cross ? (size_t)(cross - text) : sizeof(width);
	int64_t w, h;
	if (length < sizeof(width)) {
		memcpy(width, text, length);
		width[length] = 0;
	}
	if (length >= sizeof(width) || pst_text_parse_int(width, 1, 99999, &w) < 0 ||
		pst_text_parse_int(cross + 1, 1, 99999, &h) < 0 || w % 2 || h % 2 ||
		w < PST_SYNTH_WIDTH_MIN || w > PST_SYNTH_WIDTH_MAX || h < PST_SYNTH_HEIGHT_MIN ||
		h > PST_SYNTH_HEIGHT_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"size: '%s' is not WIDTHxHEIGHT, even numbers from %ux%u to %ux%u", text,
			PST_SYNTH_WIDTH_MIN, PST_SYNTH_HEIGHT_MIN, PST_SYNTH_WIDTH_MAX,
			PST_SYNTH_HEIGHT_MAX);
	}
	scene->width = (uint32_t)w;
	scene->height = (uint32_t)h;
	return 0;
}

int pst_synth_settings_read(struct pst_synth_settings *settings, enum pst_synth_setting setting,
	const char *value, struct pst_error *error)
{
	struct pst_synth_scene_options *scene = &settings->scene;
	const char *name = names[setting];
	int64_t number;
	int status;
	switch (setting) {
	case PST_SYNTH_SETTING_PEOPLE:
		return read_u32(name, value, 1, PST_SYNTH_PEOPLE_MAX, &scene->people, error);
	case PST_SYNTH_SETTING_SEED:
		status = read_number(name, value, 0, INT64_MAX, &number, error);
		scene->seed = status == 0 ? (uint64_t)number : scene->seed;
		return status;
	case PST_SYNTH_SETTING_TAKE:
		return read_u32(name, value, 0, UINT32_MAX, &scene->take, error);
	case PST_SYNTH_SETTING_SIZE:
		settings->has_size = true;
		return read_size(scene, value, error);
	case PST_SYNTH_SETTING_FPS:
		return read_u32(name, value, 1, PST_SYNTH_FPS_MAX, &scene->fps, error);
	case PST_SYNTH_SETTING_SECONDS:
		return read_seconds(settings, value, error);
	case PST_SYNTH_SETTING_BYSTANDERS:
		return read_u32(
			name, value, 0, PST_SYNTH_BYSTANDERS_MAX, &scene->bystanders, error);
	case PST_SYNTH_SETTING_PERSON:
		settings->has_person = true;
		return read_u32(
			name, value, 0, PST_SYNTH_PEOPLE_MAX - 1, &settings->alone.identity, error);
	case PST_SYNTH_SETTING_COUNT:
		break;
	}
	return pst_error_set(error, PST_E_CONFIG, "no such setting");
}

int pst_synth_settings_complete(struct pst_synth_settings *settings, struct pst_error *error)
{
	struct pst_synth_scene_options *scene = &settings->scene;
	if (!settings->has_seconds) {
		double turns = settings->has_person ? 1 : scene->people;
		scene->seconds = fmin(SECONDS_EACH * turns, PST_SYNTH_SECONDS_MAX);
	}
	if (!settings->has_person) {
		return 0;
	}
	if (settings->alone.identity >= scene->people) {
		return pst_error_set(error, PST_E_CONFIG,
			"person: there are %u people, numbered 0 to %u", scene->people,
			scene->people - 1);
	}
	settings->alone.start_s = 0;
	settings->alone.end_s = scene->seconds;
	settings->alone.bystanders = scene->bystanders;
	scene->turns = &settings->alone;
	scene->turn_count = 1;
	return 0;
}
