/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_RATE_H
#define PST_EVALUATE_RATE_H

#include <stdint.h>

#define PST_RATE_CONFIDENCE 0.95
#define PST_RATE_RULE 3.0 /* comparisons that an FMR needs: 3 / FMR (the rule of 3) */

/** Errors in trials, with the exact interval that holds the true rate. */
struct pst_rate {
	uint64_t errors;
	uint64_t trials;
	double rate; /* errors / trials; NaN without trials */
	double low;  /* two-sided, PST_RATE_CONFIDENCE; 0 and 1 without trials */
	double high;
};

/**
 * Rate and interval of a count: the exact binomial limits of C. J. Clopper and E. S. Pearson, "The
 * use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26
 * (1934), which ISO/IEC 19795-1 names for such counts. They hold for independent trials;
 * comparisons that share a person are not, so that they are too narrow for them.
 *
 * @param errors  at most trials
 */
struct pst_rate pst_rate_of(uint64_t errors, uint64_t trials);

/** @return the p at which at most `errors` of `trials` have the probability alpha; 1 if all fail */
double pst_rate_upper(uint64_t errors, uint64_t trials, double alpha);

/** @return the p at which at least `errors` of `trials` have the probability alpha; 0 if none */
double pst_rate_lower(uint64_t errors, uint64_t trials, double alpha);

/** @return comparisons that a rate needs, 3 / fmr, rounded up */
uint64_t pst_rate_needed(double fmr);

#endif
