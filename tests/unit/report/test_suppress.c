/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "report/suppress.h"

#define THRESHOLD 5
#define SIDE 4 /* a table of 3 x 3 with its totals */
#define INNER 3

/* number = row * SIDE + column; row 0 and column 0 hold the totals */
struct table {
	uint64_t value[SIDE * SIDE];
	bool hidden[SIDE * SIDE];
};

static void add_totals(struct table *table)
{
	uint64_t(*v)[SIDE] = (uint64_t(*)[SIDE])table->value;

	v[0][0] = 0;
	for (int i = 1; i < SIDE; i++) {
		v[0][i] = v[1][i] + v[2][i] + v[3][i];
		v[i][0] = v[i][1] + v[i][2] + v[i][3];
		v[0][0] += v[i][0];
	}
}

/* The sum of line i, a row or a column: its total first. */
static void line(int i, size_t ret_number[SIDE])
{
	for (int k = 0; k < SIDE; k++) {
		ret_number[k] = (size_t)(i < SIDE ? i * SIDE + k : k * SIDE + (i - SIDE));
	}
}

static void hide(struct table *table)
{
	struct pst_suppress *suppress;
	size_t number;
	size_t on_line[SIDE];

	cr_assert_eq(pst_suppress_create(&suppress, THRESHOLD), 0);
	for (size_t i = 0; i < SIDE * SIDE; i++) {
		cr_assert_eq(pst_suppress_add(suppress, table->value[i], &number), 0);
		cr_assert_eq(number, i);
	}
	for (int i = 0; i < 2 * SIDE; i++) {
		line(i, on_line);
		cr_assert_eq(pst_suppress_state_sum(suppress, on_line[0], on_line + 1, INNER), 0);
	}
	cr_assert_eq(pst_suppress_run(suppress), 0);
	for (size_t i = 0; i < SIDE * SIDE; i++) {
		table->hidden[i] = pst_suppress_is_hidden(suppress, i);
	}
	pst_suppress_destroy(&suppress);
}

static bool is_small(uint64_t value)
{
	return value > 0 && value < THRESHOLD;
}

/*
 * The reader who knows the totals' rule, and that what is hidden is not 0. Tries every change of
 * the hidden inner numbers by up to 3, by brute force and without regard to how it was hidden.
 */
struct reader {
	struct table table;
	int64_t guess[SIDE * SIDE];
	bool differs[SIDE * SIDE]; /* some other table that fits has another number here */
};

static bool fits(const struct reader *reader)
{
	for (size_t i = 0; i < SIDE * SIDE; i++) {
		if (reader->table.hidden[i] ? reader->guess[i] < 1
					    : reader->guess[i] != (int64_t)reader->table.value[i]) {
			return false;
		}
	}
	return true;
}

static void guess_totals(struct reader *reader)
{
	int64_t(*g)[SIDE] = (int64_t(*)[SIDE])reader->guess;

	g[0][0] = 0;
	for (int i = 1; i < SIDE; i++) {
		g[0][i] = g[1][i] + g[2][i] + g[3][i];
		g[i][0] = g[i][1] + g[i][2] + g[i][3];
		g[0][0] += g[i][0];
	}
}

static void try_all(struct reader *reader, size_t from)
{
	while (from < SIDE * SIDE &&
		(from < SIDE || from % SIDE == 0 || !reader->table.hidden[from])) {
		from++;
	}
	if (from == SIDE * SIDE) {
		guess_totals(reader);
		for (size_t i = 0; fits(reader) && i < SIDE * SIDE; i++) {
			reader->differs[i] |= reader->guess[i] != (int64_t)reader->table.value[i];
		}
		return;
	}
	for (int64_t change = -3; change <= 3; change++) {
		reader->guess[from] = (int64_t)reader->table.value[from] + change;
		try_all(reader, from + 1);
	}
	reader->guess[from] = (int64_t)reader->table.value[from];
}

/* @return small numbers that are shown or can be worked out; -1: too many tables to try */
static int leaks(const struct table *table)
{
	struct reader reader = {.table = *table};
	int found = 0;
	int hidden = 0;

	for (size_t i = 0; i < SIDE * SIDE; i++) {
		reader.guess[i] = (int64_t)table->value[i];
		hidden += i > SIDE && i % SIDE != 0 && table->hidden[i];
	}
	if (hidden > 6) {
		return -1;
	}
	try_all(&reader, 0);
	for (size_t i = 0; i < SIDE * SIDE; i++) {
		found += is_small(table->value[i]) && (!table->hidden[i] || !reader.differs[i]);
	}
	return found;
}

static struct table table_of(const uint64_t inner[INNER * INNER])
{
	struct table table = {0};

	for (size_t i = 0; i < INNER * INNER; i++) {
		table.value[(i / INNER + 1) * SIDE + i % INNER + 1] = inner[i];
	}
	add_totals(&table);
	return table;
}

static size_t hidden_count(const struct table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < SIDE * SIDE; i++) {
		count += table->hidden[i];
	}
	return count;
}

Test(suppress, nothing_small_hides_nothing)
{
	struct table table = table_of((uint64_t[]){5, 0, 7, 0, 12, 9, 0, 6, 40});

	hide(&table);
	cr_expect_eq(hidden_count(&table), 0);
}

Test(suppress, one_small_number_takes_three_more_along)
{
	struct table table = table_of((uint64_t[]){2, 10, 20, 30, 40, 50, 60, 70, 80});

	hide(&table);
	cr_expect(table.hidden[SIDE + 1]);
	cr_expect_eq(hidden_count(&table), 4, "%zu", hidden_count(&table));
	cr_expect_eq(leaks(&table), 0);
	memset(table.hidden, 0, sizeof(table.hidden));
	table.hidden[SIDE + 1] = true;
	cr_expect_eq(leaks(&table), 1, "by itself it can be subtracted");
	table.hidden[SIDE + 2] = true;
	cr_expect_eq(leaks(&table), 1, "its column still tells");
}

/* 1 and 1 beside a total of 2: who sees the total knows both. */
Test(suppress, a_small_sum_of_hidden_numbers_is_not_told)
{
	struct table table = table_of((uint64_t[]){1, 1, 90, 1, 1, 80, 60, 70, 80});

	hide(&table);
	cr_expect_leq(leaks(&table), 0);
	cr_expect(table.hidden[SIDE] || table.hidden[SIDE + 3]);
}

/* Five ones: their sum is not small, and yet each of them follows from it. */
Test(suppress, numbers_that_are_all_at_their_least)
{
	struct pst_suppress *suppress;
	size_t total, part[6];
	const uint64_t values[] = {1, 1, 1, 1, 1, 20};

	cr_assert_eq(pst_suppress_create(&suppress, THRESHOLD), 0);
	cr_assert_eq(pst_suppress_add(suppress, 25, &total), 0);
	for (size_t i = 0; i < 6; i++) {
		cr_assert_eq(pst_suppress_add(suppress, values[i], &part[i]), 0);
	}
	cr_assert_eq(pst_suppress_state_sum(suppress, total, part, 6), 0);
	cr_assert_eq(pst_suppress_run(suppress), 0);
	cr_expect(pst_suppress_is_hidden(suppress, part[5]));
	cr_expect_not(pst_suppress_is_hidden(suppress, total));
	pst_suppress_destroy(&suppress);
}

/* A chain of sums, each with two hidden numbers, that together tell one. */
Test(suppress, what_follows_from_several_sums_only)
{
	struct pst_suppress *suppress;
	size_t n[6];
	/* t = a + b + big, u = b + c, and v = a + c + big, so that a is (t + v - u) / 2 - big. */
	const uint64_t values[] = {2, 30, 40, 82, 70, 92};
	size_t big;

	cr_assert_eq(pst_suppress_create(&suppress, THRESHOLD), 0);
	for (size_t i = 0; i < 6; i++) {
		cr_assert_eq(pst_suppress_add(suppress, values[i], &n[i]), 0);
	}
	cr_assert_eq(pst_suppress_add(suppress, 50, &big), 0);
	cr_assert_eq(pst_suppress_state_sum(suppress, n[3], (size_t[]){n[0], n[1], big}, 3), 0);
	cr_assert_eq(pst_suppress_state_sum(suppress, n[4], (size_t[]){n[1], n[2]}, 2), 0);
	cr_assert_eq(pst_suppress_state_sum(suppress, n[5], (size_t[]){n[0], n[2], big}, 3), 0);
	cr_assert_eq(pst_suppress_run(suppress), 0);
	int hidden = 0;
	for (size_t i = 0; i < 6; i++) {
		hidden += pst_suppress_is_hidden(suppress, n[i]);
	}
	hidden += pst_suppress_is_hidden(suppress, big);
	cr_expect_gt(hidden, 3, "a, b and c alone are three equations of three unknowns");
	pst_suppress_destroy(&suppress);
}

/* Tables by the thousand against a reader who tries everything. */
Test(suppress, no_table_tells_a_small_number, .timeout = 110)
{
	unsigned seed = 7;
	size_t shown = 0, numbers = 0;
	int naive = 0, tried = 0, judged = 0;

	for (int round = 0; round < 1500; round++) {
		uint64_t inner[INNER * INNER];

		for (size_t i = 0; i < INNER * INNER; i++) {
			unsigned kind = (unsigned)rand_r(&seed) % 8;

			inner[i] = kind < 2   ? 0
				   : kind < 4 ? (uint64_t)(rand_r(&seed) % 6)
					      : (uint64_t)(5 + rand_r(&seed) % 60);
		}
		struct table table = table_of(inner);
		struct table plain = table;
		hide(&table);
		int found = leaks(&table);
		cr_assert_leq(found, 0, "round %d", round);
		judged += found == 0;
		for (size_t i = 0; i < SIDE * SIDE; i++) {
			plain.hidden[i] = is_small(plain.value[i]);
		}
		naive += leaks(&plain) > 0;
		tried += hidden_count(&plain) > 0;
		shown += SIDE * SIDE - hidden_count(&table);
		numbers += SIDE * SIDE;
	}
	cr_expect_gt(judged, 1000, "%d", judged);
	cr_expect_gt(naive * 2, tried, "hiding the small ones alone is no protection: %d of %d",
		naive, tried);
	cr_expect_gt(shown * 2, numbers, "more is shown than hidden: %zu of %zu", shown, numbers);
}
