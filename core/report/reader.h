/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_REPORT_READER_H
#define PST_REPORT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Inside the report room only: what a reader can work out of a publication. */

struct pst_number {
	uint64_t value;
	bool hidden;
	bool safe; /* of a hidden one: what is shown leaves open what it is */
};

/** term[0] = term[1] + term[2] + ...; zeroes, which anyone sees, are left out. */
struct pst_sum {
	size_t *term; /* indexes of numbers; owned */
	size_t count;
};

struct pst_publication {
	uint64_t threshold; /* numbers and sums below are small */
	struct pst_number *numbers;
	size_t number_count, number_room;
	struct pst_sum *sums;
	size_t sum_count, sum_room;
};

/**
 * Takes the stated sums as equations between the hidden numbers and sets what is safe.
 *
 * A number is safe when a witness is found: other values for the hidden numbers, whole and
 * positive, that agree with all that is shown and differ there. Where none is found there may still
 * be one. What is part of a small sum that follows from the equations is not safe.
 *
 * @return 0 or -ENOMEM
 */
int pst_reader_read(struct pst_publication *publication) PST_MUST_CHECK;

#endif
