/* SPDX-License-Identifier: Apache-2.0 */
#include "host/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "host/contract.h"
#include "host/models.h"
#include "host/rules.h"

#define MANIFEST_SUFFIX ".yaml"
#define WORKER_IN_TREE "core/worker/postern-worker"
#define CONSOLE_IN_TREE "core/console/postern-console"
#define CONFORM_IN_TREE "core/conform/postern-conform"
#define CALIBRATION_SUFFIX ".calibration.yaml"

struct pst_catalog {
	char own[PATH_MAX]; /* canonical folder of the plugins that came with this postern, or "" */
	uint32_t count;
	struct pst_plugin plugin[PST_CATALOG_PLUGINS_MAX];
};

static bool ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), end = strlen(suffix);

	return length > end && strcmp(text + length - end, suffix) == 0;
}

static int keep_manifest(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, MANIFEST_SUFFIX) &&
	       !ends_with(entry->d_name, CALIBRATION_SUFFIX);
}

static int keep_calibration(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, CALIBRATION_SUFFIX);
}

static int keep_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++) {
		free(names[i]);
	}
	free(names);
}

static void set_reason(struct pst_plugin *plugin, const struct pst_error *error)
{
	(void)snprintf(plugin->reason, sizeof(plugin->reason), "%s", error->text);
}

static void load_calibrations(struct pst_plugin *plugin)
{
	struct dirent **names = NULL;
	int count = scandir(plugin->folder, &names, keep_calibration, alphasort);

	if (count <= 0) {
		return;
	}
	plugin->calibration = calloc((size_t)count, sizeof(*plugin->calibration));
	for (int i = 0; plugin->calibration && i < count && i < PST_CATALOG_CALIBRATIONS_MAX; i++) {
		struct pst_error error = {0};
		char path[PATH_MAX];

		if (pst_text_path(path, sizeof(path), plugin->folder, names[i]->d_name) < 0) {
			continue;
		}
		if (pst_rules_check_writers(path, &error) == 0 &&
			pst_calibration_load(path, &plugin->calibration[plugin->calibration_count],
				&error) == 0) {
			plugin->calibration_count++;
		} else if (plugin->calibration_problem[0] == 0) {
			(void)snprintf(plugin->calibration_problem,
				sizeof(plugin->calibration_problem), "%s", error.text);
		}
	}
	free_names(names, count);
}

/* Whoever can write to one of these says what the plugin is. */
static int check_writers(const struct pst_manifest *manifest, struct pst_error *error)
{
	const char *const paths[] = {manifest->folder, manifest->path, manifest->library};
	int status = 0;

	for (size_t i = 0; status == 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
		status = pst_rules_check_writers(paths[i], error);
	}
	return status;
}

/* A pinned contract tells of a change that should have been a new version. */
static int check_contract(const struct pst_plugin *plugin, struct pst_error *error)
{
	const struct pst_manifest *manifest = plugin->manifest;
	const char *pinned =
		plugin->model < 0 ? manifest->contract : manifest->model[plugin->model].contract;

	if (!pinned[0] || strcmp(pinned, plugin->contract) == 0) {
		return 0;
	}
	return pst_error_set(error, PST_E_CONFIG,
		"%.300s: contract %s is pinned, but version, model, chip, template and options "
		"give %s; if its templates are others now, raise the version and pin the new one",
		manifest->path, pinned, plugin->contract);
}

/* The checks that decide whether a plugin whose manifest is good can be used here. */
static int check_plugin(struct pst_plugin *plugin, struct pst_error *error)
{
	const struct pst_manifest *manifest = plugin->manifest;
	int status;

	if (manifest->abi != PST_ABI_MAJOR) {
		return pst_error_set(error, PST_E_ABI, "made for ABI %u, this postern has %u",
			manifest->abi, PST_ABI_MAJOR);
	}
	status = check_writers(manifest, error);
	if (status == 0) {
		status = pst_models_verify(
			manifest->library, manifest->digest, &plugin->library_stamp, error);
	}
	if (status < 0) {
		return status;
	}
	status = pst_models_choose(manifest, plugin->model_path, &plugin->model_stamp, error);
	if (status < -1) {
		return status;
	}
	plugin->model = status;
	return 0;
}

static void load_plugin(struct pst_plugin *plugin, const char *path, const char *name)
{
	struct pst_error error = {0};

	plugin->model = -1;
	(void)snprintf(plugin->id, sizeof(plugin->id), "%.64s", name);
	if (pst_manifest_load(path, &plugin->manifest, &error) < 0) {
		set_reason(plugin, &error);
		return;
	}
	(void)snprintf(plugin->id, sizeof(plugin->id), "%s", plugin->manifest->id);
	(void)snprintf(plugin->folder, sizeof(plugin->folder), "%s", plugin->manifest->folder);
	if (check_plugin(plugin, &error) < 0) {
		set_reason(plugin, &error);
		return;
	}
	if (plugin->manifest->kind == PST_PLUGIN_EXTRACTOR) {
		pst_contract_id(plugin->manifest, plugin->model, plugin->contract);
		if (check_contract(plugin, &error) < 0) {
			set_reason(plugin, &error);
			return;
		}
		load_calibrations(plugin);
	}
	plugin->state = PST_PLUGIN_STATE_OK;
}

static void drop_plugin(struct pst_plugin *plugin)
{
	pst_manifest_destroy(&plugin->manifest);
	free(plugin->calibration);
	*plugin = (struct pst_plugin){0};
}

static bool is_known(const struct pst_catalog *catalog, const char *id)
{
	for (uint32_t i = 0; i < catalog->count; i++) {
		if (strcmp(catalog->plugin[i].id, id) == 0) {
			return true;
		}
	}
	return false;
}

/* Whether a plugin's folder lies in the one that came with this postern. */
static bool is_own(const struct pst_catalog *catalog, const char *folder)
{
	size_t length = strlen(catalog->own);

	return length > 0 && strncmp(folder, catalog->own, length) == 0 && folder[length] == '/' &&
	       strchr(folder + length + 1, '/') == NULL;
}

/* A subfolder is a plugin if it holds a manifest; more than one can't be told apart. */
static void add_folder(struct pst_catalog *catalog, const char *folder, const char *name)
{
	struct pst_plugin *plugin = &catalog->plugin[catalog->count];
	struct dirent **names = NULL;
	char path[PATH_MAX];
	int count;

	if (catalog->count == PST_CATALOG_PLUGINS_MAX) {
		return;
	}
	count = scandir(folder, &names, keep_manifest, alphasort);
	if (count < 1) {
		free(names);
		return;
	}
	*plugin = (struct pst_plugin){.model = -1};
	(void)snprintf(plugin->folder, sizeof(plugin->folder), "%s", folder);
	if (count > 1) {
		(void)snprintf(plugin->id, sizeof(plugin->id), "%.64s", name);
		(void)snprintf(plugin->reason, sizeof(plugin->reason),
			"%.300s holds several manifests (%.64s, %.64s); a plugin is one folder",
			folder, names[0]->d_name, names[1]->d_name);
	} else if (pst_text_path(path, sizeof(path), folder, names[0]->d_name) == 0) {
		load_plugin(plugin, path, name);
		plugin->is_own = is_own(catalog, plugin->folder);
	}
	free_names(names, count);
	if (is_known(catalog, plugin->id)) {
		drop_plugin(plugin);
		return;
	}
	catalog->count++;
}

static int scan(struct pst_catalog *catalog, const char *root)
{
	struct dirent **names = NULL;
	int count = scandir(root, &names, keep_visible, alphasort);

	if (count < 0) {
		return -errno;
	}
	for (int i = 0; i < count; i++) {
		char folder[PATH_MAX];

		if (pst_text_path(folder, sizeof(folder), root, names[i]->d_name) == 0) {
			add_folder(catalog, folder, names[i]->d_name);
		}
	}
	free_names(names, count);
	return 0;
}

/*
 * The folder that this program's parts lie under: that of a build tree, which holds the worker in
 * its place, else that of an installed tree, wherever it stands. Where it is neither, as for a
 * test, the parts are looked for where they were to be installed.
 */
static bool find_root(char root[PATH_MAX], bool *ret_is_build)
{
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", root, PATH_MAX - 1);
	char *slash;

	root[size > 0 ? size : 0] = 0;
	if (ends_with(root, "/" PST_PROGRAM)) {
		root[strlen(root) - strlen("/" PST_PROGRAM)] = 0;
		*ret_is_build = false;
		return pst_text_path(path, sizeof(path), root, PST_WORKER) == 0 &&
		       access(path, X_OK) == 0;
	}
	while ((slash = strrchr(root, '/')) != NULL) {
		*slash = 0;
		if (pst_text_path(path, sizeof(path), root, WORKER_IN_TREE) == 0 &&
			access(path, X_OK) == 0) {
			*ret_is_build = true;
			return true;
		}
	}
	return false;
}

static int find_part(const char *in_tree, const char *installed, char path[PATH_MAX])
{
	char root[PATH_MAX];
	bool is_build = false;

	if (!find_root(root, &is_build)) {
		return pst_text_path(path, PATH_MAX, PST_PREFIX, installed);
	}
	return pst_text_path(path, PATH_MAX, root, is_build ? in_tree : installed);
}

static int scan_listed(struct pst_catalog *catalog, const char *list, struct pst_error *error)
{
	while (*list) {
		size_t length = strcspn(list, ":");
		char root[PATH_MAX];
		int status;

		(void)snprintf(root, sizeof(root), "%.*s", (int)length, list);
		status = root[0] ? scan(catalog, root) : 0;
		if (status < 0) {
			return pst_error_set(error, PST_E_CONFIG, "POSTERN_PLUGINS: %s: %s", root,
				strerror(-status));
		}
		list += length + (list[length] == ':');
	}
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct pst_plugin *a = left, *b = right;
	int kind_a = a->manifest ? (int)a->manifest->kind : INT_MAX;
	int kind_b = b->manifest ? (int)b->manifest->kind : INT_MAX;

	return kind_a != kind_b ? (kind_a > kind_b) - (kind_a < kind_b) : strcmp(a->id, b->id);
}

int pst_catalog_load(struct pst_catalog **ret_catalog, struct pst_error *error)
{
	struct pst_catalog *catalog = calloc(1, sizeof(*catalog));
	const char *list = getenv("POSTERN_PLUGINS");
	char root[PATH_MAX];
	int status = 0;

	if (!catalog) {
		return pst_error_set(error, -ENOMEM, "no memory for the plugins");
	}
	if (find_part("plugins", PST_PLUGINS, root) < 0 || !realpath(root, catalog->own)) {
		catalog->own[0] = 0;
	}
	if (list && *list) {
		status = scan_listed(catalog, list, error);
	} else if (catalog->own[0]) {
		(void)scan(catalog, catalog->own);
	}
	if (status < 0) {
		pst_catalog_destroy(&catalog);
		return status;
	}
	qsort(catalog->plugin, catalog->count, sizeof(catalog->plugin[0]), compare);
	*ret_catalog = catalog;
	return 0;
}

void pst_catalog_destroy(struct pst_catalog **catalog)
{
	struct pst_catalog *c = *catalog;

	for (uint32_t i = 0; c && i < c->count; i++) {
		drop_plugin(&c->plugin[i]);
	}
	free(c);
	*catalog = NULL;
}

uint32_t pst_catalog_count(const struct pst_catalog *catalog)
{
	return catalog->count;
}

const struct pst_plugin *pst_catalog_at(const struct pst_catalog *catalog, uint32_t index)
{
	return index < catalog->count ? &catalog->plugin[index] : NULL;
}

static bool is_kind(const struct pst_plugin *plugin, enum pst_plugin_kind kind)
{
	return plugin->manifest && plugin->manifest->kind == kind;
}

int pst_catalog_find(const struct pst_catalog *catalog, enum pst_plugin_kind kind, const char *id,
	const struct pst_plugin **ret_plugin, struct pst_error *error)
{
	const char *names[PST_CATALOG_PLUGINS_MAX + 1] = {NULL};
	uint32_t count = 0;
	const char *nearest;

	for (uint32_t i = 0; i < catalog->count; i++) {
		const struct pst_plugin *plugin = &catalog->plugin[i];

		if (strcmp(plugin->id, id) == 0 && (!plugin->manifest || is_kind(plugin, kind))) {
			if (plugin->state != PST_PLUGIN_STATE_OK) {
				return pst_error_set(error, PST_E_CONFIG,
					"plugin %s cannot be used: %.400s", id, plugin->reason);
			}
			*ret_plugin = plugin;
			return 0;
		}
		if (is_kind(plugin, kind)) {
			names[count++] = plugin->id;
		}
	}
	nearest = pst_text_nearest(names, id);
	return pst_error_set(error, PST_E_NOT_FOUND,
		"there is no %s '%.64s'%s%s%s; see 'postern plugins'", pst_plugin_kind_name(kind),
		id, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

int pst_catalog_find_own(const struct pst_catalog *catalog, enum pst_plugin_kind kind,
	const char *id, const struct pst_plugin **ret_plugin, struct pst_error *error)
{
	const struct pst_plugin *plugin = NULL;
	int status = pst_catalog_find(catalog, kind, id, &plugin, error);

	if (status < 0) {
		return status;
	}
	if (!plugin->is_own) {
		return pst_error_set(error, PST_E_CONFIG,
			"the %s '%s' of %.300s did not come with this postern: it runs where it is "
			"named",
			pst_plugin_kind_name(kind), id, plugin->folder);
	}
	*ret_plugin = plugin;
	return 0;
}

const struct pst_plugin *pst_catalog_prefer(
	const struct pst_catalog *catalog, enum pst_plugin_kind kind, const char *const *ids)
{
	for (; *ids; ids++) {
		const struct pst_plugin *plugin = NULL;
		struct pst_error reason = {0};

		if (pst_catalog_find_own(catalog, kind, *ids, &plugin, &reason) == 0) {
			return plugin;
		}
	}
	return NULL;
}

int pst_catalog_check_pair(const struct pst_plugin *extractor, const struct pst_plugin *matcher,
	struct pst_error *error)
{
	enum pst_template_type type = extractor->manifest->template_.type;

	if (!(matcher->manifest->template_types & (1U << type))) {
		return pst_error_set(error, PST_E_CONFIG,
			"matcher %s cannot compare the %s templates of extractor %s", matcher->id,
			pst_template_type_name(type), extractor->id);
	}
	return 0;
}

static int program_path(
	const char *in_tree, const char *installed, char path[PATH_MAX], struct pst_error *error)
{
	if (find_part(in_tree, installed, path) == 0 && access(path, X_OK) == 0) {
		return 0;
	}
	return pst_error_set(error, -ENOENT, "the program %s is missing", path);
}

int pst_catalog_worker_path(char path[PATH_MAX], struct pst_error *error)
{
	return program_path(WORKER_IN_TREE, PST_WORKER, path, error);
}

int pst_catalog_conform_path(char path[PATH_MAX], struct pst_error *error)
{
	return program_path(CONFORM_IN_TREE, PST_CONFORM, path, error);
}

int pst_catalog_console_path(char path[PATH_MAX], struct pst_error *error)
{
	return program_path(CONSOLE_IN_TREE, PST_CONSOLE, path, error);
}
