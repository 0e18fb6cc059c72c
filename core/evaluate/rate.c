/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/rate.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#define STEPS_MAX 100000
#define TINY 1e-300

/*
 * The binomial probability of a in n without the cancellation of three logarithms of factorials:
 * C. Loader, "Fast and accurate computation of binomial probabilities" (2000). What Stirling's
 * formula leaves of ln n!:
 */
static double stirling_error(double n)
{
	double s = 1 / (n * n);

	if (n < 16) {
		return lgamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * M_PI);
	}
	return (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - (1 / 1680.0 - s / 1188.0) * s) * s) * s) / n;
}

/* x ln(x / m) + m - x, by its series where x is near m. */
static double deviance(double x, double m)
{
	double v = (x - m) / (x + m), sum = (x - m) * v, term = 2 * x * v;

	if (fabs(v) >= 0.1) {
		return x * log(x / m) + m - x;
	}
	for (int i = 1; i < 1000; i++) {
		double next = sum + (term *= v * v) / (2 * i + 1);

		if (next == sum) {
			break;
		}
		sum = next;
	}
	return sum;
}

/* C(a + b, a) x^a (1 - x)^b for whole a, b >= 1 */
static double binomial(double a, double b, double x)
{
	double n = a + b;
	double log_p = stirling_error(n) - stirling_error(a) - stirling_error(b) -
		       deviance(a, n * x) - deviance(b, n * (1 - x));

	return exp(log_p) * sqrt(n / (2 * M_PI * a * b));
}

static double keep_away(double value)
{
	return fabs(value) < TINY ? TINY : value;
}

/*
 * The continued fraction of the incomplete beta function (NIST Digital Library of Mathematical
 * Functions, 8.17.22), by the method of Lentz (W. J. Lentz, Applied Optics 15, 1976).
 */
static double fraction(double a, double b, double x)
{
	double c = 1, d = 1 / keep_away(1 - (a + b) * x / (a + 1)), h = d;

	for (int m = 1; m < STEPS_MAX; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 / keep_away(1 + even * d);
		c = keep_away(1 + even / c);
		h *= d * c;
		d = 1 / keep_away(1 + odd * d);
		c = keep_away(1 + odd / c);
		h *= d * c;
		if (fabs(d * c - 1) < DBL_EPSILON) {
			break;
		}
	}
	return h;
}

/* The regularized incomplete beta function I_x(a, b) for whole a, b >= 1. */
static double beta(double a, double b, double x)
{
	double front = binomial(a, b, x) * a * b / (a + b);

	return x < (a + 1) / (a + b + 2) ? front * fraction(a, b, x) / a
					 : 1 - front * fraction(b, a, 1 - x) / b;
}

/* The x at which I_x(a, b) is p: by halving, as the function rises. */
static double beta_inverse(double a, double b, double p)
{
	double low = 0, high = 1;

	while (high - low > 4 * DBL_EPSILON * high) {
		double middle = low + (high - low) / 2;

		if (middle <= low || middle >= high) {
			break;
		}
		if (beta(a, b, middle) < p) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return low + (high - low) / 2;
}

double pst_rate_upper(uint64_t errors, uint64_t trials, double alpha)
{
	double n = (double)trials, k = (double)errors;

	if (errors >= trials) {
		return 1;
	}
	return errors == 0 ? -expm1(log(alpha) / n) : beta_inverse(k + 1, n - k, 1 - alpha);
}

double pst_rate_lower(uint64_t errors, uint64_t trials, double alpha)
{
	double n = (double)trials, k = (double)errors;

	if (errors == 0) {
		return 0;
	}
	return errors >= trials ? exp(log(alpha) / n) : beta_inverse(k, n - k + 1, alpha);
}

struct pst_rate pst_rate_of(uint64_t errors, uint64_t trials)
{
	double alpha = (1 - PST_RATE_CONFIDENCE) / 2;

	assert(errors <= trials);
	if (trials == 0) {
		return (struct pst_rate){.rate = NAN, .low = 0, .high = 1};
	}
	return (struct pst_rate){
		.errors = errors,
		.trials = trials,
		.rate = (double)errors / (double)trials,
		.low = pst_rate_lower(errors, trials, alpha),
		.high = pst_rate_upper(errors, trials, alpha),
	};
}

uint64_t pst_rate_needed(double fmr)
{
	return (uint64_t)ceil(PST_RATE_RULE / fmr * (1 - 1e-9));
}
