/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/scores.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024u
#define DIGIT_BITS 11
#define DIGITS (1u << DIGIT_BITS)
#define PASSES 6 /* of 11 bits make 64 */

int pst_comparisons_reserve(struct pst_comparisons *list, size_t room)
{
	struct pst_comparison *at;

	if (room <= list->room) {
		return 0;
	}
	at = reallocarray(list->at, room, sizeof(*at));
	if (!at) {
		return -ENOMEM;
	}
	list->at = at;
	list->room = room;
	return 0;
}

int pst_comparisons_put(
	struct pst_comparisons *list, double score, uint32_t reference, uint32_t probe)
{
	if (list->count == PST_SCORES_MAX) {
		return -EFBIG;
	}
	if (list->count == list->room) {
		/* Half as much again: ten million need not be twenty for a moment. */
		size_t room = list->room ? list->room + list->room / 2 : ROOM_FIRST;

		if (pst_comparisons_reserve(list, room) < 0) {
			return -ENOMEM;
		}
	}
	/* No negative zero: it is equal to the other one and would sort before it. */
	list->at[list->count++] = (struct pst_comparison){score + 0.0, reference, probe};
	return 0;
}

/* Bits that rise as the number does: the sign flipped, or all bits of a negative one. */
static uint64_t key_of(double score)
{
	uint64_t bits;

	memcpy(&bits, &score, sizeof(bits));
	return bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
}

static unsigned digit_of(const struct pst_comparison *at, int pass)
{
	return (unsigned)(key_of(at->score) >> (pass * DIGIT_BITS)) & (DIGITS - 1);
}

/* One pass of a radix sort; nothing is moved where all have the same digit. */
static bool move_by_digit(const struct pst_comparison *from, size_t count, int pass,
	struct pst_comparison *to, size_t places[DIGITS])
{
	size_t sum = 0;

	memset(places, 0, DIGITS * sizeof(*places));
	for (size_t i = 0; i < count; i++) {
		places[digit_of(&from[i], pass)]++;
	}
	if (places[digit_of(&from[0], pass)] == count) {
		return false;
	}
	for (unsigned i = 0; i < DIGITS; i++) {
		size_t here = places[i];

		places[i] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++) {
		to[places[digit_of(&from[i], pass)]++] = from[i];
	}
	return true;
}

int pst_comparisons_sort(struct pst_comparisons *list)
{
	size_t places[DIGITS];
	struct pst_comparison *other;

	if (list->count < 2) {
		return 0;
	}
	other = malloc(list->count * sizeof(*other));
	if (!other) {
		return -ENOMEM;
	}
	for (int pass = 0; pass < PASSES; pass++) {
		if (move_by_digit(list->at, list->count, pass, other, places)) {
			struct pst_comparison *sorted = other;

			other = list->at;
			list->at = sorted;
			list->room = list->count; /* the two may differ in size */
		}
	}
	free(other);
	return 0;
}

size_t pst_comparisons_below(const struct pst_comparisons *list, double score)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->at[middle].score < score) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

size_t pst_comparisons_up_to(const struct pst_comparisons *list, double score)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->at[middle].score <= score) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

int pst_scores_sort(struct pst_scores *scores)
{
	int status = pst_comparisons_sort(&scores->genuine);

	return status < 0 ? status : pst_comparisons_sort(&scores->impostor);
}

void pst_scores_finish(struct pst_scores *scores)
{
	free(scores->genuine.at);
	free(scores->impostor.at);
	*scores = (struct pst_scores){0};
}
