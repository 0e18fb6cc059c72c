/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_REPORT_SUPPRESS_H
#define PST_REPORT_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/**
 * Which numbers of a publication stay hidden, so that no small count of people can be read off it,
 * nor worked out.
 *
 * A number is small if it is below the threshold and not 0: 0 counts nobody. Small numbers are
 * hidden; then more are, until of what is shown
 *
 *   - no sum of hidden numbers is known that is small itself, and
 *   - for every small number there is another publication, equal in all that is shown and positive
 *     in all that is hidden, with another number in its place.
 *
 * The reader is taken to know all sums that were stated, and that what is hidden is not 0. (Cox,
 * "Suppression methodology and statistical disclosure control", JASA 75, 1980, has the problem; the
 * second condition asks for a witness in place of a bound by linear programming, and hides a few
 * more than needed where it finds none.)
 */
struct pst_suppress;

/** @param threshold  >= 1 @return 0 or -ENOMEM */
int pst_suppress_create(struct pst_suppress **ret_suppress, uint64_t threshold) PST_MUST_CHECK;

/** Accepts NULL inside. */
void pst_suppress_destroy(struct pst_suppress **suppress);

/** Adds a number. @param ret_number  counts up from 0 @return 0 or -ENOMEM */
int pst_suppress_add(
	struct pst_suppress *suppress, uint64_t value, size_t *ret_number) PST_MUST_CHECK;

/**
 * States that a number is the sum of others, as readers know.
 *
 * @param parts  numbers, whose values add up to that of total
 * @return 0 or -ENOMEM
 */
int pst_suppress_state_sum(struct pst_suppress *suppress, size_t total, const size_t *parts,
	size_t count) PST_MUST_CHECK;

/** Decides, once all is added and stated. @return 0 or -ENOMEM */
int pst_suppress_run(struct pst_suppress *suppress) PST_MUST_CHECK;

bool pst_suppress_is_hidden(const struct pst_suppress *suppress, size_t number);

#endif
