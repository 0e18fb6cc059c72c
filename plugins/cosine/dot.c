/* SPDX-License-Identifier: Apache-2.0 */
#include "dot.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef float v4 __attribute__((vector_size(16), may_alias));
typedef float v8 __attribute__((vector_size(32), may_alias));

static float sum4(v4 v)
{
	return (v[0] + v[2]) + (v[1] + v[3]);
}

static void dot_portable(
	const float *rows, size_t stride, size_t count, const float *probe, float *ret_scores)
{
	const v4 *p = (const v4 *)probe;

	for (size_t i = 0; i < count; i++) {
		const v4 *r = (const v4 *)(rows + i * stride);
		v4 a = {0}, b = {0}, c = {0}, d = {0};

		for (size_t k = 0; k < stride / 4; k += 4) {
			a += r[k] * p[k];
			b += r[k + 1] * p[k + 1];
			c += r[k + 2] * p[k + 2];
			d += r[k + 3] * p[k + 3];
		}
		ret_scores[i] = sum4((a + b) + (c + d));
	}
}

#if defined(__x86_64__)
#include <immintrin.h>

#define PREFETCH_ROWS 8 /* ahead of the row being read */

__attribute__((target("avx2,fma"))) static float sum8(v8 a, v8 b)
{
	v8 v = a + b;

	return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

__attribute__((target("avx2,fma"))) static void dot_avx2_pair(
	const float *rows, size_t stride, const float *probe, float *ret_scores)
{
	const float *next = rows + stride;
	const float *ahead = rows + PREFETCH_ROWS * stride;
	__m256 a0 = _mm256_setzero_ps(), a1 = a0, b0 = a0, b1 = a0;

	for (size_t k = 0; k < stride; k += 16) {
		__m256 p0 = _mm256_load_ps(probe + k), p1 = _mm256_load_ps(probe + k + 8);

		_mm_prefetch((const char *)(ahead + k), _MM_HINT_T0);
		_mm_prefetch((const char *)(ahead + stride + k), _MM_HINT_T0);
		a0 = _mm256_fmadd_ps(_mm256_load_ps(rows + k), p0, a0);
		a1 = _mm256_fmadd_ps(_mm256_load_ps(rows + k + 8), p1, a1);
		b0 = _mm256_fmadd_ps(_mm256_load_ps(next + k), p0, b0);
		b1 = _mm256_fmadd_ps(_mm256_load_ps(next + k + 8), p1, b1);
	}
	ret_scores[0] = sum8((v8)a0, (v8)a1);
	ret_scores[1] = sum8((v8)b0, (v8)b1);
}

__attribute__((target("avx2,fma"))) static void dot_avx2(
	const float *rows, size_t stride, size_t count, const float *probe, float *ret_scores)
{
	size_t i = 0;

	for (; i + 2 <= count; i += 2) {
		dot_avx2_pair(rows + i * stride, stride, probe, ret_scores + i);
	}
	for (; i < count; i++) {
		const float *row = rows + i * stride;
		__m256 a0 = _mm256_setzero_ps(), a1 = a0;

		for (size_t k = 0; k < stride; k += 16) {
			a0 = _mm256_fmadd_ps(
				_mm256_load_ps(row + k), _mm256_load_ps(probe + k), a0);
			a1 = _mm256_fmadd_ps(
				_mm256_load_ps(row + k + 8), _mm256_load_ps(probe + k + 8), a1);
		}
		ret_scores[i] = sum8((v8)a0, (v8)a1);
	}
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

dot_fn dot_choose(const char *name)
{
#if defined(__x86_64__)
	if (has_avx2() && (strcmp(name, "auto") == 0 || strcmp(name, "avx2") == 0)) {
		return dot_avx2;
	}
#endif
	if (strcmp(name, "auto") == 0 || strcmp(name, "portable") == 0) {
		return dot_portable;
	}
	return NULL;
}
