/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_CONFORM_IMPL_H
#define PST_HOST_CONFORM_IMPL_H

#include "host/conform.h"

/* What conform.c and conform_files.c share; nobody else includes this. */

/* All checks on manifest, library and model as files; fills conformance->plugin. */
void pst_conformance_check_files(struct pst_conformance *conformance);

/* A number for names, sizes and times of all files in the folders of plugin and model. */
uint64_t pst_conformance_digest_folders(const struct pst_conformance *conformance);

/* Settles a check, if it was wanted and is for this kind; a failure is never taken back. */
void pst_conformance_settle(struct pst_conformance *conformance, const bool *wanted,
	enum pst_check check, enum pst_mark mark, const char *format, ...) PST_PRINTF(5, 6);

/* Whether a check is to be run. */
bool pst_conformance_wants(
	const struct pst_conformance *conformance, const bool *wanted, enum pst_check check);

#endif
