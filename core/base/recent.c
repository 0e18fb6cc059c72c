/* SPDX-License-Identifier: Apache-2.0 */
#include "base/recent.h"

#include <stdlib.h>

void pst_recent_add(struct pst_recent *recent, uint32_t value)
{
	recent->value[recent->count++ % PST_RECENT_MAX] = value;
}

static int by_value(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left;
	uint32_t b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static uint32_t at_rank(const uint32_t *sorted, uint32_t count, uint32_t percent)
{
	return sorted[((uint64_t)(count - 1) * percent + 50) / 100];
}

static struct pst_recent_spread spread_of(uint32_t *values, uint32_t count)
{
	qsort(values, count, sizeof(values[0]), by_value);
	return (struct pst_recent_spread){
		at_rank(values, count, 50), at_rank(values, count, 95), values[count - 1]};
}

void pst_recent_sum_up(const struct pst_recent *recent, uint32_t most, uint64_t span,
	struct pst_recent_summary *ret_summary)
{
	uint32_t values[PST_RECENT_MAX];
	uint64_t kept = recent->count < PST_RECENT_MAX ? recent->count : PST_RECENT_MAX;
	uint32_t count = 0;
	uint64_t sum = 0;

	*ret_summary = (struct pst_recent_summary){0};
	while (count < kept && count < most) {
		uint32_t value = recent->value[(recent->count - 1 - count) % PST_RECENT_MAX];

		if (span > 0 && sum + value > span) {
			break;
		}
		sum += value;
		values[count++] = value;
	}
	if (count == 0) {
		return;
	}
	ret_summary->count = count;
	ret_summary->sum = sum;
	ret_summary->spread = spread_of(values, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t usual = ret_summary->spread.p50;

		values[i] = values[i] > usual ? values[i] - usual : usual - values[i];
	}
	ret_summary->off = spread_of(values, count);
}
