/* SPDX-License-Identifier: Apache-2.0 */
#include "host/conform_impl.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "host/models.h"
#include "postern/extractor.h"

#define SUMMARY_LEAST 8 /* bytes that say something */

typedef void (*check_fn)(struct pst_conformance *c);

#define SETTLE(check, mark, ...)                                                                   \
	pst_conformance_settle(c, NULL, PST_CHECK_MANIFEST_##check, mark, __VA_ARGS__)
#define PASS(check) SETTLE(check, PST_MARK_PASS, "%s", "")
#define FAIL(check, ...) SETTLE(check, PST_MARK_FAIL, __VA_ARGS__)
#define SKIP(check, ...) SETTLE(check, PST_MARK_SKIP, __VA_ARGS__)

static bool is_placeholder(const char *licence)
{
	static const char *const words[] = {
		"unknown", "none", "todo", "tbd", "other", "licence", "license", NULL};
	char lower[PST_MANIFEST_ID_SIZE];
	size_t i = 0;

	for (; licence[i] && i + 1 < sizeof(lower); i++) {
		lower[i] = (char)tolower((unsigned char)licence[i]);
	}
	lower[i] = 0;
	return pst_text_index(words, lower) >= 0 || i < 2 ||
	       strspn(lower, "abcdefghijklmnopqrstuvwxyz0123456789.+-() :/") != i;
}

static void check_licence(struct pst_conformance *c)
{
	if (is_placeholder(c->plugin.manifest->licence)) {
		FAIL(LICENCE, "licence '%s' is no SPDX expression like Apache-2.0",
			c->plugin.manifest->licence);
	}
	PASS(LICENCE);
}

static void check_version(struct pst_conformance *c)
{
	const char *at = c->plugin.manifest->version;
	size_t digits = strspn(at, "0123456789");

	if (digits == 0 || at[digits] != '.' || !isdigit((unsigned char)at[digits + 1])) {
		FAIL(VERSION, "version '%s' is not like 1.0.0", at);
	}
	PASS(VERSION);
}

static void check_summary(struct pst_conformance *c)
{
	const char *summary = c->plugin.manifest->summary;

	for (const char *at = summary; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f) {
			FAIL(SUMMARY, "the summary holds control characters");
		}
	}
	if (strlen(summary) < SUMMARY_LEAST) {
		FAIL(SUMMARY, "the summary '%.40s' says too little", summary);
	}
	PASS(SUMMARY);
}

static void check_not_writable(struct pst_conformance *c)
{
	const struct pst_manifest *manifest = c->plugin.manifest;
	const char *const paths[] = {manifest->folder, manifest->path, manifest->library};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct stat about;

		if (stat(paths[i], &about) == 0 && (about.st_mode & S_IWOTH) != 0) {
			FAIL(NOT_WRITABLE, "%.300s can be written by anybody: chmod o-w", paths[i]);
		}
	}
	PASS(NOT_WRITABLE);
}

static void check_library_digest(struct pst_conformance *c)
{
	struct pst_error error = {0};

	if (pst_models_verify(c->plugin.manifest->library, c->plugin.manifest->digest,
		    &c->plugin.library_stamp, &error) < 0) {
		FAIL(LIBRARY_DIGEST, "%.380s", error.text);
	}
	PASS(LIBRARY_DIGEST);
}

static void check_abi(struct pst_conformance *c)
{
	if (c->plugin.manifest->abi != PST_ABI_MAJOR) {
		FAIL(ABI, "abi: %u, this postern has %d", c->plugin.manifest->abi, PST_ABI_MAJOR);
	}
	PASS(ABI);
}

static void check_model_digest(struct pst_conformance *c)
{
	struct pst_error error = {0};
	int status = pst_models_choose(
		c->plugin.manifest, c->plugin.model_path, &c->plugin.model_stamp, &error);

	c->plugin.model = status < 0 ? -1 : status;
	if (c->plugin.manifest->model_count == 0) {
		SKIP(MODEL_DIGEST, "the manifest names no model");
	} else if (status < 0) {
		FAIL(MODEL_DIGEST, "%.380s", error.text);
	}
	PASS(MODEL_DIGEST);
}

static void check_model_licence(struct pst_conformance *c)
{
	const struct pst_manifest *manifest = c->plugin.manifest;

	for (uint32_t i = 0; i < manifest->model_count; i++) {
		const struct pst_model *model = &manifest->model[i];

		if (is_placeholder(model->licence)) {
			FAIL(MODEL_LICENCE, "model %.100s: licence '%s' is no SPDX expression",
				model->file, model->licence);
		}
		if (strlen(model->home) < SUMMARY_LEAST) {
			FAIL(MODEL_LICENCE, "model %.100s: home '%s' does not say where to get it",
				model->file, model->home);
		}
	}
	if (manifest->model_count == 0) {
		SKIP(MODEL_LICENCE, "the manifest names no model");
	}
	PASS(MODEL_LICENCE);
}

static void check_option_range(struct pst_conformance *c)
{
	const struct pst_manifest *manifest = c->plugin.manifest;

	for (uint32_t i = 0; i < manifest->option_count; i++) {
		const struct pst_option *option = &manifest->option[i];

		if (option->type != PST_OPTION_TEXT && (!option->low[0] || !option->high[0])) {
			FAIL(OPTION_RANGE, "option %s has no %s", option->name,
				option->low[0] ? "high" : "low");
		}
	}
	if (manifest->option_count == 0) {
		SKIP(OPTION_RANGE, "the manifest declares no option");
	}
	PASS(OPTION_RANGE);
}

/* A value just beyond a bound, as text. */
static void beyond(const struct pst_option *option, bool high, char *text, size_t size)
{
	const char *bound = high ? option->high : option->low;
	double number = strtod(bound, NULL);
	double step = option->type == PST_OPTION_INT ? 1 : fmax(fabs(number) * 1e-6, 1e-6);

	(void)snprintf(text, size, option->type == PST_OPTION_INT ? "%.0f" : "%.12g",
		high ? number + step : number - step);
}

static void check_option_beyond(struct pst_conformance *c)
{
	const struct pst_manifest *manifest = c->plugin.manifest;
	uint32_t tried = 0;

	for (uint32_t i = 0; i < 2 * manifest->option_count; i++) {
		const struct pst_option *option = &manifest->option[i / 2];
		struct pst_error error = {0};
		char text[64];
		bool high = i % 2 == 1;

		if (option->type == PST_OPTION_TEXT || !(high ? option->high : option->low)[0]) {
			continue;
		}
		beyond(option, high, text, sizeof(text));
		tried++;
		if (pst_manifest_check_setting(manifest, option->name, text, &error) == 0) {
			FAIL(OPTION_BEYOND,
				"option %s takes %s, beyond its range: write bounds with "
				"fewer digits",
				option->name, text);
		}
	}
	if (tried == 0) {
		SKIP(OPTION_BEYOND, "the manifest declares no option with a bound");
	}
	PASS(OPTION_BEYOND);
}

static void check_landmarks(struct pst_conformance *c)
{
	const struct pst_point *at = c->plugin.manifest->chip.landmark;
	float eyes = (at[PST_LANDMARK_EYE_LEFT].y + at[PST_LANDMARK_EYE_RIGHT].y) / 2;
	float mouth = (at[PST_LANDMARK_MOUTH_LEFT].y + at[PST_LANDMARK_MOUTH_RIGHT].y) / 2;

	if (!(at[PST_LANDMARK_EYE_LEFT].x < at[PST_LANDMARK_EYE_RIGHT].x) ||
		!(at[PST_LANDMARK_MOUTH_LEFT].x < at[PST_LANDMARK_MOUTH_RIGHT].x)) {
		FAIL(CHIP_LANDMARKS, "left and right are as seen in the picture: the left one has "
				     "the smaller x");
	}
	if (!(eyes < at[PST_LANDMARK_NOSE].y) || !(at[PST_LANDMARK_NOSE].y < mouth)) {
		FAIL(CHIP_LANDMARKS, "the order is left eye, right eye, nose, left and right mouth "
				     "corner, y down");
	}
	PASS(CHIP_LANDMARKS);
}

static int keep_calibration(const struct dirent *entry)
{
	static const char suffix[] = ".calibration.yaml";
	size_t length = strlen(entry->d_name);

	return length > strlen(suffix) &&
	       strcmp(entry->d_name + length - strlen(suffix), suffix) == 0;
}

static void check_calibration(struct pst_conformance *c)
{
	struct dirent **names = NULL;
	int count = scandir(c->plugin.manifest->folder, &names, keep_calibration, alphasort);

	for (int i = 0; i < count; i++) {
		static struct pst_calibration calibration;
		struct pst_error error = {0};
		char path[PATH_MAX];

		if (pst_text_path(path, sizeof(path), c->plugin.manifest->folder,
			    names[i]->d_name) == 0 &&
			pst_calibration_load(path, &calibration, &error) < 0) {
			FAIL(CALIBRATION, "%.380s", error.text);
		}
		free(names[i]);
	}
	free(names);
	if (count <= 0) {
		SKIP(CALIBRATION, "no calibration lies beside the manifest: outcomes will be "
				  "refer-uncalibrated");
	}
	PASS(CALIBRATION);
}

static int keep_manifest(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".yaml") == 0 && !keep_calibration(entry);
}

static void check_alone(struct pst_conformance *c)
{
	struct dirent **names = NULL;
	int count = scandir(c->plugin.folder, &names, keep_manifest, alphasort);

	if (count > 1) {
		FAIL(ALONE, "%s and %s: a plugin is one folder", names[0]->d_name,
			names[1]->d_name);
	}
	for (int i = 0; i < count; i++) {
		free(names[i]);
	}
	free(names);
	PASS(ALONE);
}

static int find_manifest(const char *folder, char path[PATH_MAX], struct pst_error *error)
{
	struct dirent **names = NULL;
	int count = scandir(folder, &names, keep_manifest, alphasort);
	int status = count < 0 ? -errno : 0;

	if (status < 0) {
		return pst_error_set(error, status, "%s: %s", folder, strerror(-status));
	}
	if (count == 0) {
		status = pst_error_set(error, PST_E_CONFIG,
			"%s holds no manifest (NAME.yaml): it is no plugin's folder", folder);
	} else if (pst_text_path(path, PATH_MAX, folder, names[0]->d_name) < 0) {
		status = pst_error_set(error, -ENAMETOOLONG, "%s: name too long", folder);
	}
	for (int i = 0; i < count; i++) {
		free(names[i]);
	}
	free(names);
	return status;
}

int pst_conformance_find(
	const char *path, struct pst_conformance *ret_conformance, struct pst_error *error)
{
	struct pst_plugin *plugin = &ret_conformance->plugin;
	size_t length = strlen(path);
	struct stat about;
	char *slash;

	if (stat(path, &about) < 0 || !realpath(path, plugin->folder)) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	plugin->model = -1;
	if (S_ISDIR(about.st_mode)) {
		return find_manifest(plugin->folder, ret_conformance->manifest, error);
	}
	slash = strrchr(plugin->folder, '/');
	if (length > 5 && strcmp(path + length - 5, ".yaml") == 0) {
		memcpy(ret_conformance->manifest, plugin->folder, sizeof(plugin->folder));
		*slash = 0;
		return 0;
	}
	*slash = 0;
	return find_manifest(plugin->folder, ret_conformance->manifest, error);
}

static bool load_manifest(struct pst_conformance *c)
{
	struct pst_error error = {0};
	int status = pst_manifest_load(c->manifest, &c->plugin.manifest, &error);

	if (status == 0) {
		PASS(SCHEMA);
		PASS(LIBRARY_INSIDE);
		return true;
	}
	if (status == PST_E_UNSAFE) {
		PASS(SCHEMA);
		FAIL(LIBRARY_INSIDE, "%.380s", error.text);
	} else {
		FAIL(SCHEMA, "%.380s", error.text);
	}
	return false;
}

void pst_conformance_check_files(struct pst_conformance *c)
{
	static const check_fn checks[] = {check_library_digest, check_abi, check_licence,
		check_version, check_summary, check_not_writable, check_model_digest,
		check_model_licence, check_option_range, check_option_beyond, check_landmarks,
		check_calibration};

	check_alone(c);
	if (!load_manifest(c)) {
		return;
	}
	(void)snprintf(c->plugin.id, sizeof(c->plugin.id), "%s", c->plugin.manifest->id);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		checks[i](c);
	}
}

static uint64_t digest(uint64_t so_far, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++) {
		so_far = (so_far ^ bytes[i]) * 1099511628211ULL; /* FNV-1a */
	}
	return so_far;
}

static uint64_t digest_folder(uint64_t so_far, const char *folder)
{
	struct dirent **names = NULL;
	int count = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		struct stat about = {0};
		char path[PATH_MAX];

		if (strcmp(names[i]->d_name, "..") != 0 &&
			pst_text_path(path, sizeof(path), folder, names[i]->d_name) == 0 &&
			lstat(path, &about) == 0) {
			so_far = digest(so_far, names[i]->d_name, strlen(names[i]->d_name));
			so_far = digest(so_far, &about.st_size, sizeof(about.st_size));
			so_far = digest(so_far, &about.st_mtim, sizeof(about.st_mtim));
			so_far = digest(so_far, &about.st_mode, sizeof(about.st_mode));
		}
		free(names[i]);
	}
	free(names);
	return so_far;
}

uint64_t pst_conformance_digest_folders(const struct pst_conformance *c)
{
	uint64_t all = digest_folder(1469598103934665603ULL, c->plugin.folder);
	char folder[PATH_MAX];
	char *slash;

	(void)snprintf(folder, sizeof(folder), "%s", c->plugin.model_path);
	slash = strrchr(folder, '/');
	if (slash) {
		*slash = 0;
		all = digest_folder(all, folder);
	}
	return all;
}
