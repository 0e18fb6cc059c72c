/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_GRAIN_H
#define PST_DEVICES_SYNTHETIC_GRAIN_H

#include <stdint.h>

/** Chance that repeats itself: every value follows from a key, none from a clock or a library. */

/** @return well-mixed 64 bits for the key (the finalizer of SplitMix64, Steele et al. 2014) */
uint64_t pst_grain_mix(uint64_t key);

/** A stream of chance. Set the state to any key and draw. */
struct pst_grain {
	uint64_t state;
};

/** @return uniform in [low, high) */
float pst_grain_between(struct pst_grain *grain, float low, float high);

/** @return roughly normal: mean 0, standard deviation 1, never beyond 3.5 */
float pst_grain_normal(struct pst_grain *grain);

/** @return smooth noise in [-1, 1] with features of size 1 */
float pst_grain_noise(uint32_t key, float x, float y);

/** @return three octaves of it, in [-1, 1] */
float pst_grain_fractal(uint32_t key, float x, float y);

#endif
