/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/bands.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evaluate/verification.h"

#define LANES 64u /* replicates that are summed side by side */
#define REPLICATES 1024u
#define REPLICATES_FEW 256u
#define MANY 2000000u /* comparisons */

struct bootstrap {
	const struct pst_bands_input *input;
	uint16_t (*weight)[LANES];  /* by subject: how often it was drawn */
	uint64_t (*genuine)[LANES]; /* by threshold: weight from it to the next */
	uint64_t (*impostor)[LANES];
	double *value; /* by figure and replicate: EER first, then each FNMR */
	size_t block;  /* comparisons that a sum of 16 bits has room for */
	uint32_t replicates;
	uint32_t done; /* that had comparisons of both kinds */
	uint64_t random;
};

/* SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void draw(struct bootstrap *b)
{
	uint32_t subjects = b->input->subjects, most = 1;

	memset(b->weight, 0, subjects * sizeof(*b->weight));
	for (uint32_t lane = 0; lane < LANES; lane++) {
		for (uint32_t i = 0; i < subjects; i++) {
			uint64_t high = next_random(&b->random) >> 32;

			uint16_t *weight = &b->weight[(high * subjects) >> 32][lane];

			if (++*weight > most) {
				most = *weight;
			}
		}
	}
	/* As many draws as people: 256 of one of them happens once in 256! times. */
	assert(most <= UINT8_MAX);
	b->block = UINT16_MAX / (most * most);
}

/*
 * Sums the weights of a run of comparisons in every replicate. The inner sums are as narrow as a
 * block of comparisons cannot overflow: it is the one loop that takes time.
 */
static void sum_run(const struct bootstrap *b, const struct pst_comparison *at, size_t count,
	bool genuine, uint64_t ret_sum[LANES])
{
	static const uint16_t ones[LANES] = {[0 ... LANES - 1] = 1};

	while (count > 0) {
		size_t block = count < b->block ? count : b->block;
		uint16_t sum[LANES] = {0};

		for (size_t i = 0; i < block; i++) {
			const uint16_t *one = b->weight[b->input->subject[at[i].reference]];
			const uint16_t *two =
				genuine ? ones : b->weight[b->input->subject[at[i].probe]];

			for (uint32_t lane = 0; lane < LANES; lane++) {
				sum[lane] = (uint16_t)(sum[lane] + one[lane] * two[lane]);
			}
		}
		for (uint32_t lane = 0; lane < LANES; lane++) {
			ret_sum[lane] += sum[lane];
		}
		at += block;
		count -= block;
	}
}

static void sum_list(const struct bootstrap *b, const struct pst_comparisons *list, bool genuine,
	uint64_t (*ret_sum)[LANES])
{
	const struct pst_curve *curve = b->input->curve;
	size_t at = 0;

	memset(ret_sum, 0, curve->count * sizeof(*ret_sum));
	for (size_t k = 0; k < curve->count; k++) {
		size_t end = k + 1 < curve->count
				     ? pst_comparisons_below(list, curve->at[k + 1].threshold)
				     : list->count;

		sum_run(b, list->at + at, end - at, genuine, ret_sum[k]);
		at = end;
	}
}

/* Rates of one replicate at every threshold; false where a kind has no comparison left. */
static bool rates_of(const struct bootstrap *b, uint32_t lane, double *fmr, double *fnmr)
{
	size_t count = b->input->curve->count;
	uint64_t genuine = 0, impostor = 0, below = 0, above = 0;

	for (size_t k = 0; k < count; k++) {
		genuine += b->genuine[k][lane];
		impostor += b->impostor[k][lane];
	}
	if (genuine == 0 || impostor == 0) {
		return false;
	}
	for (size_t k = 0; k < count; k++) {
		fnmr[k] = (double)below / (double)genuine;
		below += b->genuine[k][lane];
	}
	for (size_t k = count; k > 0; k--) {
		above += b->impostor[k - 1][lane];
		fmr[k - 1] = (double)above / (double)impostor;
	}
	return true;
}

static double eer_of(const double *fmr, const double *fnmr, size_t count)
{
	for (size_t k = 1; k < count; k++) {
		if (fmr[k] <= fnmr[k]) {
			return pst_verification_crossing(fmr[k - 1], fnmr[k - 1], fmr[k], fnmr[k]);
		}
	}
	return fmr[count - 1];
}

/* FNMR at the least threshold at which at most that many match. */
static double fnmr_at(const double *fmr, const double *fnmr, size_t count, double wanted)
{
	size_t low = 0, high = count - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fmr[middle] <= wanted) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return fnmr[low];
}

static void keep(struct bootstrap *b, const double *wanted, size_t count, double *fmr, double *fnmr)
{
	size_t points = b->input->curve->count;

	for (uint32_t lane = 0; lane < LANES; lane++) {
		if (!rates_of(b, lane, fmr, fnmr)) {
			continue;
		}
		b->value[b->done] = eer_of(fmr, fnmr, points);
		for (size_t i = 0; i < count; i++) {
			b->value[(i + 1) * b->replicates + b->done] =
				fnmr_at(fmr, fnmr, points, wanted[i]);
		}
		b->done++;
	}
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct pst_band middle_of(double *value, uint32_t count)
{
	if (count == 0) {
		return (struct pst_band){0, 1};
	}
	qsort(value, count, sizeof(*value), by_value);
	return (struct pst_band){value[(size_t)(0.025 * (count - 1) + 0.5)],
		value[(size_t)(0.975 * (count - 1) + 0.5)]};
}

int pst_bands_make(const struct pst_bands_input *input, const double *fmr, size_t count,
	struct pst_band *ret_fnmr, struct pst_band *ret_eer)
{
	size_t points = input->curve->count;
	size_t comparisons = input->scores->genuine.count + input->scores->impostor.count;
	struct bootstrap b = {
		.input = input,
		.replicates = comparisons > MANY ? REPLICATES_FEW : REPLICATES,
		.random = input->seed,
	};
	double *rates = malloc(2 * points * sizeof(*rates));
	int status = -ENOMEM;

	b.weight = malloc(input->subjects * sizeof(*b.weight));
	b.genuine = malloc(points * sizeof(*b.genuine));
	b.impostor = malloc(points * sizeof(*b.impostor));
	b.value = malloc((count + 1) * b.replicates * sizeof(*b.value));
	if (rates && b.weight && b.genuine && b.impostor && b.value) {
		for (uint32_t i = 0; i < b.replicates; i += LANES) {
			draw(&b);
			sum_list(&b, &input->scores->genuine, true, b.genuine);
			sum_list(&b, &input->scores->impostor, false, b.impostor);
			keep(&b, fmr, count, rates, rates + points);
		}
		*ret_eer = middle_of(b.value, b.done);
		for (size_t i = 0; i < count; i++) {
			ret_fnmr[i] = middle_of(b.value + (i + 1) * b.replicates, b.done);
		}
		status = (int)b.done;
	}
	free(rates);
	free(b.weight);
	free(b.genuine);
	free(b.impostor);
	free(b.value);
	return status;
}
