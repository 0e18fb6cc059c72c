/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_DOT_H
#define COSINE_DOT_H

#include <stddef.h>

#define DOT_LANES 16u /* rows are padded with zeros to a multiple of this many floats */

/**
 * Inner products of count rows with one probe.
 *
 * A row's result depends on the row and the probe alone, not on its place among the rows.
 *
 * @param rows    count * stride floats, 64-byte aligned; stride a multiple of DOT_LANES
 * @param probe   stride floats, 64-byte aligned
 * @param ret_scores  count floats
 */
typedef void (*dot_fn)(
	const float *rows, size_t stride, size_t count, const float *probe, float *ret_scores);

/**
 * Picks the implementation.
 *
 * @param name  "auto" (the fastest this machine has), "portable" or "avx2"
 * @return NULL: no such name, or this machine lacks the instructions
 */
dot_fn dot_choose(const char *name);

#endif
