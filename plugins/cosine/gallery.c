/* SPDX-License-Identifier: Apache-2.0 */
#include "gallery.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "postern/extractor.h"

#include "simd.h"

static size_t row_bytes(const struct gallery *gallery)
{
	return (size_t)gallery->stride * sizeof(float);
}

uint32_t gallery_stride(uint32_t dimension)
{
	return (dimension + SIMD_LANES - 1) / SIMD_LANES * SIMD_LANES;
}

int gallery_normalise(const uint8_t *bytes, uint32_t size, float *ret_row)
{
	const uint32_t dimension = size / sizeof(float);
	double sum = 0;
	double norm;

	if (!bytes || size == 0 || size % sizeof(float) != 0 || size > PST_TEMPLATE_MAX) {
		return PST_E_FORMAT;
	}
	for (uint32_t i = 0; i < dimension; i++) {
		float value;

		memcpy(&value, bytes + (size_t)i * sizeof(value), sizeof(value));
		if (!isfinite(value)) {
			return PST_E_FORMAT;
		}
		sum += (double)value * (double)value;
	}
	if (!(sum > 0)) {
		return PST_E_FORMAT;
	}
	norm = sqrt(sum);
	for (uint32_t i = 0; i < dimension; i++) {
		float value;

		memcpy(&value, bytes + (size_t)i * sizeof(value), sizeof(value));
		ret_row[i] = (float)((double)value / norm);
	}
	memset(ret_row + dimension, 0, (gallery_stride(dimension) - dimension) * sizeof(float));
	return 0;
}

/* Where one grows and the next can't, the next call finds the first as it wants it. */
static int grow(struct gallery *gallery)
{
	uint32_t capacity = (gallery->capacity + gallery->capacity / 4 + 64) / 16 * 16;
	int status;

	if (capacity > INT32_MAX) {
		return -ENOMEM;
	}
	status = index_reserve(&gallery->index, capacity);
	if (status == 0 && gallery->has_codes) {
		status = locked_grow(&gallery->blocks,
			capacity / COARSE_ROWS * coarse_block_size(gallery->stride));
	}
	if (status == 0) {
		status = locked_grow(&gallery->rows, capacity * row_bytes(gallery));
	}
	if (status == 0) {
		gallery->capacity = capacity;
	}
	return status;
}

static void put_codes(struct gallery *gallery, uint32_t row)
{
	if (gallery->has_codes) {
		coarse_put(gallery_block(gallery, row / COARSE_ROWS), row % COARSE_ROWS,
			gallery_row(gallery, row), gallery->stride);
	}
}

int gallery_add(struct gallery *gallery, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	uint32_t dimension = size / sizeof(float);
	int status = 0;

	if (size == 0 || size > PST_TEMPLATE_MAX) {
		return PST_E_FORMAT;
	}
	if (gallery->count == 0 && gallery->dimension != dimension) {
		gallery_finish(gallery);
		gallery->dimension = dimension;
		gallery->stride = gallery_stride(dimension);
	}
	if (gallery->dimension != dimension) {
		return PST_E_FORMAT;
	}
	if (gallery->count == gallery->capacity) {
		status = grow(gallery);
	}
	if (status == 0) {
		status = gallery_normalise(bytes, size, gallery_row(gallery, gallery->count));
	}
	if (status == 0) {
		put_codes(gallery, gallery->count);
		index_insert(&gallery->index, key, gallery->count++);
	}
	return status;
}

static void fill_hole(struct gallery *gallery, uint32_t hole, uint32_t last)
{
	memcpy(gallery_row(gallery, hole), gallery_row(gallery, last), row_bytes(gallery));
	if (gallery->has_codes) {
		coarse_copy(gallery_block(gallery, hole / COARSE_ROWS), hole % COARSE_ROWS,
			gallery_block(gallery, last / COARSE_ROWS), last % COARSE_ROWS,
			gallery->stride);
	}
	index_move(&gallery->index, last, hole);
}

static void remove_row(struct gallery *gallery, uint32_t row)
{
	uint32_t last = --gallery->count;

	index_remove(&gallery->index, row);
	if (row != last) {
		fill_hole(gallery, row, last);
	}
	explicit_bzero(gallery_row(gallery, last), row_bytes(gallery));
	if (gallery->has_codes) {
		coarse_wipe(gallery_block(gallery, last / COARSE_ROWS), last % COARSE_ROWS,
			gallery->stride);
	}
}

int gallery_remove(struct gallery *gallery, uint64_t key)
{
	int removed = 0;
	uint32_t row;

	while ((row = index_find(&gallery->index, key)) != INDEX_NONE) {
		remove_row(gallery, row);
		removed++;
	}
	return removed;
}

void gallery_finish(struct gallery *gallery)
{
	locked_finish(&gallery->rows);
	locked_finish(&gallery->blocks);
	index_finish(&gallery->index);
	gallery->count = 0;
	gallery->capacity = 0;
	gallery->dimension = 0;
	gallery->stride = 0;
}

bool gallery_is_unlocked(const struct gallery *gallery)
{
	return gallery->rows.is_unlocked || gallery->blocks.is_unlocked;
}
