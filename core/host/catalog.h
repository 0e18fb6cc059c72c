/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_CATALOG_H
#define PST_HOST_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/stamp.h"
#include "host/calibration.h"
#include "host/manifest.h"

#define PST_CATALOG_CALIBRATIONS_MAX 16
#define PST_CATALOG_PLUGINS_MAX 64

enum pst_plugin_state {
	PST_PLUGIN_STATE_UNAVAILABLE = 0,
	PST_PLUGIN_STATE_OK,
};

/** A plugin as found: its manifest, the model chosen for it, and whether it can be used. */
struct pst_plugin {
	enum pst_plugin_state state;
	bool is_own; /* lies in the folder of plugins that came with this postern */
	char id[PST_MANIFEST_ID_SIZE]; /* the manifest's, or the folder's name without a valid one
					*/
	char folder[PATH_MAX];
	char reason[512];		  /* why it is unavailable, one line; "" when ok */
	struct pst_manifest *manifest;	  /* owned; NULL if it could not be read */
	int model;			  /* index into manifest->model, or -1: it needs none */
	char model_path[PATH_MAX];	  /* "" without one */
	struct pst_stamp library_stamp;	  /* of the library whose digest was verified */
	struct pst_stamp model_stamp;	  /* of the model, likewise */
	char contract[PST_CONTRACT_TEXT]; /* extractors: 32 hex digits; "" for others */
	uint32_t calibration_count;
	struct pst_calibration *calibration; /* owned; extractors: all that lie in its folder */
	char calibration_problem[512];	     /* of the first that could not be read, or "" */
};

/** All plugins found, ordered by kind, then id. */
struct pst_catalog;

/**
 * Looks for plugins: in the folders of POSTERN_PLUGINS (separated by colons), else in the build
 * tree or the installed tree that this program runs from. Each subfolder with a *.yaml that
 * isn't a calibration is a plugin. Digests of libraries and models are verified, and that not
 * everybody may write there. A plugin with a problem is listed as unavailable, with its reason; of
 * two with one id the first folder's counts.
 *
 * @return 0, or -errno when no memory, or PST_E_CONFIG when POSTERN_PLUGINS names no folder
 */
int pst_catalog_load(struct pst_catalog **ret_catalog, struct pst_error *error) PST_MUST_CHECK;

void pst_catalog_destroy(struct pst_catalog **catalog);

uint32_t pst_catalog_count(const struct pst_catalog *catalog);

/** @param index  0..count - 1 @return borrowed until destroy */
const struct pst_plugin *pst_catalog_at(const struct pst_catalog *catalog, uint32_t index);

/**
 * Finds a usable plugin.
 *
 * @param ret_plugin  borrowed until destroy
 * @return 0; PST_E_NOT_FOUND none of that kind and id (the error names the nearest);
 *         PST_E_CONFIG it is there and can't be used (the error says why)
 */
int pst_catalog_find(const struct pst_catalog *catalog, enum pst_plugin_kind kind, const char *id,
	const struct pst_plugin **ret_plugin, struct pst_error *error) PST_MUST_CHECK;

/**
 * As pst_catalog_find, for a plugin that nobody has named: one that came with this postern.
 *
 * @return as pst_catalog_find; PST_E_CONFIG also where it lies in another folder
 */
int pst_catalog_find_own(const struct pst_catalog *catalog, enum pst_plugin_kind kind,
	const char *id, const struct pst_plugin **ret_plugin,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * The first usable one of several ids that came with this postern, in order of preference.
 *
 * @param ids  NULL-terminated, e.g. {"yunet", "cascade", NULL}
 * @return NULL if none is usable
 */
const struct pst_plugin *pst_catalog_prefer(
	const struct pst_catalog *catalog, enum pst_plugin_kind kind, const char *const *ids);

/**
 * Checks that a matcher can compare an extractor's templates.
 *
 * @return 0, or PST_E_CONFIG with the error filled
 */
int pst_catalog_check_pair(const struct pst_plugin *extractor, const struct pst_plugin *matcher,
	struct pst_error *error) PST_MUST_CHECK;

/** Path of postern-conform, likewise. @return 0 or -ENOENT */
int pst_catalog_conform_path(char path[PATH_MAX], struct pst_error *error) PST_MUST_CHECK;

/** Path of the worker program beside this one, or the installed one. @return 0 or -ENOENT */
int pst_catalog_worker_path(char path[PATH_MAX], struct pst_error *error) PST_MUST_CHECK;

/** Path of postern-console, likewise. @return 0 or -ENOENT */
int pst_catalog_console_path(char path[PATH_MAX], struct pst_error *error) PST_MUST_CHECK;

#endif
