/* SPDX-License-Identifier: Apache-2.0 */
#include "host/worker_impl.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

_Static_assert((int)PST_OPTION_INT == (int)PST_WIRE_OPTION_INT &&
		       (int)PST_OPTION_FLOAT == (int)PST_WIRE_OPTION_FLOAT &&
		       (int)PST_OPTION_TEXT == (int)PST_WIRE_OPTION_TEXT,
	"option types travel as they are");
_Static_assert(PST_MANIFEST_OPTIONS_MAX <= PST_WIRE_OPTIONS_MAX &&
		       PST_MANIFEST_TEXT_SIZE <= PST_WIRE_VALUE_SIZE &&
		       PST_MANIFEST_ID_SIZE <= PST_WIRE_NAME_SIZE && PATH_MAX <= PST_WIRE_PATH_SIZE,
	"whatever a manifest holds can be sent");

static struct pst_wire_option *find_option(struct pst_wire_plugin *to, const char *name)
{
	for (uint32_t i = 0; i < to->option_count; i++) {
		if (strcmp(to->option[i].name, name) == 0) {
			return &to->option[i];
		}
	}
	return NULL;
}

static void set_value(struct pst_wire_plugin *to, const char *name, const char *value)
{
	struct pst_wire_option *option = find_option(to, name);

	if (option) {
		(void)snprintf(option->value, sizeof(option->value), "%s", value);
	}
}

static bool is_preset(const struct pst_plugin *plugin, const char *name)
{
	const struct pst_model *model =
		plugin->model < 0 ? NULL : &plugin->manifest->model[plugin->model];

	for (uint32_t i = 0; model && i < model->setting_count; i++) {
		if (strcmp(model->setting[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Defaults, then what the model needs, then what the operator wants. */
static int fill_options(const struct pst_plugin *plugin, const struct pst_worker_config *config,
	struct pst_wire_plugin *to, struct pst_error *error)
{
	const struct pst_manifest *manifest = plugin->manifest;

	for (uint32_t i = 0; i < manifest->option_count; i++) {
		struct pst_wire_option *option = &to->option[i];

		option->type = manifest->option[i].type;
		(void)snprintf(option->name, sizeof(option->name), "%s", manifest->option[i].name);
		(void)snprintf(option->value, sizeof(option->value), "%s", manifest->option[i].def);
	}
	to->option_count = manifest->option_count;
	if (plugin->model >= 0) {
		const struct pst_model *model = &manifest->model[plugin->model];

		for (uint32_t i = 0; i < model->setting_count; i++) {
			set_value(to, model->setting[i].name, model->setting[i].value);
		}
	}
	for (uint32_t i = 0; i < config->setting_count; i++) {
		const struct pst_worker_setting *setting = &config->settings[i];
		int status;

		if (strcmp(setting->plugin, plugin->id) != 0) {
			continue;
		}
		status = pst_manifest_check_setting(manifest, setting->name, setting->value, error);
		if (status < 0) {
			return status;
		}
		if (is_preset(plugin, setting->name)) {
			return pst_error_set(error, PST_E_CONFIG,
				"option %s.%s belongs to model %s and cannot be changed: its "
				"templates and calibration rest on it",
				plugin->id, setting->name, manifest->model[plugin->model].file);
		}
		set_value(to, setting->name, setting->value);
	}
	return 0;
}

/* Threads a plugin may have, the calling one among them: by its option `threads`, if it has one. */
static uint32_t threads_of(const struct pst_manifest *manifest, struct pst_wire_plugin *to)
{
	const struct pst_wire_option *option = find_option(to, "threads");
	int64_t threads;

	if (option && option->type == PST_WIRE_OPTION_INT &&
		pst_text_parse_int(option->value, 1, PST_MANIFEST_THREADS_MAX, &threads) == 0) {
		return (uint32_t)threads;
	}
	return manifest->threads;
}

int pst_worker_describe(const struct pst_plugin *plugin, const struct pst_worker_config *config,
	struct pst_wire_plugin *to, uint32_t *ret_threads, struct pst_error *error)
{
	const struct pst_manifest *manifest = plugin->manifest;
	int status;

	to->kind = manifest->kind;
	to->abi = manifest->abi;
	(void)snprintf(to->id, sizeof(to->id), "%s", manifest->id);
	(void)snprintf(to->version, sizeof(to->version), "%s", manifest->version);
	(void)snprintf(to->library, sizeof(to->library), "%s", manifest->library);
	(void)snprintf(to->model, sizeof(to->model), "%s", plugin->model_path);
	to->library_stamp = plugin->library_stamp;
	to->model_stamp = plugin->model_stamp;
	to->input_format = manifest->input.format;
	to->input_size = manifest->input.size;
	to->input_multiple = manifest->input.multiple;
	to->chip_format = manifest->chip.format;
	to->chip_width = manifest->chip.width;
	to->chip_height = manifest->chip.height;
	memcpy(to->chip_landmark, manifest->chip.landmark, sizeof(to->chip_landmark));
	to->template_size = manifest->template_.size;
	to->score_low = manifest->score_low;
	to->score_high = manifest->score_high;
	status = fill_options(plugin, config, to, error);
	*ret_threads = status < 0 ? 1 : threads_of(manifest, to);
	return status;
}

static int add_plugin(struct pst_worker *worker, const struct pst_plugin *plugin,
	enum pst_plugin_kind kind, const struct pst_worker_config *config, struct pst_error *error)
{
	struct pst_wire_start *start = &worker->start->start;
	uint32_t threads = 1;
	int status;

	if (!plugin || plugin->state != PST_PLUGIN_STATE_OK || plugin->manifest->kind != kind) {
		return pst_error_set(error, PST_E_CONFIG, "worker needs a usable %s%s%s",
			pst_plugin_kind_name(kind), plugin ? ", not " : "",
			plugin ? plugin->id : "");
	}
	if (!pst_stamp_is_set(&plugin->library_stamp)) {
		return pst_error_set(
			error, PST_E_UNSAFE, "plugin %s has not been verified", plugin->id);
	}
	status = pst_worker_describe(
		plugin, config, &start->plugin[start->plugin_count++], &threads, error);
	worker->threads += threads - 1;
	return status;
}

static enum pst_wire_sandbox sandbox_of(const struct pst_worker_config *config)
{
	switch (config->sandbox) {
	case PST_WORKER_SANDBOX_OFF:
		return PST_WIRE_SANDBOX_OFF;
	case PST_WORKER_SANDBOX_LEARN:
		return PST_WIRE_SANDBOX_LEARN;
	case PST_WORKER_SANDBOX_STRICT:
	default:
		return PST_WIRE_SANDBOX_STRICT;
	}
}

int pst_worker_prepare(
	struct pst_worker *worker, const struct pst_worker_config *config, struct pst_error *error)
{
	struct pst_wire_start *start = &worker->start->start;
	int status;

	worker->start->type = PST_WIRE_START;
	start->version = PST_WIRE_VERSION;
	start->sandbox = sandbox_of(config);
	worker->threads = 1;
	if (config->kind == PST_WORKER_MATCH) {
		return add_plugin(worker, config->matcher, PST_PLUGIN_MATCHER, config, error);
	}
	if (config->kind != PST_WORKER_VISION || !config->slots) {
		return pst_error_set(error, PST_E_CONFIG, "a vision worker needs slots");
	}
	start->slot_count = pst_slots_count(config->slots);
	start->pictures = config->pictures;
	start->slot_size = pst_slots_size(config->slots);
	start->format = config->format;
	start->width = config->width;
	start->height = config->height;
	status = add_plugin(worker, config->detector, PST_PLUGIN_DETECTOR, config, error);
	if (status == 0 && config->quality) {
		status = add_plugin(worker, config->quality, PST_PLUGIN_QUALITY, config, error);
	}
	if (status == 0 && config->pad) {
		status = add_plugin(worker, config->pad, PST_PLUGIN_PAD, config, error);
	}
	if (status == 0 && config->extractor) {
		status = add_plugin(worker, config->extractor, PST_PLUGIN_EXTRACTOR, config, error);
	}
	return status;
}
