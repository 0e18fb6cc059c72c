/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/grain.h"

#include <math.h>

uint64_t pst_grain_mix(uint64_t key)
{
	key += 0x9e3779b97f4a7c15u;
	key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
	key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
	return key ^ (key >> 31);
}

static uint64_t next(struct pst_grain *grain)
{
	grain->state += 0x9e3779b97f4a7c15u;
	return pst_grain_mix(grain->state);
}

float pst_grain_between(struct pst_grain *grain, float low, float high)
{
	return low + (high - low) * (float)(next(grain) >> 40) * 0x1p-24f;
}

float pst_grain_normal(struct pst_grain *grain)
{
	float sum = 0;
	for (int i = 0; i < 4; i++) {
		sum += pst_grain_between(grain, -1, 1);
	}
	return sum * 0.8660254f;
}

/* One value in [-1, 1) for a lattice point. */
static float lattice(uint32_t key, int32_t x, int32_t y)
{
	uint32_t h = key ^ (uint32_t)x * 0x85ebca6bu ^ (uint32_t)y * 0xc2b2ae35u;
	h = (h ^ (h >> 15)) * 0x2c1b3c6du;
	h = (h ^ (h >> 12)) * 0x297a2d39u;
	h ^= h >> 15;
	return (float)h * 0x1p-31f - 1.0f;
}

float pst_grain_noise(uint32_t key, float x, float y)
{
	float fx = floorf(x), fy = floorf(y);
	int32_t ix = (int32_t)fx, iy = (int32_t)fy;
	float u = x - fx, v = y - fy;
	u = u * u * (3 - 2 * u);
	v = v * v * (3 - 2 * v);
	float a = lattice(key, ix, iy), b = lattice(key, ix + 1, iy);
	float c = lattice(key, ix, iy + 1), d = lattice(key, ix + 1, iy + 1);
	return (a + (b - a) * u) * (1 - v) + (c + (d - c) * u) * v;
}

float pst_grain_fractal(uint32_t key, float x, float y)
{
	return (pst_grain_noise(key, x, y) + 0.5f * pst_grain_noise(key + 1, 2.03f * x, 2.03f * y) +
		       0.25f * pst_grain_noise(key + 2, 4.07f * x, 4.07f * y)) /
	       1.75f;
}
