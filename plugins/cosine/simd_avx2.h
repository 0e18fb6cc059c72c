/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_SIMD_AVX2_H
#define COSINE_SIMD_AVX2_H

#include "simd.h"

/** The reach of simd_avx2, also for AVX-512 without VNNI: memory is what it waits for. */
size_t simd_avx2_reach(const struct coarse_block *blocks, size_t count, size_t stride,
	const struct coarse_group *group, uint32_t *ret_masks);

#endif
