/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_COARSE_H
#define COSINE_COARSE_H

#include <stddef.h>
#include <stdint.h>

#define COARSE_ROWS 16u	  /* of one block */
#define COARSE_PROBES 16u /* of one group */

/**
 * Rows and probes as bytes, and what the exact score can be at most.
 *
 * A row x becomes codes c in -127..127 and a scale s, with r = x - s c left over; e >= |r|.
 * A probe p becomes codes q and a scale t, with u = p - t q left over; E >= |u|.
 * N = <c, q> is an integer, and exact: 8192 * 127 * 127 < 2^31. Then, by Cauchy-Schwarz,
 *
 *     <x, p> = s t N + s <c, u> + <r, p> <= s t N + |s c| E + e |p|
 *
 * Rows and probes have length 1 but for rounding, at most B = 1 + 2^-22: 2^-24 for each value of
 * normal size, the sum of squares taken in double; |s c| <= |x| + |r| <= B + e. The score that
 * simd.h defines (F) rounds each product at most n = stride / 16 + 4 times, u = 2^-24 each, so it
 * is off by at most g B^2 with g = n u / (1 - n u) (Higham, Accuracy and Stability of Numerical
 * Algorithms, 2nd ed., 3.1), and by 2^-150 for each product below the normal range. Together
 *
 *     F <= s t N + e (B + E) + (B E + g B^2 + 2^-137)
 *
 * Worked out in float, with five roundings at most on the way from N to the sum of these three
 * terms (conversion, two products, two sums; a fused one has fewer), whose sizes add up to less
 * than (1.36)^2 + 0.36 * 1.36 + 0.37 < 2.8, as e and E are at most sqrt(8192) / 254 < 0.36, it is
 * off by less than 5 * 2.8 * 2^-24. 2^-20 covers that and 2^-137. So with
 *
 *     per_error >= B + E,  constant >= B E + g B^2 + 2^-20
 *
 * a row with scale * (probe scale * N) + error * per_error + constant < T has F < T for certain, on
 * every path, in whatever order these three terms are added.
 */
struct coarse_block {
	float scale[COARSE_ROWS];
	float error[COARSE_ROWS]; /* e, rounded up */
	/* Four codes of each row, then the next four: what 16 lanes of 32 bits take at once. */
	int8_t codes[];
};

/** Probes that are compared with each block together. */
struct coarse_group {
	uint32_t count;
	uint32_t width; /* 1 for a single probe, else COARSE_PROBES */
	int8_t *codes;	/* four of each probe (0 for those from count on), then the next four */
	float scale[COARSE_PROBES];
	float per_error[COARSE_PROBES];
	float constant[COARSE_PROBES];
	int32_t sum[COARSE_PROBES]; /* of the codes */
	float threshold[COARSE_PROBES];
};

/** @return bytes of a block; @param stride floats in a row, a multiple of SIMD_LANES */
static inline size_t coarse_block_size(size_t stride)
{
	return sizeof(struct coarse_block) + COARSE_ROWS * stride;
}

/** Writes a row of a block. @param row stride floats of length 1 */
void coarse_put(struct coarse_block *block, uint32_t lane, const float *row, size_t stride);

/** Copies one row of a block to another place. */
void coarse_copy(struct coarse_block *to, uint32_t to_lane, const struct coarse_block *from,
	uint32_t from_lane, size_t stride);

void coarse_wipe(struct coarse_block *block, uint32_t lane, size_t stride);

/**
 * @param codes  width * stride bytes, 64-byte aligned; borrowed by the group, zeroed here
 * Places from count on are those of no probe: no row reaches them.
 */
void coarse_group_init(
	struct coarse_group *group, uint32_t count, uint32_t width, int8_t *codes, size_t stride);

/**
 * Writes probe i, below the count; every row reaches it until its threshold is raised.
 *
 * @param probe  stride floats of length 1
 */
void coarse_put_probe(struct coarse_group *group, uint32_t i, const float *probe, size_t stride);

#endif
