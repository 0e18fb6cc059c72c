/* SPDX-License-Identifier: Apache-2.0 */
#include "report/reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define EPSILON 1e-9
#define REPAIRS 12 /* steps that a witness may take besides its first */

/* Hidden numbers are columns, sums with any of them rows. Once reduced, each row has a pivot: a
 * column that is 0 in all other rows. Columns that are none are free, and the pivots follow them.
 */
struct reader {
	struct pst_publication *publication;
	double *cell; /* rows x columns */
	size_t rows, columns;
	size_t *pivot;	/* per row its column */
	size_t *number; /* per column */
	bool *is_pivot; /* per column */
	size_t *filled; /* columns of the row at hand */
	int64_t *value; /* per column: the witness in the making */
};

static void finish(struct reader *reader)
{
	free(reader->cell);
	free(reader->pivot);
	free(reader->number);
	free(reader->is_pivot);
	free(reader->filled);
	free(reader->value);
}

static double *row_of(const struct reader *reader, size_t row)
{
	return reader->cell + row * reader->columns;
}

static struct pst_number *number_of(const struct reader *reader, size_t column)
{
	return &reader->publication->numbers[reader->number[column]];
}

/* The largest first: they become pivots, so that a small one is free and they give way. */
static int by_value(const void *left, const void *right, void *numbers)
{
	const struct pst_number *list = numbers;
	uint64_t a = list[*(const size_t *)left].value;
	uint64_t b = list[*(const size_t *)right].value;

	return (a < b) - (a > b);
}

/* @param column  set per number to its column + 1, or left 0 */
static void take_columns(struct reader *reader, size_t *column)
{
	const struct pst_publication *publication = reader->publication;

	for (size_t i = 0; i < publication->number_count; i++) {
		if (publication->numbers[i].hidden) {
			reader->number[reader->columns++] = i;
		}
	}
	qsort_r(reader->number, reader->columns, sizeof(*reader->number), by_value,
		publication->numbers);
	for (size_t i = 0; i < reader->columns; i++) {
		column[reader->number[i]] = i + 1;
	}
}

static void take_rows(struct reader *reader, const size_t *column)
{
	for (size_t i = 0; i < reader->publication->sum_count; i++) {
		const struct pst_sum *sum = &reader->publication->sums[i];
		bool any = false;

		for (size_t term = 0; term < sum->count; term++) {
			if (column[sum->term[term]] > 0) {
				row_of(reader, reader->rows)[column[sum->term[term]] - 1] =
					term == 0 ? -1 : 1;
				any = true;
			}
		}
		reader->rows += any;
	}
}

/* @return 0 or -ENOMEM; to be finished in any case */
static int init(struct reader *reader, struct pst_publication *publication)
{
	size_t sums = publication->sum_count;
	size_t *column = calloc(publication->number_count + 1, sizeof(*column));

	*reader = (struct reader){.publication = publication,
		.number = calloc(publication->number_count + 1, sizeof(*reader->number))};
	if (!column || !reader->number) {
		free(column);
		return -ENOMEM;
	}
	take_columns(reader, column);
	reader->cell = calloc(sums * reader->columns + 1, sizeof(*reader->cell));
	reader->pivot = calloc(sums + 1, sizeof(*reader->pivot));
	reader->is_pivot = calloc(reader->columns + 1, sizeof(*reader->is_pivot));
	reader->filled = calloc(reader->columns + 1, sizeof(*reader->filled));
	reader->value = calloc(reader->columns + 1, sizeof(*reader->value));
	bool has_room = reader->cell && reader->pivot && reader->is_pivot && reader->filled &&
			reader->value;
	if (has_room) {
		take_rows(reader, column);
	}
	free(column);
	return has_room ? 0 : -ENOMEM;
}

/* Rows are mostly empty, so only what is in the pivot's row is touched. */
static void clear_column(struct reader *reader, size_t row, size_t column)
{
	const double *from = row_of(reader, row);
	size_t count = 0;

	for (size_t i = column; i < reader->columns; i++) {
		if (fabs(from[i]) > EPSILON) {
			reader->filled[count++] = i;
		}
	}
	for (size_t other = 0; other < reader->rows; other++) {
		double *to = row_of(reader, other);
		double factor = to[column];

		if (other == row || fabs(factor) < EPSILON) {
			continue;
		}
		for (size_t i = 0; i < count; i++) {
			to[reader->filled[i]] -= factor * from[reader->filled[i]];
		}
		to[column] = 0;
	}
}

/* @return the row from done on that is largest in a column */
static size_t largest(const struct reader *reader, size_t done, size_t column)
{
	size_t best = done;

	for (size_t row = done + 1; row < reader->rows; row++) {
		if (fabs(row_of(reader, row)[column]) > fabs(row_of(reader, best)[column])) {
			best = row;
		}
	}
	return best;
}

/* Gauss and Jordan. */
static void reduce(struct reader *reader)
{
	size_t done = 0;

	for (size_t column = 0; column < reader->columns && done < reader->rows; column++) {
		size_t best = largest(reader, done, column);
		double pivot = row_of(reader, best)[column];

		if (fabs(pivot) < EPSILON) {
			continue;
		}
		for (size_t i = 0; i < reader->columns; i++) {
			double kept = row_of(reader, done)[i];

			row_of(reader, done)[i] = row_of(reader, best)[i] / pivot;
			if (best != done) {
				row_of(reader, best)[i] = kept;
			}
		}
		clear_column(reader, done, column);
		reader->pivot[done++] = column;
		reader->is_pivot[column] = true;
	}
	reader->rows = done;
}

static void begin_witness(struct reader *reader)
{
	for (size_t i = 0; i < reader->columns; i++) {
		reader->value[i] = (int64_t)number_of(reader, i)->value;
	}
}

/* Moves a free column, and the pivots that follow it. @return whether all stays whole */
static bool move(struct reader *reader, size_t column, int step)
{
	reader->value[column] += step;
	for (size_t row = 0; row < reader->rows; row++) {
		double factor = row_of(reader, row)[column];

		if (fabs(factor - round(factor)) > 1e-6) {
			return false;
		}
		reader->value[reader->pivot[row]] -= (int64_t)round(factor) * step;
	}
	return true;
}

/* @return how many columns would be too small by how much, if a free one moved besides */
static int64_t want_after(const struct reader *reader, size_t column, int step)
{
	int64_t want = reader->value[column] + step < 1 ? 1 - reader->value[column] - step : 0;

	for (size_t row = 0; row < reader->rows; row++) {
		int64_t moved = reader->value[reader->pivot[row]] -
				(int64_t)round(row_of(reader, row)[column]) * step;

		want += moved < 1 ? 1 - moved : 0;
	}
	for (size_t i = 0; i < reader->columns; i++) {
		if (!reader->is_pivot[i] && i != column && reader->value[i] < 1) {
			want += 1 - reader->value[i];
		}
	}
	return want;
}

/* Moves the free column that leaves least wanting. @return what is wanting still; -1: no way */
static int64_t repair(struct reader *reader, size_t first, int first_step)
{
	size_t best = reader->columns;
	int best_step = 0;
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < reader->columns; i++) {
		for (int step = -1; step <= 1 && !reader->is_pivot[i]; step += 2) {
			int64_t want = i == first && step != first_step
					       ? INT64_MAX
					       : want_after(reader, i, step);

			if (want < least) {
				least = want;
				best = i;
				best_step = step;
			}
		}
	}
	return best < reader->columns && move(reader, best, best_step) ? least : -1;
}

/* Other values that agree with what is shown, beginning with a step of one free column.
 * @param repairs  further steps that may be taken so that none is too small */
static bool find_witness(struct reader *reader, size_t column, int step, int repairs)
{
	int64_t want = want_after(reader, column, step);

	if (!move(reader, column, step)) {
		return false;
	}
	for (; want > 0 && repairs > 0; repairs--) {
		int64_t before = want;

		want = repair(reader, column, step);
		if (want < 0 || want > before) {
			return false;
		}
	}
	return want == 0;
}

static void try_column(struct reader *reader, size_t column, int repairs)
{
	for (int step = -1; step <= 1; step += 2) {
		begin_witness(reader);
		if (!find_witness(reader, column, step, repairs)) {
			continue;
		}
		for (size_t i = 0; i < reader->columns; i++) {
			struct pst_number *number = number_of(reader, i);

			number->safe |= reader->value[i] != (int64_t)number->value;
		}
	}
}

/* @return whether a free column moves a small number that has no witness yet */
static bool is_wanted(const struct reader *reader, size_t column)
{
	uint64_t threshold = reader->publication->threshold;
	const struct pst_number *number = number_of(reader, column);

	if (!number->safe && number->value < threshold) {
		return true;
	}
	for (size_t row = 0; row < reader->rows; row++) {
		number = number_of(reader, reader->pivot[row]);
		if (!number->safe && number->value < threshold &&
			fabs(row_of(reader, row)[column]) > EPSILON) {
			return true;
		}
	}
	return false;
}

/* Single steps first, which mostly do. */
static void find_witnesses(struct reader *reader)
{
	for (size_t i = 0; i < reader->columns; i++) {
		number_of(reader, i)->safe = false;
	}
	for (int repairs = 0; repairs <= REPAIRS; repairs += REPAIRS) {
		for (size_t column = 0; column < reader->columns; column++) {
			if (!reader->is_pivot[column] && is_wanted(reader, column)) {
				try_column(reader, column, repairs);
			}
		}
	}
}

/* A sum of hidden numbers that follows from all that is stated, and is small. */
static void find_small_sums(struct reader *reader)
{
	for (size_t row = 0; row < reader->rows; row++) {
		const double *factor = row_of(reader, row);
		double value = 0;
		bool positive = true;

		for (size_t i = 0; i < reader->columns && positive; i++) {
			positive = factor[i] > -EPSILON;
			value += factor[i] * (double)number_of(reader, i)->value;
		}
		bool small = value < (double)reader->publication->threshold - EPSILON;
		for (size_t i = 0; i < reader->columns && positive && small; i++) {
			if (factor[i] > EPSILON) {
				number_of(reader, i)->safe = false;
			}
		}
	}
}

int pst_reader_read(struct pst_publication *publication)
{
	struct reader reader;
	int status = init(&reader, publication);

	if (status == 0) {
		reduce(&reader);
		find_witnesses(&reader);
		find_small_sums(&reader);
	}
	finish(&reader);
	return status;
}
