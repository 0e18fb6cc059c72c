/* SPDX-License-Identifier: Apache-2.0 */
#include "simd_avx2.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define AVX512_INLINE                                                                              \
	static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512dq,avx512vl")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define VNNI_INLINE                                                                                \
	static inline __attribute__((                                                              \
		always_inline, target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define PREFETCH_SIZE 4096 /* bytes ahead of what is read */
#define CHAINS 4u	   /* sums in turn, so that none waits for the one before */

static bool is_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
	       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

static bool has_vnni(void)
{
	return is_here() && __builtin_cpu_supports("avx512vnni");
}

AVX512_INLINE __m128 fold_one(__m512 sum)
{
	__m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sum), _mm512_extractf32x8_ps(sum, 1));

	return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

/* Four rows' lanes to a score each. */
AVX512_INLINE __m128 fold(const __m512 *sums)
{
	__m128 a = fold_one(sums[0]), b = fold_one(sums[1]);
	__m128 c = fold_one(sums[2]), d = fold_one(sums[3]);
	__m128 ab = _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
	__m128 cd = _mm_add_ps(_mm_movelh_ps(c, d), _mm_movehl_ps(d, c));

	return _mm_add_ps(_mm_shuffle_ps(ab, cd, 0x88), _mm_shuffle_ps(ab, cd, 0xdd));
}

AVX512_INLINE __m512 lanes(const float *row, size_t stride, const float *probe)
{
	__m512 sum = _mm512_setzero_ps();

	for (size_t k = 0; k < stride; k += SIMD_LANES) {
		sum = _mm512_add_ps(
			sum, _mm512_mul_ps(_mm512_load_ps(row + k), _mm512_load_ps(probe + k)));
	}
	return sum;
}

AVX512_INLINE void lanes4(const float *rows, size_t stride, const float *probe, __m512 *ret_sums)
{
	for (int i = 0; i < 4; i++) {
		ret_sums[i] = _mm512_setzero_ps();
	}
	for (size_t k = 0; k < stride; k += SIMD_LANES) {
		__m512 p = _mm512_load_ps(probe + k);

		for (size_t i = 0; i < 4; i++) {
			const float *at = rows + i * stride + k;

			_mm_prefetch((const char *)at + PREFETCH_SIZE, _MM_HINT_T0);
			ret_sums[i] =
				_mm512_add_ps(ret_sums[i], _mm512_mul_ps(_mm512_load_ps(at), p));
		}
	}
}

AVX512 static void dot(
	const float *rows, size_t stride, size_t count, const float *probe, float *ret_scores)
{
	size_t i = 0;

	for (; i + 4 <= count; i += 4) {
		__m512 sums[4];

		lanes4(rows + i * stride, stride, probe, sums);
		_mm_storeu_ps(ret_scores + i, fold(sums));
	}
	for (; i < count; i++) {
		__m512 sum = lanes(rows + i * stride, stride, probe);
		const __m512 sums[4] = {sum, sum, sum, sum};

		ret_scores[i] = _mm_cvtss_f32(fold(sums));
	}
}

/* Rows as unsigned bytes, 128 more than the codes: sums start at 128 less for each probe code. */
VNNI_INLINE __m512i load_row(const int8_t *codes)
{
	return _mm512_xor_si512(_mm512_load_si512(codes), _mm512_set1_epi8((char)0x80));
}

VNNI_INLINE __m512i add_products(__m512i sum, __m512i row, const int8_t *codes)
{
	int32_t four;

	memcpy(&four, codes, sizeof(four));
	return _mm512_dpbusd_epi32(sum, row, _mm512_set1_epi32(four));
}

VNNI_INLINE uint32_t compare(
	const struct coarse_block *block, __m512i sum, const struct coarse_group *group, uint32_t i)
{
	__m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(group->scale[i]));
	__m512 most = _mm512_fmadd_ps(_mm512_load_ps(block->scale), scaled,
		_mm512_fmadd_ps(_mm512_load_ps(block->error), _mm512_set1_ps(group->per_error[i]),
			_mm512_set1_ps(group->constant[i])));

	return _mm512_cmp_ps_mask(most, _mm512_set1_ps(group->threshold[i]), _CMP_GE_OQ);
}

VNNI_INLINE uint32_t reach_one(
	const struct coarse_block *block, size_t stride, const struct coarse_group *group)
{
	__m512i sums[CHAINS] = {0};

	sums[0] = _mm512_set1_epi32(-128 * group->sum[0]);
	for (size_t k = 0; k < stride; k += (size_t)4 * CHAINS) {
		for (size_t i = 0; i < CHAINS; i++) {
			const int8_t *at = block->codes + COARSE_ROWS * (k + 4 * i);

			_mm_prefetch((const char *)at + PREFETCH_SIZE, _MM_HINT_T0);
			sums[i] = add_products(sums[i], load_row(at), group->codes + k + 4 * i);
		}
	}
	return compare(block,
		_mm512_add_epi32(
			_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3])),
		group, 0);
}

VNNI_INLINE uint32_t reach_all(const struct coarse_block *block, size_t stride,
	const struct coarse_group *group, uint32_t *ret_masks)
{
	__m512i sums[COARSE_PROBES];
	uint32_t any = 0;

	for (uint32_t i = 0; i < COARSE_PROBES; i++) {
		sums[i] = _mm512_set1_epi32(-128 * group->sum[i]);
	}
	for (size_t k = 0; k < stride; k += 4) {
		const int8_t *codes = group->codes + COARSE_PROBES * k;
		__m512i row = load_row(block->codes + COARSE_ROWS * k);

#pragma GCC unroll 16
		for (size_t i = 0; i < COARSE_PROBES; i++) {
			sums[i] = add_products(sums[i], row, codes + 4 * i);
		}
	}
#pragma GCC unroll 16
	for (uint32_t i = 0; i < COARSE_PROBES; i++) {
		uint32_t mask = compare(block, sums[i], group, i);

		ret_masks[i] = mask;
		any |= mask;
	}
	return any;
}

VNNI static size_t reach(const struct coarse_block *blocks, size_t count, size_t stride,
	const struct coarse_group *group, uint32_t *ret_masks)
{
	const char *at = (const char *)blocks;

	for (size_t b = 0; b < count; b++, at += coarse_block_size(stride)) {
		const struct coarse_block *block = (const struct coarse_block *)at;
		uint32_t any;

		if (group->width == 1) {
			any = ret_masks[0] = reach_one(block, stride, group);
		} else {
			any = reach_all(block, stride, group, ret_masks);
		}
		if (any) {
			return b;
		}
	}
	return count;
}

const struct simd simd_avx512 = {
	.name = "avx512",
	.instructions = "AVX-512 F, BW, DQ, VL",
	.is_here = is_here,
	.dot = dot,
	.reach = simd_avx2_reach,
};

const struct simd simd_avx512_vnni = {
	.name = "avx512",
	.instructions = "AVX-512 F, BW, DQ, VL, VNNI",
	.is_here = has_vnni,
	.dot = dot,
	.reach = reach,
};
#endif
