/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_GUEST_H
#define TEST_SUPPORT_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "postern/detector.h"
#include "postern/entry.h"
#include "postern/extractor.h"
#include "postern/matcher.h"

#define GUEST_OPTION_TEXTS 8

/**
 * A plugin loaded straight from its folder, with the smallest host that can run it.
 *
 * Options are what the test sets, else the manifest's defaults. Zero it before guest_open.
 */
struct guest {
	const struct pst_plugin_entry *entry;
	void *instance;
	char *manifest;		     /* text of ID.yaml */
	char model[512];	     /* path, "" without one */
	const char *const *settings; /* name, value, ..., NULL; or NULL */
	char log[8][256];	     /* the last lines, oldest first */
	uint32_t log_count;	     /* lines ever logged */
	struct pst_host host;
	pid_t caller; /* the thread of guest_open */
	void *library;
	char text[256]; /* of guest_field */
	char option_texts[GUEST_OPTION_TEXTS][64];
	uint32_t option_text_count;
};

/**
 * Loads folder/ID/ID.so and runs its init.
 *
 * @param folder    a plugin folder; NULL: the first of POSTERN_PLUGINS
 * @param settings  borrowed until guest_close
 * @param model     path of its model file, or NULL
 * @return what init returned; -ENOENT the plugin is not built, -EINVAL it is no plugin
 */
int guest_open(struct guest *guest, const char *folder, const char *id, const char *const *settings,
	const char *model);

/** Runs finish where init succeeded, unloads, zeroes. */
void guest_close(struct guest *guest);

/** Text of a top-level field of the manifest, valid until the next call; "" if it is missing. */
const char *guest_field(struct guest *guest, const char *name);

/**
 * Finds a model: file in POSTERN_MODELS, or else in one of OpenCV's cascade folders.
 *
 * @param ret_path  room for 512 bytes
 */
bool guest_find_model(const char *file, char *ret_path);

static inline const struct pst_detector *guest_detector(const struct guest *guest)
{
	return guest->entry->calls;
}

static inline const struct pst_extractor *guest_extractor(const struct guest *guest)
{
	return guest->entry->calls;
}

static inline const struct pst_matcher *guest_matcher(const struct guest *guest)
{
	return guest->entry->calls;
}

#endif
