/* SPDX-License-Identifier: Apache-2.0 */
#include "gallery.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "postern/extractor.h"

#include "dot.h"

struct place {
	uint64_t key;
	uint32_t row;
};

void *gallery_map(size_t size, bool *ret_is_locked)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		return NULL;
	}
	(void)madvise(memory, size, MADV_DONTDUMP);
	*ret_is_locked = mlock2(memory, size, MLOCK_ONFAULT) == 0;
	return memory;
}

void gallery_unmap(void *memory, size_t size)
{
	if (memory) {
		explicit_bzero(memory, size);
		(void)munmap(memory, size);
	}
}

static size_t row_bytes(const struct gallery *gallery)
{
	return (size_t)gallery->stride * sizeof(float);
}

static float *row_at(const struct gallery *gallery, size_t row)
{
	return gallery->rows + row * gallery->stride;
}

int gallery_normalise(const uint8_t *bytes, uint32_t dimension, float *ret_row, uint32_t stride)
{
	double sum = 0;
	double norm;

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
	memset(ret_row + dimension, 0, (stride - dimension) * sizeof(float));
	return 0;
}

/* Locked pages may not grow past the limit: then they go on unlocked, and is_unlocked says so. */
static float *regrow(struct gallery *gallery, size_t old_size, size_t new_size)
{
	void *rows;
	bool is_locked;

	if (!gallery->rows) {
		rows = gallery_map(new_size, &is_locked);
		gallery->is_unlocked |= rows && !is_locked;
		return rows;
	}
	rows = mremap(gallery->rows, old_size, new_size, MREMAP_MAYMOVE);
	if (rows == MAP_FAILED && errno == EAGAIN) {
		(void)munlock(gallery->rows, old_size);
		gallery->is_unlocked = true;
		rows = mremap(gallery->rows, old_size, new_size, MREMAP_MAYMOVE);
	}
	return rows == MAP_FAILED ? NULL : rows;
}

static int grow(struct gallery *gallery)
{
	uint32_t capacity = gallery->capacity + gallery->capacity / 4 + 64;
	uint64_t *keys;
	float *rows;

	if (capacity < gallery->capacity || capacity > INT32_MAX) {
		return -ENOMEM;
	}
	keys = reallocarray(gallery->keys, capacity, sizeof(*keys));
	if (!keys) {
		return -ENOMEM;
	}
	gallery->keys = keys;
	rows = regrow(
		gallery, gallery->capacity * row_bytes(gallery), capacity * row_bytes(gallery));
	if (!rows) {
		return -ENOMEM;
	}
	gallery->rows = rows;
	gallery->capacity = capacity;
	return 0;
}

int gallery_add(struct gallery *gallery, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	uint32_t dimension = size / sizeof(float);
	int status;

	if (size == 0 || size % sizeof(float) != 0 || size > PST_TEMPLATE_MAX) {
		return PST_E_FORMAT;
	}
	if (gallery->count == 0 && gallery->dimension != dimension) {
		gallery_finish(gallery);
		gallery->dimension = dimension;
		gallery->stride = (dimension + DOT_LANES - 1) / DOT_LANES * DOT_LANES;
	}
	if (gallery->dimension != dimension) {
		return PST_E_FORMAT;
	}
	status = gallery->count == gallery->capacity ? grow(gallery) : 0;
	if (status < 0) {
		return status;
	}
	status = gallery_normalise(
		bytes, dimension, row_at(gallery, gallery->count), gallery->stride);
	if (status < 0) {
		return status;
	}
	gallery->keys[gallery->count++] = key;
	gallery->is_sealed = false;
	return 0;
}

int gallery_remove(struct gallery *gallery, uint64_t key)
{
	uint32_t kept = 0;
	uint32_t removed;

	for (uint32_t i = 0; i < gallery->count; i++) {
		if (gallery->keys[i] == key) {
			continue;
		}
		if (kept != i) {
			memcpy(row_at(gallery, kept), row_at(gallery, i), row_bytes(gallery));
			gallery->keys[kept] = gallery->keys[i];
		}
		kept++;
	}
	removed = gallery->count - kept;
	if (removed > 0) {
		explicit_bzero(row_at(gallery, kept), removed * row_bytes(gallery));
		gallery->count = kept;
		gallery->is_sealed = false;
	}
	return (int)removed;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->key != right->key) {
		return left->key < right->key ? -1 : 1;
	}
	return left->row < right->row ? -1 : left->row > right->row;
}

static bool is_sorted(const struct gallery *gallery)
{
	for (uint32_t i = 1; i < gallery->count; i++) {
		if (gallery->keys[i - 1] > gallery->keys[i]) {
			return false;
		}
	}
	return true;
}

/* Follows each cycle of the permutation once; places[i].row says which row belongs at i. */
static void permute(struct gallery *gallery, struct place *places, float *spare)
{
	for (uint32_t start = 0; start < gallery->count; start++) {
		uint32_t to = start;

		if (places[start].row == start) {
			continue;
		}
		memcpy(spare, row_at(gallery, start), row_bytes(gallery));
		while (places[to].row != start) {
			uint32_t from = places[to].row;

			memcpy(row_at(gallery, to), row_at(gallery, from), row_bytes(gallery));
			places[to].row = to;
			to = from;
		}
		memcpy(row_at(gallery, to), spare, row_bytes(gallery));
		places[to].row = to;
	}
	for (uint32_t i = 0; i < gallery->count; i++) {
		gallery->keys[i] = places[i].key;
	}
}

int gallery_seal(struct gallery *gallery)
{
	struct place *places;
	float *spare;
	bool is_locked;

	if (is_sorted(gallery)) {
		gallery->is_sealed = true;
		return 0;
	}
	spare = gallery_map(row_bytes(gallery), &is_locked);
	if (!spare) {
		return -ENOMEM;
	}
	gallery->is_unlocked |= !is_locked;
	places = reallocarray(NULL, gallery->count, sizeof(*places));
	if (places) {
		for (uint32_t i = 0; i < gallery->count; i++) {
			places[i] = (struct place){gallery->keys[i], i};
		}
		qsort(places, gallery->count, sizeof(*places), compare_places);
		permute(gallery, places, spare);
		gallery->is_sealed = true;
	}
	free(places);
	gallery_unmap(spare, row_bytes(gallery));
	return gallery->is_sealed ? 0 : -ENOMEM;
}

uint32_t gallery_find(const struct gallery *gallery, uint64_t key, uint32_t *ret_first)
{
	uint32_t low = 0, high = gallery->count, count = 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (gallery->keys[middle] < key) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	while (low + count < gallery->count && gallery->keys[low + count] == key) {
		count++;
	}
	if (count > 0) {
		*ret_first = low;
	}
	return count;
}

void gallery_finish(struct gallery *gallery)
{
	gallery_unmap(gallery->rows, gallery->capacity * row_bytes(gallery));
	free(gallery->keys);
	gallery->rows = NULL;
	gallery->keys = NULL;
	gallery->count = 0;
	gallery->capacity = 0;
	gallery->dimension = 0;
	gallery->stride = 0;
	gallery->is_sealed = false;
}
