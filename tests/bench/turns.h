/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BENCH_TURNS_H
#define PST_BENCH_TURNS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Two things measured in turns, so that both meet the same machine; medians and their ratio. */

#define TURNS_MAX 64

struct turns {
	bool busy; /* processor time: of what never waits, other programs then count less */
	double ns[2][TURNS_MAX]; /* for one, of each side in each turn */
	int count;
};

/** Does its work `count` times. */
typedef void (*turn_fn)(void *user, int count);

static inline int turns_by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static inline double turns_median(const double *values, int count)
{
	double sorted[TURNS_MAX];

	memcpy(sorted, values, (size_t)count * sizeof(values[0]));
	qsort(sorted, (size_t)count, sizeof(sorted[0]), turns_by_size);
	return sorted[count / 2];
}

static inline double turns_now_ns(bool busy)
{
	struct timespec now;

	(void)clock_gettime(busy ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/** @return ns, for one */
static inline double turns_time(turn_fn work, void *user, int count, bool busy)
{
	double begin = turns_now_ns(busy);

	work(user, count);
	return (turns_now_ns(busy) - begin) / count;
}

/** A then B, B then A, ... */
static inline void turns_run(
	struct turns *turns, turn_fn a, turn_fn b, void *user, int rounds, int count)
{
	for (turns->count = 0; turns->count < rounds && turns->count < TURNS_MAX; turns->count++) {
		int first = turns->count % 2;

		turns->ns[first][turns->count] =
			turns_time(first ? b : a, user, count, turns->busy);
		turns->ns[!first][turns->count] =
			turns_time(first ? a : b, user, count, turns->busy);
	}
}

/** @return the median, over the turns, of B by A */
static inline double turns_ratio(const struct turns *turns)
{
	double ratios[TURNS_MAX];

	for (int i = 0; i < turns->count; i++) {
		ratios[i] = turns->ns[1][i] / turns->ns[0][i];
	}
	return turns_median(ratios, turns->count);
}

static inline void turns_print(const struct turns *turns, const char *a, const char *b)
{
	double ns[2] = {
		turns_median(turns->ns[0], turns->count), turns_median(turns->ns[1], turns->count)};

	(void)printf("%-46s %10.2f us %12.0f /s\n", a, ns[0] / 1e3, 1e9 / ns[0]);
	(void)printf("%-46s %10.2f us %12.0f /s   %.2f times the one above\n", b, ns[1] / 1e3,
		1e9 / ns[1], turns_ratio(turns));
}

#endif
