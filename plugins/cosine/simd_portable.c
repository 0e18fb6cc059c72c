/* SPDX-License-Identifier: Apache-2.0 */
/* The reference: what the other paths must give, in plain C. */
#include "simd.h"

static bool is_here(void)
{
	return true;
}

static float score(const float *row, size_t stride, const float *probe)
{
	float lane[SIMD_LANES] = {0};

	for (size_t k = 0; k < stride; k += SIMD_LANES) {
		for (size_t l = 0; l < SIMD_LANES; l++) {
			lane[l] += row[k + l] * probe[k + l];
		}
	}
	for (size_t half = SIMD_LANES / 2; half > 0; half /= 2) {
		for (size_t l = 0; l < half; l++) {
			lane[l] += lane[l + half];
		}
	}
	return lane[0];
}

static void dot(
	const float *rows, size_t stride, size_t count, const float *probe, float *ret_scores)
{
	for (size_t i = 0; i < count; i++) {
		ret_scores[i] = score(rows + i * stride, stride, probe);
	}
}

static uint32_t reaching(const struct coarse_block *block, size_t stride,
	const struct coarse_group *group, uint32_t i)
{
	const int8_t *probe = group->codes + (size_t)4 * i;
	int32_t sums[COARSE_ROWS] = {0};
	uint32_t mask = 0;

	for (size_t k = 0; k < stride / 4; k++) {
		const int8_t *codes = block->codes + 4 * COARSE_ROWS * k;
		const int8_t *q = probe + (size_t)4 * group->width * k;

		for (size_t l = 0; l < COARSE_ROWS; l++) {
			sums[l] += codes[4 * l] * q[0] + codes[4 * l + 1] * q[1] +
				   codes[4 * l + 2] * q[2] + codes[4 * l + 3] * q[3];
		}
	}
	for (size_t l = 0; l < COARSE_ROWS; l++) {
		float most = block->scale[l] * (group->scale[i] * (float)sums[l]) +
			     (block->error[l] * group->per_error[i] + group->constant[i]);

		mask |= (uint32_t)(most >= group->threshold[i]) << l;
	}
	return mask;
}

static size_t reach(const struct coarse_block *blocks, size_t count, size_t stride,
	const struct coarse_group *group, uint32_t *ret_masks)
{
	const char *at = (const char *)blocks;

	for (size_t b = 0; b < count; b++, at += coarse_block_size(stride)) {
		uint32_t any = 0;

		for (uint32_t i = 0; i < group->count; i++) {
			ret_masks[i] = reaching((const struct coarse_block *)at, stride, group, i);
			any |= ret_masks[i];
		}
		if (any) {
			return b;
		}
	}
	return count;
}

const struct simd simd_portable = {
	.name = "portable",
	.instructions = "plain C",
	.is_here = is_here,
	.dot = dot,
	.reach = reach,
};
