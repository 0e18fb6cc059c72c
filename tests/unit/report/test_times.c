/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "report/times.h"

Test(times, an_empty_one_has_no_quantile)
{
	struct pst_times times = {0};

	cr_expect_eq(pst_times_quantile(&times, 0.5), 0);
	pst_times_finish(&times);
}

Test(times, short_ones_are_exact)
{
	struct pst_times times = {0};

	for (int i = 1; i <= 99; i++) {
		cr_assert_eq(pst_times_add(&times, i), 0);
	}
	cr_expect_eq(times.count, 99);
	cr_expect_eq(pst_times_quantile(&times, 0.5), 50);
	cr_expect_eq(pst_times_quantile(&times, 0.9), 90);
	cr_expect_eq(pst_times_quantile(&times, 0), 1);
	cr_expect_eq(pst_times_quantile(&times, 1), 99);
	pst_times_finish(&times);
}

Test(times, every_length_is_kept_to_one_percent)
{
	for (int64_t ms = 0; ms < INT32_MAX; ms += 1 + ms / 97) {
		struct pst_times times = {0};

		cr_assert_eq(pst_times_add(&times, ms), 0);
		int64_t read = pst_times_quantile(&times, 0.5);
		cr_expect_leq(llabs(read - ms) * 100, ms, "%lld read as %lld", (long long)ms,
			(long long)read);
		pst_times_finish(&times);
	}
}

Test(times, order_does_not_matter_and_ends_are_held)
{
	struct pst_times times = {0};

	cr_assert_eq(pst_times_add(&times, INT64_MAX), 0);
	cr_assert_eq(pst_times_add(&times, -5), 0);
	cr_assert_eq(pst_times_add(&times, 1000), 0);
	cr_expect_eq(pst_times_quantile(&times, 0.3), 0);
	cr_expect_lt(llabs(pst_times_quantile(&times, 0.5) - 1000), 5);
	cr_expect_gt(pst_times_quantile(&times, 1), INT32_MAX / 100 * 99);
	pst_times_finish(&times);
}
