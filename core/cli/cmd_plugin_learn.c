/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/plugin.h"
#include "cli/source.h"
#include "host/learn.h"

#define NAME "plugin learn"
#define SOURCE "synth:?people=3&seed=1&size=640x480&fps=10&seconds=2"
#define READY_MS 60000
#define CALL_MS 60000
#define TEMPLATES 500
#define PERMIT 1
#define SETTINGS_MAX 32

static const char help[] =
	"usage: postern plugin learn ID|FOLDER [--with DETECTOR] [--set NAME=VALUE]... [--json]\n"
	"\n"
	"Runs a plugin in its sandbox on drawn people (a matcher: on templates made up) and "
	"prints\n"
	"each system call that it makes after the seal and that the sandbox does not allow. In a "
	"lane\n"
	"the first of them would end its process. What it may not do before the seal either, like\n"
	"opening a socket, fails here as there.\n"
	"\n"
	"  --with ID         detector whose faces an extractor gets (default: the best usable)\n"
	"  --set NAME=VALUE  option of the plugin\n"
	"  --json            print JSON\n"
	"  --help            print this help\n"
	"\n"
	"Exit status: 0 there are none; 1 there are some; 2 usage, or it can't be used; 4 no "
	"sandbox.\n";

struct lesson {
	struct pst_catalog *catalog;
	const struct pst_plugin *plugin;
	const char *with;
	char folder[PATH_MAX]; /* of the plugin, if it was named by that */
	struct pst_worker_setting settings[SETTINGS_MAX];
	uint32_t setting_count;
	struct pst_device *device; /* NULL for a matcher */
	struct pst_slots *slots;
	struct pst_worker *worker;
	struct pst_learn *learn;
};

/* A plugin's folder, unlike an id, has a slash or is there; what lies around it is the catalog. */
static int load_catalog(struct lesson *lesson, const char *what, struct pst_error *error)
{
	char parent[PATH_MAX];
	struct stat about;
	char *end;

	if (!strchr(what, '/') && (stat(what, &about) < 0 || !S_ISDIR(about.st_mode))) {
		return pst_catalog_load(&lesson->catalog, error);
	}
	if (!realpath(what, lesson->folder)) {
		return pst_error_set(error, PST_E_CONFIG, "%s: %s", what, strerror(errno));
	}
	(void)snprintf(parent, sizeof(parent), "%s", lesson->folder);
	end = strrchr(parent, '/');
	end[end == parent] = 0;
	if (setenv("POSTERN_PLUGINS", parent, 1) < 0) {
		return pst_error_set(error, -ENOMEM, "no memory");
	}
	return pst_catalog_load(&lesson->catalog, error);
}

static int find(struct lesson *lesson, const char *id, struct pst_error *error)
{
	const char *wanted = lesson->folder[0] ? lesson->folder : id;

	for (uint32_t i = 0; i < pst_catalog_count(lesson->catalog); i++) {
		const struct pst_plugin *plugin = pst_catalog_at(lesson->catalog, i);

		if (strcmp(lesson->folder[0] ? plugin->folder : plugin->id, wanted) != 0) {
			continue;
		}
		lesson->plugin = plugin;
		return plugin->state == PST_PLUGIN_STATE_OK
			       ? 0
			       : pst_error_set(error, PST_E_CONFIG, "plugin %s: %s", plugin->id,
					 plugin->reason);
	}
	return pst_error_set(error, PST_E_CONFIG,
		"no plugin '%s'; 'postern plugins' lists them, POSTERN_PLUGINS says where to look",
		id);
}

static int find_detector(
	struct lesson *lesson, const struct pst_plugin **ret_detector, struct pst_error *error)
{
	static const char *const best[] = {"yunet", "cascade", NULL};

	if (lesson->with) {
		return pst_catalog_find(
			lesson->catalog, PST_PLUGIN_DETECTOR, lesson->with, ret_detector, error);
	}
	*ret_detector = pst_catalog_prefer(lesson->catalog, PST_PLUGIN_DETECTOR, best);
	return *ret_detector ? 0
			     : pst_error_set(error, PST_E_CONFIG,
				       "no detector can be used to find faces for %s; name one by "
				       "--with ID",
				       lesson->plugin->id);
}

static int open_source(
	struct lesson *lesson, struct pst_worker_config *config, struct pst_error *error)
{
	int status = pst_cli_source_open(&lesson->device, SOURCE, PST_PACE_MAX, NULL, NULL, error);

	if (status < 0) {
		return status;
	}
	const struct pst_device_info *info = pst_device_info(lesson->device);
	const struct pst_slots_config slots = {
		.format = info->format, .width = info->width, .height = info->height};

	config->kind = PST_WORKER_VISION;
	config->format = info->format;
	config->width = info->width;
	config->height = info->height;
	status = pst_slots_create(&slots, &lesson->slots, error);
	config->slots = lesson->slots;
	return status < 0 ? status : pst_device_start(lesson->device, error);
}

static int configure(
	struct lesson *lesson, struct pst_worker_config *config, struct pst_error *error)
{
	config->sandbox = PST_WORKER_SANDBOX_LEARN;
	config->hard_ms = CALL_MS;
	for (uint32_t i = 0; i < lesson->setting_count; i++) {
		lesson->settings[i].plugin = lesson->plugin->id;
	}
	config->settings = lesson->settings;
	config->setting_count = lesson->setting_count;
	switch ((int)lesson->plugin->manifest->kind) {
	case PST_PLUGIN_DETECTOR:
		config->detector = lesson->plugin;
		return open_source(lesson, config, error);
	case PST_PLUGIN_EXTRACTOR:
		config->extractor = lesson->plugin;
		int status = find_detector(lesson, &config->detector, error);
		return status < 0 ? status : open_source(lesson, config, error);
	case PST_PLUGIN_MATCHER:
		config->kind = PST_WORKER_MATCH;
		config->matcher = lesson->plugin;
		return 0;
	default:
		return pst_error_set(error, PST_E_CONFIG,
			"plugin %s: detectors, extractors and matchers can be learnt from",
			lesson->plugin->id);
	}
}

static int show_frame(struct lesson *lesson, const struct pst_frame *frame, struct pst_error *error)
{
	bool extract = lesson->plugin->manifest->kind == PST_PLUGIN_EXTRACTOR;
	const struct pst_wire_template *template_;
	const struct pst_wire_faces *faces;
	struct pst_face face[PST_FACES_MAX];
	struct pst_slot_frame slot;
	int status = pst_slots_put(lesson->slots, 0, frame, PERMIT, &slot, error);

	if (status < 0) {
		return status;
	}
	int count = pst_worker_detect(lesson->worker, &slot, CALL_MS, &faces, error);

	for (int i = 0; i < count; i++) {
		face[i] = faces->face[i].face;
	}
	status = count;
	for (int i = 0; status >= 0 && extract && i < count; i++) {
		(void)!pst_worker_extract(lesson->worker, &slot, &face[i],
			i % 2 ? PST_ROLE_PROBE : PST_ROLE_ENROL, CALL_MS, &template_, error);
		status = error->status < 0 ? error->status : 0; /* without a template is fine */
	}
	pst_slots_wipe(lesson->slots, 0);
	return status < 0 ? status : 0;
}

static int show_frames(struct lesson *lesson, struct pst_error *error)
{
	for (;;) {
		struct pst_frame frame;
		int status = pst_device_next(lesson->device, &frame, error);

		if (status == PST_E_END) {
			return 0;
		}
		if (status == 1) {
			status = pst_device_map(lesson->device, &frame, error);
			status = status < 0 ? status : show_frame(lesson, &frame, error);
			pst_device_release(lesson->device, &frame);
		}
		if (status < 0) {
			return status;
		}
	}
}

/* Templates of the right size whose content is made up: numbers between -1 and 1. */
static void make_up(float *values, size_t count)
{
	static uint32_t state = 1;

	for (size_t i = 0; i < count; i++) {
		state = state * 1664525u + 1013904223u;
		values[i] = (float)(state >> 8) / (float)(1 << 23) - 1;
	}
}

static int show_templates(struct lesson *lesson, struct pst_error *error)
{
	struct pst_candidate best[PST_CANDIDATES_MAX];
	float values[128];
	float score;
	int status = 0;

	for (uint64_t key = 1; status == 0 && key <= TEMPLATES; key++) {
		make_up(values, 128);
		status = pst_worker_add(lesson->worker, key, (const uint8_t *)values,
			sizeof(values), CALL_MS, error);
	}
	if (status == 0) {
		status = pst_worker_seal(lesson->worker, CALL_MS, error);
	}
	for (int i = 0; status >= 0 && i < 20; i++) {
		make_up(values, 128);
		status = pst_worker_search(lesson->worker, (const uint8_t *)values, sizeof(values),
			best, PST_CANDIDATES_MAX, CALL_MS, error);
	}
	if (status >= 0) {
		status = pst_worker_verify(lesson->worker, (const uint8_t *)values, sizeof(values),
			1, CALL_MS, &score, error);
	}
	return status < 0 ? status : pst_worker_remove(lesson->worker, 1, CALL_MS, error);
}

static int teach(
	struct lesson *lesson, const char *id, uint32_t *ret_counts, struct pst_error *error)
{
	struct pst_worker_config config = {0};
	int status = load_catalog(lesson, id, error);

	if (status == 0) {
		status = find(lesson, id, error);
	}
	if (status == 0) {
		status = configure(lesson, &config, error);
	}
	if (status == 0) {
		status = pst_worker_create(&config, &lesson->worker, error);
	}
	if (status == 0) {
		status = pst_worker_wait_ready(lesson->worker, READY_MS, error);
	}
	if (status == 0) {
		status = pst_learn_start(lesson->worker, &lesson->learn, error);
	}
	if (status == 0) {
		status =
			lesson->device ? show_frames(lesson, error) : show_templates(lesson, error);
	}
	pst_learn_stop(&lesson->learn, ret_counts);
	pst_worker_destroy(&lesson->worker);
	pst_slots_destroy(&lesson->slots);
	pst_device_close(&lesson->device);
	pst_catalog_destroy(&lesson->catalog);
	return status < 0 ? status : 0;
}

static int print(const char *id, const uint32_t *counts, bool as_json)
{
	json_t *list = json_array();
	char name[64];
	int found = 0;

	for (int number = 0; number < PST_LEARN_NUMBERS; number++) {
		if (counts[number] == 0) {
			continue;
		}
		found++;
		pst_learn_name(number, name, sizeof(name));
		(void)json_array_append_new(
			list, json_pack("{s:s, s:i, s:I}", "name", name, "number", number, "count",
				      (json_int_t)counts[number]));
		if (!as_json) {
			(void)printf("%s: %s (%d), %u times\n", id, name, number, counts[number]);
		}
	}
	if (as_json) {
		pst_cli_print_json(json_pack("{s:s, s:o}", "plugin", id, "calls", list));
		return found;
	}
	json_decref(list);
	if (found == 0) {
		(void)printf("%s: no call that the sandbox does not allow\n", id);
	}
	return found;
}

static int add_setting(struct lesson *lesson, char *pair)
{
	char *equals = strchr(pair, '=');

	if (!equals || lesson->setting_count == SETTINGS_MAX) {
		return pst_cli_usage(NAME, "--set needs NAME=VALUE, at most %d times, not '%s'",
			SETTINGS_MAX, pair);
	}
	*equals = 0;
	lesson->settings[lesson->setting_count++] =
		(struct pst_worker_setting){.name = pair, .value = equals + 1};
	return PST_EXIT_OK;
}

int cmd_plugin_learn(int argc, char **argv)
{
	static const struct option options[] = {{"with", required_argument, NULL, 'w'},
		{"set", required_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {0}};
	uint32_t counts[PST_LEARN_NUMBERS] = {0};
	struct lesson lesson = {0};
	struct pst_error error = {0};
	bool as_json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hj", options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == 'j') {
			as_json = true;
		} else if (option == 'w') {
			lesson.with = optarg;
		} else if (option == 's') {
			int status = add_setting(&lesson, optarg);

			if (status != PST_EXIT_OK) {
				return status;
			}
		} else {
			return pst_cli_bad_option(NAME, option, argv);
		}
	}
	if (optind + 1 != argc) {
		return pst_cli_usage(NAME, "takes one plugin: its ID or its folder");
	}
	if (teach(&lesson, argv[optind], counts, &error) < 0) {
		return pst_cli_fail(NAME, &error);
	}
	return pst_cli_finish_output(
		NAME, print(argv[optind], counts, as_json) > 0 ? PST_EXIT_NO : PST_EXIT_OK);
}
