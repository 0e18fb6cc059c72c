/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/rate.h"

#include "fixture.h"

/* The chance of at most k errors in n, summed term by term in extended precision. */
static double at_most(uint64_t k, uint64_t n, double p)
{
	long double sum = 0;

	for (uint64_t i = 0; i <= k; i++) {
		sum += expl(lgammal((long double)n + 1) - lgammal((long double)i + 1) -
			    lgammal((long double)(n - i) + 1) + (long double)i * logl(p) +
			    (long double)(n - i) * log1pl(-(long double)p));
	}
	return (double)sum;
}

Test(rate, limits_are_where_the_chance_is_a_fortieth)
{
	static const uint64_t counts[][2] = {{1, 2}, {1, 10}, {3, 10}, {9, 10}, {5, 100}, {50, 100},
		{99, 100}, {10, 100000}, {200, 3000}, {3, 10000000}, {1500, 3000000}};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint64_t k = counts[i][0], n = counts[i][1];
		struct pst_rate rate = pst_rate_of(k, n);

		cr_assert_float_eq(rate.rate, (double)k / (double)n, EPSILON);
		cr_assert_float_eq(at_most(k, n, rate.high), 0.025, 1e-9, "%zu: high", i);
		cr_assert_float_eq(1 - at_most(k - 1, n, rate.low), 0.025, 1e-9, "%zu: low", i);
	}
}

Test(rate, printed_values)
{
	struct pst_rate rate = pst_rate_of(5, 100); /* 0.0164 to 0.1128 in the tables */

	cr_assert_float_eq(rate.low, 0.01643, 5e-6);
	cr_assert_float_eq(rate.high, 0.11283, 5e-6);
	cr_assert_float_eq(pst_rate_upper(0, 59, 0.05), 0.0495, 5e-5); /* no error in 59: 5 % */
}

Test(rate, nothing_and_everything)
{
	struct pst_rate none = pst_rate_of(0, 100), all = pst_rate_of(100, 100);

	cr_assert_eq(none.low, 0);
	cr_assert_float_eq(none.high, 1 - pow(0.025, 0.01), EPSILON);
	cr_assert_eq(all.high, 1);
	cr_assert_float_eq(all.low, pow(0.025, 0.01), EPSILON);
	cr_assert(isnan(pst_rate_of(0, 0).rate));
	cr_assert_eq(pst_rate_of(0, 0).high, 1);
}

Test(rate, many_trials_are_no_trouble)
{
	struct pst_rate rate = pst_rate_of(50000000, 1000000000);

	/* The normal approximation is good to six digits there. */
	cr_assert_float_eq(rate.high - rate.rate, 1.959964 * sqrt(0.05 * 0.95 / 1e9), 2e-9);
	cr_assert_float_eq(rate.rate - rate.low, 1.959964 * sqrt(0.05 * 0.95 / 1e9), 2e-9);
}

Test(rate, three_for_each_of_the_inverse)
{
	cr_assert_eq(pst_rate_needed(1e-3), 3000);
	cr_assert_eq(pst_rate_needed(1e-6), 3000000);
	cr_assert_eq(pst_rate_needed(0.7), 5);
	cr_assert_leq(pst_rate_upper(0, pst_rate_needed(1e-3), 0.05), 1e-3);
}
