/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_EXPOSITION_H
#define PST_CONSOLE_EXPOSITION_H

#include <stdbool.h>

#include "base/bytes.h"

/* Samples in the text format of Prometheus, version 0.0.4. All of a family come one after another.
 */

#define PST_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

/** Zeroed is a valid empty one; the text is finished with pst_bytes_finish(). */
struct pst_exposition {
	struct pst_bytes text;
	bool failed; /* for want of memory: the text is not whole */
};

/** Begins a family. @param type  "counter", "gauge", "histogram" */
void pst_exposition_family(
	struct pst_exposition *to, const char *name, const char *type, const char *help);

/**
 * Adds a sample.
 *
 * @param suffix  of the family's name: "", "_bucket", "_sum", "_count"
 * @param ...     names and values of labels, const char * each, in pairs, and NULL; a value of NULL
 *                leaves its label out
 */
void pst_exposition_sample(struct pst_exposition *to, const char *name, const char *suffix,
	double value, ...) __attribute__((sentinel));

#endif
