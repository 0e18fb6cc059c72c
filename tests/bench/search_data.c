/* SPDX-License-Identifier: Apache-2.0 */
#include "search_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS 64u	    /* of people who look alike somewhat */
#define TAKES 4u	    /* of each person in the gallery */
#define GROUP_WEIGHT 0.5F   /* of the group beside what is the person's own */
#define TAKE_WEIGHT 0.7F    /* of what differs from take to take */
#define SPREAD_POWER -0.35F /* the k-th coordinate varies by (1 + k) to this power */
#define SAMPLE 2000u

/* Four uniform numbers added: nearly normal, variance 1. */
static float normal(uint64_t *state)
{
	uint64_t bits;

	*state += 0x9e3779b97f4a7c15u;
	bits = (*state ^ *state >> 30) * 0xbf58476d1ce4e5b9u;
	bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
	bits ^= bits >> 31;
	return ((float)(bits & 0xffff) + (float)(bits >> 16 & 0xffff) +
		       (float)(bits >> 32 & 0xffff) + (float)(bits >> 48) - 131070.0F) /
	       37837.0F;
}

static void scale_to_one(float *values, uint32_t count)
{
	double sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		sum += (double)values[i] * (double)values[i];
	}
	for (uint32_t i = 0; i < count; i++) {
		values[i] = (float)((double)values[i] / sqrt(sum));
	}
}

/* A direction of its own for each seed. */
static void direction(const struct search_data *data, uint64_t seed, float *ret_values)
{
	uint64_t state = seed * 0xd1342543de82ef95u;

	for (uint32_t i = 0; i < data->dimension; i++) {
		ret_values[i] = normal(&state) * (data->spread ? data->spread[i] : 1);
	}
	scale_to_one(ret_values, data->dimension);
}

static void take(const struct search_data *data, size_t person, uint64_t seed, float *ret_values)
{
	float own[8192];

	direction(data, person << 20, ret_values);
	for (uint32_t i = 0; i < data->dimension; i++) {
		ret_values[i] += GROUP_WEIGHT * data->groups[person % GROUPS * data->dimension + i];
	}
	scale_to_one(ret_values, data->dimension);
	direction(data, seed, own);
	for (uint32_t i = 0; i < data->dimension; i++) {
		ret_values[i] += TAKE_WEIGHT * own[i];
	}
	scale_to_one(ret_values, data->dimension);
}

void search_data_init(
	struct search_data *data, enum search_kind kind, size_t rows, uint32_t dimension)
{
	*data = (struct search_data){.kind = kind, .rows = rows, .dimension = dimension};
	if (kind == SEARCH_RANDOM) {
		return;
	}
	data->spread = calloc(dimension, sizeof(float));
	data->groups = calloc((size_t)GROUPS * dimension, sizeof(float));
	if (!data->spread || !data->groups) {
		abort();
	}
	for (uint32_t i = 0; i < dimension; i++) {
		data->spread[i] = powf(1.0F + (float)i, SPREAD_POWER);
	}
	for (uint32_t i = 0; i < GROUPS; i++) {
		direction(data, i + 1, data->groups + (size_t)i * dimension);
	}
}

void search_data_rows(const struct search_data *data, size_t first, size_t count, float *ret_rows)
{
	for (size_t i = 0; i < count; i++, ret_rows += data->dimension) {
		size_t row = first + i;

		if (data->kind == SEARCH_FACES) {
			/* The takes of a person stand far apart in the gallery. */
			size_t people = (data->rows + TAKES - 1) / TAKES;

			take(data, row % people + 1, (row << 20) + 1, ret_rows);
		} else {
			direction(data, row + 1, ret_rows);
		}
	}
}

void search_data_probes(const struct search_data *data, size_t count, float *ret_probes)
{
	for (size_t i = 0; i < count; i++, ret_probes += data->dimension) {
		if (data->kind == SEARCH_FACES) {
			size_t people = (data->rows + TAKES - 1) / TAKES;

			take(data, i * 7919 % people + 1, (i << 20) + 2, ret_probes);
		} else {
			direction(data, (i << 32) + 5, ret_probes);
		}
	}
}

static double cosine(const float *a, const float *b, uint32_t count)
{
	double sum = 0;

	for (uint32_t i = 0; i < count; i++) {
		sum += (double)a[i] * (double)b[i];
	}
	return sum;
}

const char *search_data_text(struct search_data *data)
{
	double genuine = 0, mean = 0, square = 0;
	float a[8192], b[8192];

	for (size_t i = 1; i <= SAMPLE; i++) {
		double score;

		if (data->kind == SEARCH_FACES) {
			take(data, i, (i << 20) + 3, a);
			take(data, i, (i << 20) + 4, b);
			genuine += cosine(a, b, data->dimension) / SAMPLE;
			take(data, i * 31 + SAMPLE, (i << 20) + 5, b);
		} else {
			direction(data, 2 * i, a);
			direction(data, 2 * i + 1, b);
		}
		score = cosine(a, b, data->dimension);
		mean += score / SAMPLE;
		square += score * score / SAMPLE;
	}
	if (data->kind == SEARCH_RANDOM) {
		(void)snprintf(data->text, sizeof(data->text),
			"random directions: two have a cosine of %.3f, deviation %.3f", mean,
			sqrt(square - mean * mean));
	} else {
		(void)snprintf(data->text, sizeof(data->text),
			"like faces, %u takes of each person, %u groups: takes of one person have "
			"a "
			"cosine of %.3f, people %.3f, deviation %.3f",
			TAKES, GROUPS, genuine, mean, sqrt(square - mean * mean));
	}
	return data->text;
}

void search_data_finish(struct search_data *data)
{
	free(data->groups);
	free(data->spread);
	*data = (struct search_data){0};
}
