/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_CONFORM_H
#define PST_HOST_CONFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "conform/checks.h"
#include "conform/report.h"
#include "host/catalog.h"

/** What a check found; UNSET when it is not for this plugin, or was not asked for. */
struct pst_finding {
	enum pst_mark mark;
	char text[PST_REPORT_TEXT_SIZE]; /* what, where, what to do; "" on most passes */
	int64_t took_ns;
};

/** A plugin under examination, and what came of it. */
struct pst_conformance {
	struct pst_plugin plugin; /* as far as it could be read; model_path, manifest are owned */
	char manifest[PATH_MAX];
	struct pst_finding finding[PST_CHECKS];
	uint32_t processes; /* started */
	int64_t took_ns;
};

/**
 * Finds a plugin's manifest.
 *
 * @param path  its folder, or a library or manifest in it
 * @return 0; PST_E_CONFIG, -errno there is no plugin, with the error filled
 */
int pst_conformance_find(const char *path, struct pst_conformance *ret_conformance,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Runs checks. Code of the plugin runs in processes postern-conform only, locked down as workers
 * are; one that dies or hangs is an answer, and the checks after it go on in a new one.
 *
 * @param wanted  of PST_CHECKS; NULL: all
 * @return 0, whatever was found; PST_E_UNSAFE this kernel can't lock them down; -errno
 */
int pst_conformance_run(struct pst_conformance *conformance, const bool *wanted,
	struct pst_error *error) PST_MUST_CHECK;

/** @return checks with that mark */
uint32_t pst_conformance_count(const struct pst_conformance *conformance, enum pst_mark mark);

void pst_conformance_finish(struct pst_conformance *conformance);

#endif
