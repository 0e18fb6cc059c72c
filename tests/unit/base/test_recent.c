/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/recent.h"

static struct pst_recent recent;
static struct pst_recent_summary summary;

Test(recent, nothing_is_zero)
{
	pst_recent_sum_up(&recent, 10, 0, &summary);
	cr_expect_eq(summary.count, 0);
	cr_expect_eq(summary.spread.max, 0);
}

Test(recent, of_one_value)
{
	pst_recent_add(&recent, 7);
	pst_recent_sum_up(&recent, PST_RECENT_MAX, 0, &summary);
	cr_expect_eq(summary.count, 1);
	cr_expect_eq(summary.sum, 7);
	cr_expect_eq(summary.spread.p50, 7);
	cr_expect_eq(summary.spread.max, 7);
	cr_expect_eq(summary.off.max, 0);
}

Test(recent, ranks_and_distances)
{
	for (uint32_t i = 1; i <= 101; i++) {
		pst_recent_add(&recent, i * 37 % 101 + 1000); /* each of 1000 to 1100 once */
	}
	pst_recent_sum_up(&recent, PST_RECENT_MAX, 0, &summary);
	cr_expect_eq(summary.count, 101);
	cr_expect_eq(summary.spread.p50, 1050);
	cr_expect_eq(summary.spread.p95, 1095);
	cr_expect_eq(summary.spread.max, 1100);
	cr_expect_eq(summary.off.p50, 25);
	cr_expect_eq(summary.off.max, 50);
}

Test(recent, only_the_newest_count)
{
	for (uint32_t i = 0; i < 3 * PST_RECENT_MAX + 5; i++) {
		pst_recent_add(&recent, i < 3 * PST_RECENT_MAX ? 1000000 : 2);
	}
	pst_recent_sum_up(&recent, 5, 0, &summary);
	cr_expect_eq(summary.count, 5);
	cr_expect_eq(summary.spread.max, 2);
	pst_recent_sum_up(&recent, UINT32_MAX, 0, &summary);
	cr_expect_eq(summary.count, PST_RECENT_MAX);
	cr_expect_eq(summary.spread.p50, 1000000);
}

Test(recent, no_more_than_add_up_to_a_span)
{
	for (uint32_t i = 0; i < 100; i++) {
		pst_recent_add(&recent, 10);
	}
	pst_recent_sum_up(&recent, PST_RECENT_MAX, 99, &summary);
	cr_expect_eq(summary.count, 9);
	cr_expect_eq(summary.sum, 90);
}
