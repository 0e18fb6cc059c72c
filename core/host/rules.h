/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_RULES_H
#define PST_HOST_RULES_H

#include "base/error.h"
#include "host/manifest.h"

/**
 * What a manifest may say beyond its shape: texts that a terminal shows are printable, licences are
 * said, files are plain names, contracts are pinned where there is one.
 *
 * @return 0, or PST_E_CONFIG; the error names the manifest and the field
 */
int pst_rules_check(const struct pst_manifest *manifest, struct pst_error *error) PST_MUST_CHECK;

/**
 * Refuses a file or folder that everybody may write.
 *
 * @return 0; PST_E_UNSAFE, or -errno, with the error naming it
 */
int pst_rules_check_writers(const char *path, struct pst_error *error) PST_MUST_CHECK;

#endif
