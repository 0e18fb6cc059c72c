/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <string.h>

#include "host/catalog.h"

static const char help[] =
	"Usage: postern plugins [--json]\n"
	"\n"
	"Lists the plugins found, whether they can be used, and for extractors what their\n"
	"templates can be compared with. Nothing of a plugin is run for that.\n"
	"\n"
	"  --json   print JSON\n"
	"  --help   print this help\n"
	"\n"
	"Environment:\n"
	"  POSTERN_PLUGINS  folders to look for plugins in, separated by colons\n"
	"  POSTERN_MODELS   folders to look for model files in, separated by colons\n";

static const char *state_name(const struct pst_plugin *plugin)
{
	return plugin->state == PST_PLUGIN_STATE_OK ? "ok" : "unavailable";
}

/* Whether a calibration is for the plugin as it is; the matcher is not known here. */
static bool fits(const struct pst_plugin *plugin, const struct pst_calibration *calibration,
	struct pst_error *error)
{
	return strcmp(calibration->contract, plugin->contract) == 0 &&
	       pst_calibration_check_libraries(calibration, plugin->manifest->digest,
		       calibration->matcher_digest, error) == 0;
}

static json_t *json_calibrations(const struct pst_plugin *plugin)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < plugin->calibration_count; i++) {
		const struct pst_calibration *from = &plugin->calibration[i];
		json_t *thresholds = json_array();

		for (uint32_t k = 0; k < from->point_count; k++) {
			(void)json_array_append_new(thresholds,
				json_pack("{s:f, s:f, s:f}", "fmr", from->point[k].fmr, "score",
					from->point[k].score, "fnmr", from->point[k].fnmr));
		}
		(void)json_array_append_new(list,
			json_pack("{s:s, s:s, s:b, s:s, s:I, s:I, s:o}", "matcher", from->matcher,
				"domain", from->domain, "fits", fits(plugin, from, NULL), "origin",
				from->origin, "genuine", (json_int_t)from->genuine, "impostor",
				(json_int_t)from->impostor, "thresholds", thresholds));
	}
	return list;
}

static json_t *json_options(const struct pst_manifest *manifest)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < manifest->option_count; i++) {
		const struct pst_option *option = &manifest->option[i];
		json_t *value = json_pack("{s:s, s:s, s:s}", "name", option->name, "default",
			option->def, "about", option->about);

		if (option->low[0]) {
			(void)json_object_set_new(value, "low", json_string(option->low));
		}
		if (option->high[0]) {
			(void)json_object_set_new(value, "high", json_string(option->high));
		}
		(void)json_array_append_new(list, value);
	}
	return list;
}

static json_t *json_plugin(const struct pst_plugin *plugin)
{
	const struct pst_manifest *manifest = plugin->manifest;
	json_t *value = json_pack("{s:s, s:s, s:s, s:b}", "id", plugin->id, "state",
		state_name(plugin), "folder", plugin->folder, "own", plugin->is_own);

	if (plugin->reason[0]) {
		(void)json_object_set_new(value, "reason", json_string(plugin->reason));
	}
	if (!manifest) {
		return value;
	}
	(void)json_object_set_new(value, "kind", json_string(pst_plugin_kind_name(manifest->kind)));
	(void)json_object_set_new(value, "version", json_string(manifest->version));
	(void)json_object_set_new(value, "abi", json_integer(manifest->abi));
	(void)json_object_set_new(value, "licence", json_string(manifest->licence));
	(void)json_object_set_new(value, "summary", json_string(manifest->summary));
	(void)json_object_set_new(value, "threads", json_integer(manifest->threads));
	(void)json_object_set_new(value, "options", json_options(manifest));
	if (plugin->model_path[0]) {
		(void)json_object_set_new(value, "model", json_string(plugin->model_path));
	}
	if (plugin->contract[0]) {
		(void)json_object_set_new(value, "contract", json_string(plugin->contract));
		(void)json_object_set_new(value, "calibrations", json_calibrations(plugin));
	}
	if (plugin->calibration_problem[0]) {
		(void)json_object_set_new(
			value, "calibration_problem", json_string(plugin->calibration_problem));
	}
	return value;
}

static void print_json(const struct pst_catalog *catalog)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < pst_catalog_count(catalog); i++) {
		(void)json_array_append_new(list, json_plugin(pst_catalog_at(catalog, i)));
	}
	pst_cli_print_json(json_pack("{s:o}", "plugins", list));
}

static void print_calibrations(const struct pst_plugin *plugin)
{
	for (uint32_t i = 0; i < plugin->calibration_count; i++) {
		const struct pst_calibration *from = &plugin->calibration[i];
		struct pst_error why = {0};

		if (!fits(plugin, from, &why)) {
			if (why.text[0]) {
				(void)printf("%14s%s\n", "", why.text);
			}
			continue;
		}
		(void)printf("%14scalibrated with %s on domain %s, down to FMR %g (%llu impostor "
			     "comparisons)\n",
			"", from->matcher, from->domain, from->point[from->point_count - 1].fmr,
			(unsigned long long)from->impostor);
	}
	if (plugin->calibration_problem[0]) {
		(void)printf("%14scalibration not read: %s\n", "", plugin->calibration_problem);
	}
}

static int id_width(const struct pst_catalog *catalog)
{
	size_t width = 12;

	for (uint32_t i = 0; i < pst_catalog_count(catalog); i++) {
		size_t length = strlen(pst_catalog_at(catalog, i)->id);

		width = length > width ? length : width;
	}
	return (int)width;
}

static void print_table(const struct pst_catalog *catalog)
{
	int width = id_width(catalog);
	bool foreign = false;

	(void)printf("%-*s  %-9s  %-8s  %-11s  %-32s  %s\n", width, "ID", "KIND", "VERSION",
		"STATE", "CONTRACT", "MODEL");
	for (uint32_t i = 0; i < pst_catalog_count(catalog); i++) {
		const struct pst_plugin *plugin = pst_catalog_at(catalog, i);
		const struct pst_manifest *manifest = plugin->manifest;
		const char *model = plugin->model < 0 ? "-" : manifest->model[plugin->model].file;

		(void)printf("%-*s  %-9s  %-8s  %-11s  %-32s  %s\n", width, plugin->id,
			manifest ? pst_plugin_kind_name(manifest->kind) : "-",
			manifest ? manifest->version : "-", state_name(plugin),
			plugin->contract[0] ? plugin->contract : "-", model);
		if (plugin->reason[0]) {
			(void)printf("%14s%s\n", "", plugin->reason);
		}
		print_calibrations(plugin);
		foreign |= !plugin->is_own;
	}
	if (foreign) {
		(void)puts("What did not come with this postern runs where a lane names it.");
	}
}

int cmd_plugins(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct pst_catalog *catalog = NULL;
	struct pst_error error = {0};
	bool json = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option != 'j') {
			return pst_cli_bad_option("plugins", option, argv);
		}
		json = true;
	}
	if (optind < argc) {
		return pst_cli_usage("plugins", "'%s' is one word too many", argv[optind]);
	}
	if (pst_catalog_load(&catalog, &error) < 0) {
		return pst_cli_fail("plugins", &error);
	}
	if (json) {
		print_json(catalog);
	} else {
		print_table(catalog);
	}
	pst_catalog_destroy(&catalog);
	return PST_EXIT_OK;
}
