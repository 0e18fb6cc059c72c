/* SPDX-License-Identifier: Apache-2.0 */
#include "simd.h"

#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>
#include <sys/auxv.h>

#ifdef __clang__
#define DOTPROD __attribute__((target("dotprod")))
#else
#define DOTPROD __attribute__((target("arch=armv8.2-a+dotprod")))
#endif
#define HAS_DOTPROD (1ul << 20) /* HWCAP_ASIMDDP of <asm/hwcap.h> */
#define QUARTERS 4		/* of a block: four rows each, 16 codes */

typedef void (*products_fn)(
	const int8_t *codes, size_t stride, const int8_t *probe, size_t step, int32x4_t *ret_sums);

static bool is_here(void)
{
	return true;
}

static bool has_dotprod(void)
{
	return (getauxval(AT_HWCAP) & HAS_DOTPROD) != 0;
}

static float score(const float *row, size_t stride, const float *probe)
{
	float32x4_t lane[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
	float32x4_t four;
	float32x2_t two;

	for (size_t k = 0; k < stride; k += SIMD_LANES) {
		for (size_t i = 0; i < 4; i++) {
			lane[i] = vaddq_f32(lane[i], vmulq_f32(vld1q_f32(row + k + 4 * i),
							     vld1q_f32(probe + k + 4 * i)));
		}
	}
	four = vaddq_f32(vaddq_f32(lane[0], lane[2]), vaddq_f32(lane[1], lane[3]));
	two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
	return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static void dot(
	const float *rows, size_t stride, size_t count, const float *probe, float *ret_scores)
{
	for (size_t i = 0; i < count; i++) {
		ret_scores[i] = score(rows + i * stride, stride, probe);
	}
}

static int8x16_t broadcast(const int8_t *codes)
{
	int32_t four;

	memcpy(&four, codes, sizeof(four));
	return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

static void products(
	const int8_t *codes, size_t stride, const int8_t *probe, size_t step, int32x4_t *ret_sums)
{
	int32x4_t low[QUARTERS], high[QUARTERS];

	for (int i = 0; i < QUARTERS; i++) {
		low[i] = high[i] = vdupq_n_s32(0);
	}
	for (size_t k = 0; k < stride / 4; k++, codes += 4 * COARSE_ROWS, probe += step) {
		int8x16_t q = broadcast(probe);

		for (int i = 0; i < QUARTERS; i++) {
			int8x16_t row = vld1q_s8(codes + (size_t)16 * i);

			low[i] = vpadalq_s16(low[i], vmull_s8(vget_low_s8(row), vget_low_s8(q)));
			high[i] = vpadalq_s16(high[i], vmull_high_s8(row, q));
		}
	}
	for (int i = 0; i < QUARTERS; i++) {
		ret_sums[i] = vpaddq_s32(low[i], high[i]);
	}
}

DOTPROD static void products_dotprod(
	const int8_t *codes, size_t stride, const int8_t *probe, size_t step, int32x4_t *ret_sums)
{
	for (int i = 0; i < QUARTERS; i++) {
		ret_sums[i] = vdupq_n_s32(0);
	}
	for (size_t k = 0; k < stride / 4; k++, codes += 4 * COARSE_ROWS, probe += step) {
		int8x16_t q = broadcast(probe);

		for (int i = 0; i < QUARTERS; i++) {
			ret_sums[i] = vdotq_s32(ret_sums[i], vld1q_s8(codes + (size_t)16 * i), q);
		}
	}
}

static uint32_t compare(const struct coarse_block *block, const int32x4_t *sums,
	const struct coarse_group *group, uint32_t p)
{
	static const uint32_t bits[4] = {1, 2, 4, 8};
	uint32_t mask = 0;

	for (size_t i = 0; i < QUARTERS; i++) {
		float32x4_t scaled = vmulq_n_f32(vcvtq_f32_s32(sums[i]), group->scale[p]);
		float32x4_t rest = vfmaq_n_f32(vdupq_n_f32(group->constant[p]),
			vld1q_f32(block->error + 4 * i), group->per_error[p]);
		float32x4_t most = vfmaq_f32(rest, vld1q_f32(block->scale + 4 * i), scaled);
		uint32x4_t reached = vcgeq_f32(most, vdupq_n_f32(group->threshold[p]));

		mask |= vaddvq_u32(vandq_u32(reached, vld1q_u32(bits))) << (4 * i);
	}
	return mask;
}

static size_t reach_by(products_fn products_of, const struct coarse_block *blocks, size_t count,
	size_t stride, const struct coarse_group *group, uint32_t *ret_masks)
{
	const char *at = (const char *)blocks;

	for (size_t b = 0; b < count; b++, at += coarse_block_size(stride)) {
		const struct coarse_block *block = (const struct coarse_block *)at;
		uint32_t any = 0;

		for (uint32_t i = 0; i < group->count; i++) {
			int32x4_t sums[QUARTERS];

			products_of(block->codes, stride, group->codes + (size_t)4 * i,
				(size_t)4 * group->width, sums);
			ret_masks[i] = compare(block, sums, group, i);
			any |= ret_masks[i];
		}
		if (any) {
			return b;
		}
	}
	return count;
}

static size_t reach(const struct coarse_block *blocks, size_t count, size_t stride,
	const struct coarse_group *group, uint32_t *ret_masks)
{
	return reach_by(products, blocks, count, stride, group, ret_masks);
}

static size_t reach_dotprod(const struct coarse_block *blocks, size_t count, size_t stride,
	const struct coarse_group *group, uint32_t *ret_masks)
{
	return reach_by(products_dotprod, blocks, count, stride, group, ret_masks);
}

const struct simd simd_neon = {
	.name = "neon",
	.instructions = "NEON",
	.is_here = is_here,
	.dot = dot,
	.reach = reach,
};

const struct simd simd_neon_dotprod = {
	.name = "neon",
	.instructions = "NEON, dot product",
	.is_here = has_dotprod,
	.dot = dot,
	.reach = reach_dotprod,
};
#endif
