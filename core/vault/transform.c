/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/transform.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "crypto/secret.h"

#define LANES 8 /* sums side by side: a processor adds several at once */

/* One block of locked memory. */
struct pst_vault_transform {
	uint32_t number;
	uint32_t dimension;
	double *work;	    /* dimension: the template on its way */
	double *scale;	    /* dimension: 2 / (length of the vector)^2 */
	const float *signs; /* dimension: 1 or -1 */
	const float *vectors;
};

static size_t vector_floats(uint32_t dimension)
{
	return (size_t)dimension * (dimension + 1) / 2;
}

/* The vector of reflection k: n - k floats, behind those of all before it. */
static const float *vector(const struct pst_vault_transform *transform, uint32_t k)
{
	size_t n = transform->dimension;

	return transform->vectors + (size_t)k * n - (size_t)k * (k - (size_t)1) / 2;
}

/* Uniform numbers to normal deviates, in place (G. E. P. Box, M. E. Muller 1958). */
static void make_normal(float *values, size_t pairs)
{
	for (size_t i = 0; i < pairs; i++) {
		uint32_t bits[2];

		memcpy(bits, values + 2 * i, sizeof(bits));
		double radius = sqrt(-2 * log((bits[0] + 1.0) / 4294967296.0));
		double angle = 2 * M_PI * bits[1] / 4294967296.0;
		values[2 * i] = (float)(radius * cos(angle));
		values[2 * i + 1] = (float)(radius * sin(angle));
	}
}

/* From a random direction to the vector that reflects it onto the first axis. */
static double make_reflection(float *values, size_t count)
{
	double squares = 0;

	for (size_t i = 0; i < count; i++) {
		squares += (double)values[i] * values[i];
	}
	double first = values[0] + copysign(sqrt(squares), values[0]);
	squares -= (double)values[0] * values[0];
	values[0] = (float)first;
	squares += (double)values[0] * values[0];
	return squares > 0 ? 2 / squares : 0;
}

static void make_signs(float *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t bits;

		memcpy(&bits, values + i, sizeof(bits));
		values[i] = bits & 1 ? 1.0F : -1.0F;
	}
}

int pst_vault_transform_create(struct pst_vault_transform **ret_transform,
	const struct pst_keyring *ring, uint32_t number, uint32_t dimension)
{
	size_t normals = (vector_floats(dimension) + 1) / 2 * 2;
	size_t floats = normals + dimension;
	void *memory;

	*ret_transform = NULL;
	if (dimension < 2 || dimension > PST_VAULT_TRANSFORM_FLOATS_MAX) {
		return -EINVAL;
	}
	int status =
		pst_secret_alloc(sizeof(struct pst_vault_transform) +
					 2 * dimension * sizeof(double) + floats * sizeof(float),
			&memory);
	if (status < 0) {
		return status;
	}
	struct pst_vault_transform *transform = memory;
	double *work = (double *)(transform + 1);
	float *values = (float *)(work + (size_t)2 * dimension);

	*transform = (struct pst_vault_transform){.number = number,
		.dimension = dimension,
		.work = work,
		.scale = work + dimension,
		.vectors = values,
		.signs = values + normals};
	pst_keyring_transform_stream(
		ring, number, dimension, (uint8_t *)values, floats * sizeof(float));
	make_normal(values, normals / 2);
	for (uint32_t k = 0; k < dimension; k++) {
		transform->scale[k] = make_reflection(
			values + (vector(transform, k) - values), (size_t)dimension - k);
	}
	make_signs(values + normals, dimension);
	*ret_transform = transform;
	return 0;
}

void pst_vault_transform_destroy(struct pst_vault_transform **transform)
{
	void *memory = *transform;

	pst_secret_free(&memory);
	*transform = NULL;
}

bool pst_vault_transform_is(
	const struct pst_vault_transform *transform, uint32_t number, uint32_t dimension)
{
	return transform && transform->number == number && transform->dimension == dimension;
}

static double dot(const float *a, const double *b, size_t count)
{
	double sums[LANES] = {0};
	double sum = 0;
	size_t i = 0;

	for (; i + LANES <= count; i += LANES) {
		for (size_t lane = 0; lane < LANES; lane++) {
			sums[lane] += a[i + lane] * b[i + lane];
		}
	}
	for (; i < count; i++) {
		sum += a[i] * b[i];
	}
	for (size_t lane = 0; lane < LANES; lane++) {
		sum += sums[lane];
	}
	return sum;
}

static void reflect(struct pst_vault_transform *transform, uint32_t k)
{
	const float *along = vector(transform, k);
	double *work = transform->work + k;
	size_t count = (size_t)transform->dimension - k;
	double by = transform->scale[k] * dot(along, work, count);

	for (size_t i = 0; i < count; i++) {
		work[i] -= by * along[i];
	}
}

static int take_in(struct pst_vault_transform *transform, const uint8_t *from)
{
	for (uint32_t i = 0; i < transform->dimension; i++) {
		float value;

		memcpy(&value, from + i * sizeof(value), sizeof(value));
		if (!isfinite(value)) {
			pst_secret_wipe(transform->work, i * sizeof(double));
			return -EINVAL;
		}
		transform->work[i] = value;
	}
	return 0;
}

static void give_out(struct pst_vault_transform *transform, uint8_t *to)
{
	for (uint32_t i = 0; i < transform->dimension; i++) {
		float value = (float)transform->work[i];

		memcpy(to + i * sizeof(value), &value, sizeof(value));
	}
	pst_secret_wipe(transform->work, transform->dimension * sizeof(double));
}

static void flip(struct pst_vault_transform *transform)
{
	for (uint32_t i = 0; i < transform->dimension; i++) {
		transform->work[i] *= transform->signs[i];
	}
}

int pst_vault_transform_apply(
	struct pst_vault_transform *transform, const uint8_t *from, uint8_t *to)
{
	int status = take_in(transform, from);

	if (status < 0) {
		return status;
	}
	flip(transform);
	for (uint32_t k = transform->dimension - 1; k-- > 0;) {
		reflect(transform, k);
	}
	give_out(transform, to);
	return 0;
}

int pst_vault_transform_undo(
	struct pst_vault_transform *transform, const uint8_t *from, uint8_t *to)
{
	int status = take_in(transform, from);

	if (status < 0) {
		return status;
	}
	for (uint32_t k = 0; k < transform->dimension - 1; k++) {
		reflect(transform, k);
	}
	flip(transform);
	give_out(transform, to);
	return 0;
}
