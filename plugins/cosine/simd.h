/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_SIMD_H
#define COSINE_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coarse.h"

#define SIMD_LANES 16u /* rows are padded with zeros to a multiple of this many floats */

/**
 * The arithmetic of one instruction set. All give the same scores, bit for bit.
 *
 * The score of a row x and a probe p is this sum in float, every product and every sum rounded on
 * its own, none of them fused: lane l of 16 starts at 0 and adds x[k] p[k] for k = l, l + 16,
 * l + 32, ...; then lane l adds lane l + 8 for l < 8, then l + 4 for l < 4, then l + 2 for l < 2,
 * and lane 0 adds lane 1.
 */
struct simd {
	const char *name; /* of the option */
	const char *instructions;
	bool (*is_here)(void);

	/**
	 * Scores of count rows with one probe.
	 *
	 * @param rows    count * stride floats, 64-byte aligned; stride a multiple of SIMD_LANES
	 * @param probe   stride floats, 64-byte aligned
	 * @param ret_scores  count floats
	 */
	void (*dot)(const float *rows, size_t stride, size_t count, const float *probe,
		float *ret_scores);

	/**
	 * Looks for the first block with a row whose bound (coarse.h) reaches a probe's threshold.
	 *
	 * @param blocks     count blocks of coarse_block_size(stride) bytes, 64-byte aligned
	 * @param ret_masks  room for COARSE_PROBES: bit l of mask i says that row l may reach the
	 *                   threshold of probe i
	 * @return index of the block; count: there is none, masks are void
	 */
	size_t (*reach)(const struct coarse_block *blocks, size_t count, size_t stride,
		const struct coarse_group *group, uint32_t *ret_masks);
};

/** Those this program was built with, best first, ended by NULL; the last is the plain reference.
 */
extern const struct simd *const simd_paths[];

extern const struct simd simd_portable;
extern const struct simd simd_avx2;
extern const struct simd simd_avx512;
extern const struct simd simd_avx512_vnni;
extern const struct simd simd_neon;
extern const struct simd simd_neon_dotprod;

/**
 * @param name  "auto" (the best this machine has), "portable", "avx2", "avx512" or "neon"
 * @return NULL: no such name, or this machine lacks the instructions
 */
const struct simd *simd_choose(const char *name);

#endif
