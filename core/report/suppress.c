/* SPDX-License-Identifier: Apache-2.0 */
#include "report/suppress.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPSILON 1e-9

struct number {
	uint64_t value;
	bool hidden;
	bool safe; /* a witness was found; of small numbers, in this round */
};

/* term[0] = term[1] + term[2] + ...; zeroes, which anyone sees, are left out. */
struct sum {
	size_t *term; /* owned */
	size_t count;
};

struct pst_suppress {
	uint64_t threshold;
	struct number *numbers;
	size_t number_count, number_room;
	struct sum *sums;
	size_t sum_count, sum_room;
};

int pst_suppress_create(struct pst_suppress **ret_suppress, uint64_t threshold)
{
	struct pst_suppress *suppress = calloc(1, sizeof(*suppress));

	*ret_suppress = suppress;
	if (!suppress) {
		return -ENOMEM;
	}
	suppress->threshold = threshold;
	return 0;
}

void pst_suppress_destroy(struct pst_suppress **suppress)
{
	if (*suppress) {
		for (size_t i = 0; i < (*suppress)->sum_count; i++) {
			free((*suppress)->sums[i].term);
		}
		free((*suppress)->sums);
		free((*suppress)->numbers);
	}
	free(*suppress);
	*suppress = NULL;
}

/* Room for one more. @return the list, moved perhaps; NULL: out of memory, the old one stays */
static void *grow(void *list, size_t count, size_t *room, size_t size)
{
	if (count < *room) {
		return list;
	}
	size_t more = *room ? 2 * *room : 64;
	void *moved = reallocarray(list, more, size);
	if (moved) {
		*room = more;
	}
	return moved;
}

int pst_suppress_add(struct pst_suppress *suppress, uint64_t value, size_t *ret_number)
{
	struct number *moved = grow(suppress->numbers, suppress->number_count,
		&suppress->number_room, sizeof(*suppress->numbers));

	if (!moved) {
		return -ENOMEM;
	}
	suppress->numbers = moved;
	*ret_number = suppress->number_count;
	suppress->numbers[suppress->number_count++] =
		(struct number){.value = value, .hidden = value > 0 && value < suppress->threshold};
	return 0;
}

int pst_suppress_state_sum(
	struct pst_suppress *suppress, size_t total, const size_t *parts, size_t count)
{
	struct sum *moved = grow(
		suppress->sums, suppress->sum_count, &suppress->sum_room, sizeof(*suppress->sums));

	if (!moved) {
		return -ENOMEM;
	}
	suppress->sums = moved;
	struct sum sum = {.term = calloc(count + 1, sizeof(*sum.term))};
	if (!sum.term) {
		return -ENOMEM;
	}
	uint64_t left = suppress->numbers[total].value;
	sum.term[sum.count++] = total;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = suppress->numbers[parts[i]].value;

		assert(value <= left);
		left -= value;
		if (value > 0) {
			sum.term[sum.count++] = parts[i];
		}
	}
	assert(left == 0);
	suppress->sums[suppress->sum_count++] = sum;
	return 0;
}

bool pst_suppress_is_hidden(const struct pst_suppress *suppress, size_t number)
{
	return suppress->numbers[number].hidden;
}

/* Hides the least of what a sum still shows. @return whether there was any */
static bool hide_one(struct pst_suppress *suppress, const struct sum *sum)
{
	struct number *least = NULL;

	for (size_t i = sum->count; i-- > 0;) {
		struct number *number = &suppress->numbers[sum->term[i]];

		if (!number->hidden && number->value > 0 &&
			(!least || number->value < least->value)) {
			least = number;
		}
	}
	if (!least) {
		return false;
	}
	least->hidden = true;
	return true;
}

/* Whether a sum by itself gives one hidden number away, or a small sum of several. */
static bool tells(const struct pst_suppress *suppress, const struct sum *sum)
{
	size_t hidden = 0;
	uint64_t value = 0;

	for (size_t i = 1; i < sum->count; i++) {
		const struct number *part = &suppress->numbers[sum->term[i]];

		hidden += part->hidden;
		value += part->hidden ? part->value : 0;
	}
	if (suppress->numbers[sum->term[0]].hidden) {
		return hidden == 0 && suppress->numbers[sum->term[0]].value > 0;
	}
	return hidden == 1 || (hidden > 0 && value < suppress->threshold);
}

/* @return whether anything more was hidden */
static bool mend_sums(struct pst_suppress *suppress)
{
	bool any = false;

	for (size_t i = 0; i < suppress->sum_count; i++) {
		while (tells(suppress, &suppress->sums[i]) &&
			hide_one(suppress, &suppress->sums[i])) {
			any = true;
		}
	}
	return any;
}

/* The stated sums as equations between the hidden numbers alone. */
struct system {
	double *cell;  /* rows x columns */
	size_t *pivot; /* per row its column */
	size_t rows, columns;
	size_t *number; /* per column */
	bool *is_pivot; /* per column */
	size_t *filled; /* columns of the row at hand */
};

static void system_finish(struct system *system)
{
	free(system->cell);
	free(system->pivot);
	free(system->number);
	free(system->is_pivot);
	free(system->filled);
}

static double *row_of(const struct system *system, size_t row)
{
	return system->cell + row * system->columns;
}

/* The largest first: they become pivots, so that a small one is free and they give way. */
static int by_value(const void *left, const void *right, void *numbers)
{
	const struct number *list = numbers;
	uint64_t a = list[*(const size_t *)left].value;
	uint64_t b = list[*(const size_t *)right].value;

	return (a < b) - (a > b);
}

/* The hidden numbers become columns. @param column  per number its column + 1, or 0 */
static void take_columns(const struct pst_suppress *suppress, struct system *system, size_t *column)
{
	for (size_t i = 0; i < suppress->number_count; i++) {
		if (suppress->numbers[i].hidden) {
			system->number[system->columns++] = i;
		}
	}
	qsort_r(system->number, system->columns, sizeof(*system->number), by_value,
		suppress->numbers);
	for (size_t i = 0; i < system->columns; i++) {
		column[system->number[i]] = i + 1;
	}
}

static void take_rows(
	const struct pst_suppress *suppress, struct system *system, const size_t *column)
{
	for (size_t i = 0; i < suppress->sum_count; i++) {
		const struct sum *sum = &suppress->sums[i];
		bool any = false;

		for (size_t term = 0; term < sum->count; term++) {
			if (column[sum->term[term]] > 0) {
				row_of(system, system->rows)[column[sum->term[term]] - 1] =
					term == 0 ? -1 : 1;
				any = true;
			}
		}
		system->rows += any;
	}
}

/* @return 0 or -ENOMEM; to be finished in any case */
static int system_init(const struct pst_suppress *suppress, struct system *system)
{
	size_t *column = calloc(suppress->number_count + 1, sizeof(*column));

	*system = (struct system){
		.number = calloc(suppress->number_count + 1, sizeof(*system->number))};
	if (!column || !system->number) {
		free(column);
		return -ENOMEM;
	}
	take_columns(suppress, system, column);
	system->cell = calloc(suppress->sum_count * system->columns + 1, sizeof(double));
	system->pivot = calloc(suppress->sum_count + 1, sizeof(*system->pivot));
	system->is_pivot = calloc(system->columns + 1, sizeof(bool));
	system->filled = calloc(system->columns + 1, sizeof(*system->filled));
	bool has_room = system->cell && system->pivot && system->is_pivot && system->filled;
	if (has_room) {
		take_rows(suppress, system, column);
	}
	free(column);
	return has_room ? 0 : -ENOMEM;
}

/* Rows are mostly empty, so only what is in the pivot's row is touched. */
static void clear_column(struct system *system, size_t row, size_t column)
{
	const double *from = row_of(system, row);
	size_t count = 0;

	for (size_t i = column; i < system->columns; i++) {
		if (fabs(from[i]) > EPSILON) {
			system->filled[count++] = i;
		}
	}
	for (size_t other = 0; other < system->rows; other++) {
		double *to = row_of(system, other);
		double factor = to[column];

		if (other == row || fabs(factor) < EPSILON) {
			continue;
		}
		for (size_t i = 0; i < count; i++) {
			to[system->filled[i]] -= factor * from[system->filled[i]];
		}
		to[column] = 0;
	}
}

/* Gauss and Jordan: every row has a pivot column that is 0 in all other rows. */
static void reduce(struct system *system)
{
	size_t done = 0;

	for (size_t column = 0; column < system->columns && done < system->rows; column++) {
		size_t best = done;

		for (size_t row = done + 1; row < system->rows; row++) {
			if (fabs(row_of(system, row)[column]) >
				fabs(row_of(system, best)[column])) {
				best = row;
			}
		}
		double pivot = row_of(system, best)[column];
		if (fabs(pivot) < EPSILON) {
			continue;
		}
		for (size_t i = 0; i < system->columns; i++) {
			double kept = row_of(system, done)[i];

			row_of(system, done)[i] = row_of(system, best)[i] / pivot;
			if (best != done) {
				row_of(system, best)[i] = kept;
			}
		}
		clear_column(system, done, column);
		system->pivot[done++] = column;
		system->is_pivot[column] = true;
	}
	system->rows = done;
}

/* Whether the hidden numbers stay whole and positive when the free one moves by step. */
static bool can_move(
	const struct pst_suppress *suppress, const struct system *system, size_t free_, int step)
{
	double moved = (double)suppress->numbers[system->number[free_]].value + step;

	for (size_t row = 0; row < system->rows && moved >= 1; row++) {
		double change = -step * row_of(system, row)[free_];
		size_t number = system->number[system->pivot[row]];

		if (fabs(change - round(change)) > 1e-6) {
			return false;
		}
		moved = (double)suppress->numbers[number].value + change;
	}
	return moved >= 1;
}

/* Marks the numbers for which another publication, equal in what is shown, has another value. */
static void find_witnesses(struct pst_suppress *suppress, const struct system *system)
{
	for (size_t i = 0; i < suppress->number_count; i++) {
		suppress->numbers[i].safe = false;
	}
	for (size_t column = 0; column < system->columns; column++) {
		if (system->is_pivot[column] || (!can_move(suppress, system, column, 1) &&
							!can_move(suppress, system, column, -1))) {
			continue;
		}
		suppress->numbers[system->number[column]].safe = true;
		for (size_t row = 0; row < system->rows; row++) {
			if (fabs(row_of(system, row)[column]) > EPSILON) {
				suppress->numbers[system->number[system->pivot[row]]].safe = true;
			}
		}
	}
}

/* A sum of hidden numbers that follows from all that is stated, and is small. */
static void find_small_sums(struct pst_suppress *suppress, const struct system *system)
{
	for (size_t row = 0; row < system->rows; row++) {
		double value = 0;
		bool positive = true;

		for (size_t i = 0; i < system->columns && positive; i++) {
			double factor = row_of(system, row)[i];

			positive = factor > -EPSILON;
			value += factor * (double)suppress->numbers[system->number[i]].value;
		}
		if (!positive || value >= (double)suppress->threshold - EPSILON) {
			continue;
		}
		for (size_t i = 0; i < system->columns; i++) {
			if (row_of(system, row)[i] > EPSILON) {
				suppress->numbers[system->number[i]].safe = false;
			}
		}
	}
}

static bool is_unsafe(const struct pst_suppress *suppress, const struct number *number)
{
	return number->hidden && !number->safe && number->value < suppress->threshold;
}

/* Takes the unsafe numbers of a sum as dealt with. @return whether there were any */
static bool settle(struct pst_suppress *suppress, const struct sum *sum)
{
	bool any = false;

	for (size_t i = 0; i < sum->count; i++) {
		struct number *number = &suppress->numbers[sum->term[i]];

		if (is_unsafe(suppress, number)) {
			number->safe = any = true;
		}
	}
	return any;
}

static bool any_hidden(const struct pst_suppress *suppress, const struct sum *sum)
{
	for (size_t i = 0; i < sum->count; i++) {
		if (suppress->numbers[sum->term[i]].hidden) {
			return true;
		}
	}
	return false;
}

static bool any_unsafe(const struct pst_suppress *suppress)
{
	for (size_t i = 0; i < suppress->number_count; i++) {
		if (is_unsafe(suppress, &suppress->numbers[i])) {
			return true;
		}
	}
	return false;
}

/* One more number for each unsafe one; where its own sums show nothing more, one of every other.
 * @return whether anything was hidden */
static bool hide_more(struct pst_suppress *suppress)
{
	bool any = false;

	for (size_t i = 0; i < suppress->sum_count; i++) {
		const struct sum *sum = &suppress->sums[i];
		bool unsafe = false;

		for (size_t term = 0; term < sum->count && !unsafe; term++) {
			unsafe = is_unsafe(suppress, &suppress->numbers[sum->term[term]]);
		}
		if (unsafe && hide_one(suppress, sum)) {
			any = settle(suppress, sum);
		}
	}
	if (any || !any_unsafe(suppress)) {
		return any;
	}
	for (size_t i = 0; i < suppress->sum_count; i++) {
		const struct sum *sum = &suppress->sums[i];

		any = (any_hidden(suppress, sum) && hide_one(suppress, sum)) || any;
	}
	return any;
}

/* @return 1 when anything more was hidden, 0, or -ENOMEM */
static int mend_system(struct pst_suppress *suppress)
{
	struct system system;
	int status = system_init(suppress, &system);

	if (status == 0) {
		reduce(&system);
		find_witnesses(suppress, &system);
		find_small_sums(suppress, &system);
		status = hide_more(suppress);
	}
	system_finish(&system);
	return status;
}

int pst_suppress_run(struct pst_suppress *suppress)
{
	int status = 1;

	while (status > 0) {
		while (mend_sums(suppress)) {
		}
		status = mend_system(suppress);
	}
	return status;
}
