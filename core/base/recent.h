/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_RECENT_H
#define PST_BASE_RECENT_H

#include <stddef.h>
#include <stdint.h>

/*
 * The newest of many values, to tell what is usual. Adding costs a store; asking sorts a copy.
 */

#define PST_RECENT_MAX 2048

/** Zeroed is a valid empty one. */
struct pst_recent {
	uint32_t value[PST_RECENT_MAX];
	uint64_t count; /* ever added */
};

void pst_recent_add(struct pst_recent *recent, uint32_t value);

/** Of a set of values; zeroed without any. */
struct pst_recent_spread {
	uint32_t p50;
	uint32_t p95;
	uint32_t max;
};

struct pst_recent_summary {
	uint32_t count; /* of values that were looked at */
	uint64_t sum;
	struct pst_recent_spread spread;
	struct pst_recent_spread off; /* how far they are from p50, up or down */
};

/**
 * Sums up the newest values.
 *
 * @param most  at most so many
 * @param span  and no more than add up to this; 0: no such bound
 */
void pst_recent_sum_up(const struct pst_recent *recent, uint32_t most, uint64_t span,
	struct pst_recent_summary *ret_summary);

#endif
