/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_REPORT_TIMES_H
#define PST_REPORT_TIMES_H

#include <stdint.h>

#include "base/error.h"

/**
 * How long something took, over any number of times in bounded memory: to the millisecond below
 * 256 ms, to 1 in 128 above. Zeroed is an empty one.
 */
struct pst_times {
	uint64_t count;
	uint32_t *bins; /* owned; NULL while empty */
};

/** @param ms  negative counts as 0, more than 24 days as that @return 0 or -ENOMEM */
int pst_times_add(struct pst_times *times, int64_t ms) PST_MUST_CHECK;

/** @param share  0..1 @return ms that so large a share did not exceed; 0 of an empty one */
int64_t pst_times_quantile(const struct pst_times *times, double share);

void pst_times_finish(struct pst_times *times);

#endif
