/* SPDX-License-Identifier: Apache-2.0 */
#include "report/suppress.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "report/reader.h"

/* Work that may go into showing what need not be hidden; beyond, it stays hidden. */
#define WORK_MAX 4e10

struct pst_suppress {
	struct pst_publication publication;
};

int pst_suppress_create(struct pst_suppress **ret_suppress, uint64_t threshold)
{
	struct pst_suppress *suppress = calloc(1, sizeof(*suppress));

	*ret_suppress = suppress;
	if (!suppress) {
		return -ENOMEM;
	}
	suppress->publication.threshold = threshold;
	return 0;
}

void pst_suppress_destroy(struct pst_suppress **suppress)
{
	if (*suppress) {
		struct pst_publication *publication = &(*suppress)->publication;

		for (size_t i = 0; i < publication->sum_count; i++) {
			free(publication->sums[i].term);
		}
		free(publication->sums);
		free(publication->numbers);
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
	struct pst_publication *to = &suppress->publication;
	struct pst_number *moved =
		grow(to->numbers, to->number_count, &to->number_room, sizeof(*to->numbers));

	if (!moved) {
		return -ENOMEM;
	}
	to->numbers = moved;
	*ret_number = to->number_count;
	to->numbers[to->number_count++] =
		(struct pst_number){.value = value, .hidden = value > 0 && value < to->threshold};
	return 0;
}

int pst_suppress_state_sum(
	struct pst_suppress *suppress, size_t total, const size_t *parts, size_t count)
{
	struct pst_publication *to = &suppress->publication;
	struct pst_sum *moved = grow(to->sums, to->sum_count, &to->sum_room, sizeof(*to->sums));

	if (!moved) {
		return -ENOMEM;
	}
	to->sums = moved;
	struct pst_sum sum = {.term = calloc(count + 1, sizeof(*sum.term))};
	if (!sum.term) {
		return -ENOMEM;
	}
	uint64_t left = to->numbers[total].value;
	sum.term[sum.count++] = total;
	for (size_t i = 0; i < count; i++) {
		uint64_t value = to->numbers[parts[i]].value;

		assert(value <= left);
		left -= value;
		if (value > 0) {
			sum.term[sum.count++] = parts[i];
		}
	}
	assert(left == 0);
	to->sums[to->sum_count++] = sum;
	return 0;
}

bool pst_suppress_is_hidden(const struct pst_suppress *suppress, size_t number)
{
	return suppress->publication.numbers[number].hidden;
}

/* Hides the least part that a sum still shows, or else its total. @return whether there was any */
static bool hide_one(struct pst_publication *publication, const struct pst_sum *sum)
{
	struct pst_number *least = NULL;

	for (size_t i = 1; i < sum->count; i++) {
		struct pst_number *number = &publication->numbers[sum->term[i]];

		if (!number->hidden && (!least || number->value < least->value)) {
			least = number;
		}
	}
	struct pst_number *total = &publication->numbers[sum->term[0]];
	if (!least && !total->hidden && total->value > 0) {
		least = total;
	}
	if (least) {
		least->hidden = true;
	}
	return least != NULL;
}

/* Whether a sum by itself gives one hidden number away, or a small sum of several. */
static bool tells(const struct pst_publication *publication, const struct pst_sum *sum)
{
	size_t hidden = 0;
	uint64_t value = 0;

	for (size_t i = 1; i < sum->count; i++) {
		const struct pst_number *part = &publication->numbers[sum->term[i]];

		hidden += part->hidden;
		value += part->hidden ? part->value : 0;
	}
	if (publication->numbers[sum->term[0]].hidden) {
		return hidden == 0 && publication->numbers[sum->term[0]].value > 0;
	}
	return hidden == 1 || (hidden > 0 && value < publication->threshold);
}

/* @return whether anything more was hidden */
static bool mend_sums(struct pst_publication *publication)
{
	bool any = false;

	for (size_t i = 0; i < publication->sum_count; i++) {
		while (tells(publication, &publication->sums[i]) &&
			hide_one(publication, &publication->sums[i])) {
			any = true;
		}
	}
	return any;
}

static bool is_unsafe(const struct pst_publication *publication, const struct pst_number *number)
{
	return number->hidden && !number->safe && number->value < publication->threshold;
}

/* Takes the unsafe numbers of a sum as dealt with. @return whether there were any */
static bool settle(struct pst_publication *publication, const struct pst_sum *sum)
{
	bool any = false;

	for (size_t i = 0; i < sum->count; i++) {
		struct pst_number *number = &publication->numbers[sum->term[i]];

		if (is_unsafe(publication, number)) {
			number->safe = any = true;
		}
	}
	return any;
}

static bool any_hidden(const struct pst_publication *publication, const struct pst_sum *sum)
{
	for (size_t i = 0; i < sum->count; i++) {
		if (publication->numbers[sum->term[i]].hidden) {
			return true;
		}
	}
	return false;
}

static bool any_unsafe(const struct pst_publication *publication)
{
	for (size_t i = 0; i < publication->number_count; i++) {
		if (is_unsafe(publication, &publication->numbers[i])) {
			return true;
		}
	}
	return false;
}

/* One more number for each unsafe one; where its own sums show nothing more, one of every other.
 * @return whether anything was hidden */
static bool hide_more(struct pst_publication *publication)
{
	bool any = false;

	for (size_t i = 0; i < publication->sum_count; i++) {
		const struct pst_sum *sum = &publication->sums[i];
		bool unsafe = false;

		for (size_t term = 0; term < sum->count && !unsafe; term++) {
			unsafe = is_unsafe(publication, &publication->numbers[sum->term[term]]);
		}
		if (unsafe && hide_one(publication, sum)) {
			any = settle(publication, sum);
		}
	}
	if (any || !any_unsafe(publication)) {
		return any;
	}
	for (size_t i = 0; i < publication->sum_count; i++) {
		const struct pst_sum *sum = &publication->sums[i];

		any = (any_hidden(publication, sum) && hide_one(publication, sum)) || any;
	}
	return any;
}

/* Hides until nothing small is told by one sum or by several. @return 0 or -ENOMEM */
static int hide(struct pst_publication *publication)
{
	int status;

	do {
		while (mend_sums(publication)) {
		}
		status = pst_reader_read(publication);
	} while (status == 0 && hide_more(publication));
	return status;
}

/* The largest first: totals matter most. */
static int by_value(const void *left, const void *right, void *numbers)
{
	const struct pst_number *list = numbers;
	uint64_t a = list[*(const size_t *)left].value;
	uint64_t b = list[*(const size_t *)right].value;

	return (a < b) - (a > b);
}

/* @return numbers to try and show again, in a list that the caller frees; NULL: out of memory */
static size_t *candidates(const struct pst_publication *publication, size_t *ret_count)
{
	size_t *list = calloc(publication->number_count + 1, sizeof(*list));

	*ret_count = 0;
	for (size_t i = 0; list && i < publication->number_count; i++) {
		if (publication->numbers[i].hidden &&
			publication->numbers[i].value >= publication->threshold) {
			list[(*ret_count)++] = i;
		}
	}
	if (list) {
		qsort_r(list, *ret_count, sizeof(*list), by_value, publication->numbers);
	}
	return list;
}

static bool any_tells(const struct pst_publication *publication)
{
	for (size_t i = 0; i < publication->sum_count; i++) {
		if (tells(publication, &publication->sums[i])) {
			return true;
		}
	}
	return false;
}

/* Shows again, one by one, what turned out to protect nothing. @return 0 or -ENOMEM */
static int show_again(struct pst_publication *publication)
{
	size_t count;
	size_t *list = candidates(publication, &count);
	int status = list ? 0 : -ENOMEM;
	double work = 0;

	for (size_t i = 0; i < count && status == 0 && work < WORK_MAX; i++) {
		struct pst_number *number = &publication->numbers[list[i]];

		number->hidden = false;
		work += (double)count * (double)count * (double)publication->sum_count;
		if (!any_tells(publication)) {
			status = pst_reader_read(publication);
			number->hidden = any_unsafe(publication);
		} else {
			number->hidden = true;
		}
	}
	free(list);
	return status;
}

int pst_suppress_run(struct pst_suppress *suppress)
{
	int status = hide(&suppress->publication);

	return status < 0 ? status : show_again(&suppress->publication);
}
