/* SPDX-License-Identifier: Apache-2.0 */
#include "coarse.h"

#include <math.h>
#include <string.h>

#include "simd.h"

#define CODE_MAX 127
#define LENGTH_MAX (1 + 0x1p-22) /* B */
#define EVALUATION_MAX 0x1p-20	 /* error of the bound's own arithmetic */
#define DOUBLE_MAX (1 + 0x1p-30) /* what sums of squares in double may lack, amply */
#define UNIT_ROUNDOFF 0x1p-24

static float above(double value)
{
	return nextafterf((float)value, INFINITY);
}

static float scale_of(const float *values, size_t count)
{
	float most = 0;

	for (size_t i = 0; i < count; i++) {
		float size = fabsf(values[i]);

		most = size > most ? size : most;
	}
	return most / CODE_MAX;
}

static int8_t code_of(float value, double inverse)
{
	double code = (double)value * inverse;

	code += code < 0 ? -0.5 : 0.5;
	return (int8_t)(code > CODE_MAX ? CODE_MAX : code < -CODE_MAX ? -CODE_MAX : code);
}

/*
 * Codes of a vector, four at a time every step bytes. What the codes leave over is taken from the
 * codes themselves, so the bound holds however they were rounded.
 */
static double encode(const float *values, size_t count, float scale, int8_t *ret_codes, size_t step)
{
	double inverse = 1 / (double)scale;
	double sum = 0;

	for (size_t i = 0; i < count; i += 4) {
		for (size_t k = 0; k < 4; k++) {
			int8_t code = code_of(values[i + k], inverse);
			double left = (double)values[i + k] - (double)scale * code;

			ret_codes[i / 4 * step + k] = code;
			sum += left * left;
		}
	}
	return sqrt(sum) * DOUBLE_MAX;
}

void coarse_put(struct coarse_block *block, uint32_t lane, const float *row, size_t stride)
{
	float scale = scale_of(row, stride);

	block->scale[lane] = scale;
	block->error[lane] =
		above(encode(row, stride, scale, block->codes + 4 * lane, 4 * COARSE_ROWS));
}

void coarse_copy(struct coarse_block *to, uint32_t to_lane, const struct coarse_block *from,
	uint32_t from_lane, size_t stride)
{
	to->scale[to_lane] = from->scale[from_lane];
	to->error[to_lane] = from->error[from_lane];
	for (size_t i = 0; i < stride; i += 4) {
		memcpy(to->codes + COARSE_ROWS * i + 4 * to_lane,
			from->codes + COARSE_ROWS * i + 4 * from_lane, 4);
	}
}

void coarse_wipe(struct coarse_block *block, uint32_t lane, size_t stride)
{
	block->scale[lane] = 0;
	block->error[lane] = 0;
	for (size_t i = 0; i < stride; i += 4) {
		memset(block->codes + COARSE_ROWS * i + 4 * lane, 0, 4);
	}
}

void coarse_group_init(
	struct coarse_group *group, uint32_t count, uint32_t width, int8_t *codes, size_t stride)
{
	memset(codes, 0, width * stride);
	*group = (struct coarse_group){.count = count, .width = width, .codes = codes};
	for (uint32_t i = 0; i < COARSE_PROBES; i++) {
		group->threshold[i] = INFINITY;
	}
}

void coarse_put_probe(struct coarse_group *group, uint32_t i, const float *probe, size_t stride)
{
	const size_t step = (size_t)4 * group->width;
	const size_t roundings = stride / SIMD_LANES + 4; /* n */
	const double most = (double)roundings * UNIT_ROUNDOFF;
	float scale = scale_of(probe, stride);
	int8_t *codes = group->codes + (size_t)4 * i;
	double error = encode(probe, stride, scale, codes, step);
	int32_t sum = 0;

	for (size_t k = 0; k < stride; k++) {
		sum += codes[k / 4 * step + k % 4];
	}
	group->scale[i] = scale;
	group->sum[i] = sum;
	group->per_error[i] = above(LENGTH_MAX + error);
	group->constant[i] = above(
		LENGTH_MAX * error + most / (1 - most) * LENGTH_MAX * LENGTH_MAX + EVALUATION_MAX);
	group->threshold[i] = -INFINITY;
}
