/* SPDX-License-Identifier: Apache-2.0 */
#include "simd_avx2.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2,fma")))
#define PREFETCH_SIZE 4096 /* bytes ahead of what is read */
#define PROBES_AT_ONCE 4u

static bool is_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* Four rows' lanes, 8 of each, to a score each. */
AVX2_INLINE __m128 fold(const __m256 *sums)
{
	__m128 four[4];
	__m128 ab, cd;

	for (int i = 0; i < 4; i++) {
		four[i] = _mm_add_ps(
			_mm256_castps256_ps128(sums[i]), _mm256_extractf128_ps(sums[i], 1));
	}
	ab = _mm_add_ps(_mm_movelh_ps(four[0], four[1]), _mm_movehl_ps(four[1], four[0]));
	cd = _mm_add_ps(_mm_movelh_ps(four[2], four[3]), _mm_movehl_ps(four[3], four[2]));
	return _mm_add_ps(_mm_shuffle_ps(ab, cd, 0x88), _mm_shuffle_ps(ab, cd, 0xdd));
}

AVX2_INLINE __m256 lanes(const float *row, size_t stride, const float *probe)
{
	__m256 low = _mm256_setzero_ps(), high = low;

	for (size_t k = 0; k < stride; k += SIMD_LANES) {
		low = _mm256_add_ps(
			low, _mm256_mul_ps(_mm256_load_ps(row + k), _mm256_load_ps(probe + k)));
		high = _mm256_add_ps(high,
			_mm256_mul_ps(_mm256_load_ps(row + k + 8), _mm256_load_ps(probe + k + 8)));
	}
	return _mm256_add_ps(low, high);
}

AVX2_INLINE void lanes4(const float *rows, size_t stride, const float *probe, __m256 *ret_sums)
{
	__m256 low[4], high[4];

	for (int i = 0; i < 4; i++) {
		low[i] = high[i] = _mm256_setzero_ps();
	}
	for (size_t k = 0; k < stride; k += SIMD_LANES) {
		__m256 p = _mm256_load_ps(probe + k), q = _mm256_load_ps(probe + k + 8);

		for (size_t i = 0; i < 4; i++) {
			const float *at = rows + i * stride + k;

			_mm_prefetch((const char *)at + PREFETCH_SIZE, _MM_HINT_T0);
			low[i] = _mm256_add_ps(low[i], _mm256_mul_ps(_mm256_load_ps(at), p));
			high[i] = _mm256_add_ps(high[i], _mm256_mul_ps(_mm256_load_ps(at + 8), q));
		}
	}
	for (int i = 0; i < 4; i++) {
		ret_sums[i] = _mm256_add_ps(low[i], high[i]);
	}
}

AVX2 static void dot(
	const float *rows, size_t stride, size_t count, const float *probe, float *ret_scores)
{
	size_t i = 0;

	for (; i + 4 <= count; i += 4) {
		__m256 sums[4];

		lanes4(rows + i * stride, stride, probe, sums);
		_mm_storeu_ps(ret_scores + i, fold(sums));
	}
	for (; i < count; i++) {
		__m256 sum = lanes(rows + i * stride, stride, probe);
		const __m256 sums[4] = {sum, sum, sum, sum};

		ret_scores[i] = _mm_cvtss_f32(fold(sums));
	}
}

AVX2_INLINE __m256i broadcast(const int8_t *codes)
{
	int32_t four;

	memcpy(&four, codes, sizeof(four));
	return _mm256_set1_epi32(four);
}

/* |row| times the probe with the row's sign: two products, at most 2 * 127 * 127, fit 16 bits. */
AVX2_INLINE __m256i add_products(__m256i sum, __m256i row, __m256i size, __m256i probe)
{
	__m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(probe, row));

	return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* Eight rows. */
AVX2_INLINE uint32_t compare(const struct coarse_block *block, uint32_t first, __m256i sum,
	const struct coarse_group *group, uint32_t i)
{
	__m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(group->scale[i]));
	__m256 most = _mm256_fmadd_ps(_mm256_load_ps(block->scale + first), scaled,
		_mm256_fmadd_ps(_mm256_load_ps(block->error + first),
			_mm256_set1_ps(group->per_error[i]), _mm256_set1_ps(group->constant[i])));

	return (uint32_t)_mm256_movemask_ps(
		       _mm256_cmp_ps(most, _mm256_set1_ps(group->threshold[i]), _CMP_GE_OQ))
	       << first;
}

AVX2_INLINE uint32_t reach_one(
	const struct coarse_block *block, size_t stride, const struct coarse_group *group)
{
	__m256i sums[2][2] = {0};

	for (size_t k = 0; k < stride; k += 8) {
		for (size_t odd = 0; odd < 2; odd++) {
			const int8_t *at = block->codes + COARSE_ROWS * (k + 4 * odd);
			__m256i probe = broadcast(group->codes + k + 4 * odd);

			for (int half = 0; half < 2; half++) {
				__m256i row = _mm256_load_si256((const __m256i *)at + half);

				_mm_prefetch((const char *)at + PREFETCH_SIZE, _MM_HINT_T0);
				sums[half][odd] = add_products(
					sums[half][odd], row, _mm256_abs_epi8(row), probe);
			}
		}
	}
	return compare(block, 0, _mm256_add_epi32(sums[0][0], sums[0][1]), group, 0) |
	       compare(block, 8, _mm256_add_epi32(sums[1][0], sums[1][1]), group, 0);
}

/* Four probes from first on; @return the masks or-ed */
AVX2_INLINE uint32_t reach_some(const struct coarse_block *block, size_t stride,
	const struct coarse_group *group, uint32_t first, uint32_t *ret_masks)
{
	__m256i sums[PROBES_AT_ONCE][2] = {0};
	uint32_t any = 0;

	for (size_t k = 0; k < stride; k += 4) {
		const int8_t *at = block->codes + COARSE_ROWS * k;
		const int8_t *codes = group->codes + COARSE_PROBES * k + (size_t)4 * first;
		__m256i low = _mm256_load_si256((const __m256i *)at);
		__m256i high = _mm256_load_si256((const __m256i *)at + 1);
		__m256i low_size = _mm256_abs_epi8(low), high_size = _mm256_abs_epi8(high);

		for (size_t i = 0; i < PROBES_AT_ONCE; i++) {
			__m256i probe = broadcast(codes + 4 * i);

			sums[i][0] = add_products(sums[i][0], low, low_size, probe);
			sums[i][1] = add_products(sums[i][1], high, high_size, probe);
		}
	}
	for (uint32_t i = 0; i < PROBES_AT_ONCE && first + i < group->count; i++) {
		ret_masks[first + i] = compare(block, 0, sums[i][0], group, first + i) |
				       compare(block, 8, sums[i][1], group, first + i);
		any |= ret_masks[first + i];
	}
	return any;
}

AVX2 size_t simd_avx2_reach(const struct coarse_block *blocks, size_t count, size_t stride,
	const struct coarse_group *group, uint32_t *ret_masks)
{
	const char *at = (const char *)blocks;

	for (size_t b = 0; b < count; b++, at += coarse_block_size(stride)) {
		const struct coarse_block *block = (const struct coarse_block *)at;
		uint32_t any = 0;

		if (group->width == 1) {
			any = ret_masks[0] = reach_one(block, stride, group);
		} else {
			for (uint32_t i = 0; i < group->count; i += PROBES_AT_ONCE) {
				any |= reach_some(block, stride, group, i, ret_masks);
			}
		}
		if (any) {
			return b;
		}
	}
	return count;
}

const struct simd simd_avx2 = {
	.name = "avx2",
	.instructions = "AVX2, FMA",
	.is_here = is_here,
	.dot = dot,
	.reach = simd_avx2_reach,
};
#endif
