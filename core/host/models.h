/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_MODELS_H
#define PST_HOST_MODELS_H

#include "base/error.h"
#include "base/stamp.h"
#include "host/manifest.h"

/**
 * Finds the first of a plugin's models that is there with the digest it should have.
 *
 * Looked for in the folders of POSTERN_MODELS (separated by colons), then in the data directory
 * (XDG_DATA_HOME/postern/models, the installed one), then where Debian's opencv-data has its
 * cascades.
 *
 * @param ret_path  "" when the plugin names no model
 * @param ret_stamp  of the file whose digest was checked; may be NULL
 * @return index into manifest->model; -1 it names none; PST_E_NOT_FOUND none is there, or the one
 *         there has another digest: the error says which and how to get it
 */
int pst_models_choose(const struct pst_manifest *manifest, char ret_path[PATH_MAX],
	struct pst_stamp *ret_stamp, struct pst_error *error) PST_MUST_CHECK;

/**
 * Checks a file's SHA-256, and stamps the file that has it.
 *
 * @param digest  64 lower-case hex digits
 * @return 0; PST_E_MISMATCH it has another one, or changes meanwhile; -errno it cannot be read
 */
int pst_models_verify(const char *path, const char *digest, struct pst_stamp *ret_stamp,
	struct pst_error *error) PST_MUST_CHECK;

#endif
