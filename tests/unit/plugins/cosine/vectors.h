/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_COSINE_VECTORS_H
#define TEST_COSINE_VECTORS_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/** Vectors for tests of the cosine matcher, the same on every machine. */
enum vectors {
	VECTORS_RANDOM = 0,
	VECTORS_EQUAL,	  /* the same number everywhere */
	VECTORS_ONE_HOT,  /* all 0 but for one */
	VECTORS_NEGATIVE, /* the negative of a few random ones */
	VECTORS_NEAR,	  /* a few random ones, one number of which is some ulp apart */
	VECTORS_HUGE,	  /* around the largest floats */
	VECTORS_DENORMAL, /* around the smallest */
	VECTORS_MIXED,	  /* from denormal to huge within one vector */
	VECTORS_SIGNS,	  /* 1 and -1: nothing is lost in codes */
	VECTORS_HALVES,	  /* between two codes everywhere, off in the direction of VECTORS_SIGNS */
	VECTORS_KINDS,
};

static inline uint32_t vectors_bits(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

static inline float vectors_uniform(uint64_t *state)
{
	return (float)(int32_t)vectors_bits(state) / 2147483648.0F;
}

/* The sign of coordinate i of the k-th vector of signs. */
static inline float vectors_sign(uint32_t k, uint32_t i)
{
	uint64_t state = ((uint64_t)k << 32 | i) * 0x9e3779b97f4a7c15u + 1;

	(void)vectors_bits(&state);
	return vectors_bits(&state) & 1 ? 1.0F : -1.0F;
}

static inline void vectors_few(uint32_t which, uint32_t dimension, float *ret_values)
{
	uint64_t state = which + 1000;

	for (uint32_t i = 0; i < dimension; i++) {
		ret_values[i] = vectors_uniform(&state);
	}
}

/*
 * A vector k s (c + 0.49 sign p), or - 0.49: what its codes leave over lies along the vector of
 * signs p, so the exact score differs from that of the codes by all that the bound allows.
 */
static inline void vectors_halves(uint64_t *state, uint32_t dimension, float *ret_values)
{
	float side = vectors_bits(state) & 1 ? 0.49F : -0.49F;

	for (uint32_t i = 0; i < dimension; i++) {
		float sign = vectors_sign(0, i);
		float code = sign * (float)(20 + (int)(vectors_bits(state) % 100));

		ret_values[i] = code + side * sign;
	}
	ret_values[vectors_bits(state) % dimension] = 127 * (side > 0 ? 1.0F : -1.0F);
}

/** Fills dimension floats; never all 0. */
static inline void vectors_fill(
	enum vectors kind, uint64_t *state, uint32_t dimension, float *ret_values)
{
	uint32_t which = vectors_bits(state);
	uint32_t at = vectors_bits(state) % dimension;
	float one = vectors_uniform(state);

	memset(ret_values, 0, dimension * sizeof(float));
	for (uint32_t i = 0; i < dimension; i++) {
		float value = vectors_uniform(state);

		switch (kind) {
		case VECTORS_EQUAL:
			value = one;
			break;
		case VECTORS_ONE_HOT:
			value = i == at ? (which & 1 ? 1.0F : -1.0F) : 0;
			break;
		case VECTORS_HUGE:
			value *= FLT_MAX;
			break;
		case VECTORS_DENORMAL:
			value *= 100 * FLT_TRUE_MIN;
			break;
		case VECTORS_MIXED:
			value = ldexpf(value, (int)(vectors_bits(state) % 250) - 125);
			break;
		case VECTORS_SIGNS:
			value = vectors_sign(which % 4, i);
			break;
		default:
			break;
		}
		ret_values[i] = value;
	}
	if (kind == VECTORS_NEGATIVE || kind == VECTORS_NEAR) {
		vectors_few(which % 3, dimension, ret_values);
	}
	for (uint32_t i = 0; i < dimension && kind == VECTORS_NEGATIVE; i++) {
		ret_values[i] = which & 4 ? ret_values[i] : -ret_values[i];
	}
	for (uint32_t i = 0; i < which % 4 && kind == VECTORS_NEAR; i++) {
		ret_values[at] = nextafterf(ret_values[at], which & 8 ? 2 : -2);
	}
	if (kind == VECTORS_HALVES) {
		vectors_halves(state, dimension, ret_values);
	}
	if (ret_values[at] == 0 && kind != VECTORS_ONE_HOT) {
		ret_values[at] = kind == VECTORS_DENORMAL ? FLT_TRUE_MIN : 1;
	}
}

#endif
