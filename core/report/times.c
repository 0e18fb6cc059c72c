/* SPDX-License-Identifier: Apache-2.0 */
#include "report/times.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define STEP_BITS 7 /* steps in each doubling: 1 << STEP_BITS */
#define EXACT (2u << STEP_BITS)
#define MOST INT32_MAX
#define BINS (EXACT + (31 - STEP_BITS - 1) * (1u << STEP_BITS))

static unsigned bin_of(uint32_t ms)
{
	if (ms < EXACT) {
		return ms;
	}
	unsigned shift = 31 - (unsigned)__builtin_clz(ms) - STEP_BITS;

	return (shift << STEP_BITS) + (ms >> shift);
}

/* The middle of a bin. */
static int64_t ms_of(unsigned bin)
{
	if (bin < EXACT) {
		return bin;
	}
	unsigned shift = (bin >> STEP_BITS) - 1;
	int64_t low = (int64_t)((bin & ((1u << STEP_BITS) - 1)) | (1u << STEP_BITS)) << shift;

	return low + ((int64_t)1 << shift) / 2;
}

int pst_times_add(struct pst_times *times, int64_t ms)
{
	if (!times->bins) {
		times->bins = calloc(BINS, sizeof(*times->bins));
		if (!times->bins) {
			return -ENOMEM;
		}
	}
	uint32_t *bin = &times->bins[bin_of((uint32_t)(ms < 0 ? 0 : ms > MOST ? MOST : ms))];

	*bin += *bin < UINT32_MAX;
	times->count++;
	return 0;
}

int64_t pst_times_quantile(const struct pst_times *times, double share)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)times->count);
	uint64_t sum = 0;

	for (unsigned bin = 0; times->bins && bin < BINS; bin++) {
		sum += times->bins[bin];
		if (sum >= wanted && sum > 0) {
			return ms_of(bin);
		}
	}
	return 0;
}

void pst_times_finish(struct pst_times *times)
{
	free(times->bins);
	*times = (struct pst_times){0};
}
