/* SPDX-License-Identifier: Apache-2.0 */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4. */
static uint32_t home_of(const struct index *index, uint64_t key)
{
	uint64_t hash = (key ^ key >> 32) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(hash >> 32) & (index->slot_count - 1);
}

/* The slot of a key, or the empty one where it belongs. */
static uint32_t slot_of(const struct index *index, uint64_t key)
{
	uint32_t slot = home_of(index, key);

	while (index->slots[slot] != INDEX_NONE && index->rows[index->slots[slot]].key != key) {
		slot = (slot + 1) & (index->slot_count - 1);
	}
	return slot;
}

static int rehash(struct index *index, uint32_t slot_count)
{
	struct index old = *index;

	index->slots = reallocarray(NULL, slot_count, sizeof(*index->slots));
	if (!index->slots) {
		index->slots = old.slots;
		return -ENOMEM;
	}
	memset(index->slots, 0xff, (size_t)slot_count * sizeof(*index->slots));
	index->slot_count = slot_count;
	for (uint32_t i = 0; i < old.slot_count; i++) {
		if (old.slots[i] != INDEX_NONE) {
			index->slots[slot_of(index, index->rows[old.slots[i]].key)] = old.slots[i];
		}
	}
	free(old.slots);
	return 0;
}

int index_reserve(struct index *index, uint32_t capacity)
{
	uint32_t slot_count = index->slot_count ? index->slot_count : 64;

	if (capacity > index->capacity) {
		struct index_row *rows = reallocarray(index->rows, capacity, sizeof(*rows));

		if (!rows) {
			return -ENOMEM;
		}
		index->rows = rows;
		index->capacity = capacity;
	}
	while (slot_count / 2 < capacity && slot_count < 1u << 31) {
		slot_count *= 2;
	}
	return slot_count > index->slot_count ? rehash(index, slot_count) : 0;
}

void index_insert(struct index *index, uint64_t key, uint32_t row)
{
	uint32_t slot = slot_of(index, key);
	uint32_t first = index->slots[slot];

	index->rows[row] = (struct index_row){.key = key, .next = first, .before = INDEX_NONE};
	if (first != INDEX_NONE) {
		index->rows[first].before = row;
	}
	index->slots[slot] = row;
}

/* Empties a slot and moves those behind it up that would not be found any more. */
static void vacate(struct index *index, uint32_t hole)
{
	uint32_t mask = index->slot_count - 1;
	uint32_t slot = hole;

	for (;;) {
		uint32_t home;

		slot = (slot + 1) & mask;
		if (index->slots[slot] == INDEX_NONE) {
			break;
		}
		home = home_of(index, index->rows[index->slots[slot]].key);
		if (((slot - home) & mask) >= ((slot - hole) & mask)) {
			index->slots[hole] = index->slots[slot];
			hole = slot;
		}
	}
	index->slots[hole] = INDEX_NONE;
}

void index_remove(struct index *index, uint32_t row)
{
	const struct index_row *gone = &index->rows[row];

	if (gone->next != INDEX_NONE) {
		index->rows[gone->next].before = gone->before;
	}
	if (gone->before != INDEX_NONE) {
		index->rows[gone->before].next = gone->next;
	} else if (gone->next != INDEX_NONE) {
		index->slots[slot_of(index, gone->key)] = gone->next;
	} else {
		vacate(index, slot_of(index, gone->key));
	}
}

void index_move(struct index *index, uint32_t from, uint32_t to)
{
	const struct index_row *row = &index->rows[from];

	if (row->before != INDEX_NONE) {
		index->rows[row->before].next = to;
	} else {
		index->slots[slot_of(index, row->key)] = to;
	}
	if (row->next != INDEX_NONE) {
		index->rows[row->next].before = to;
	}
	index->rows[to] = *row;
}

uint32_t index_find(const struct index *index, uint64_t key)
{
	return index->slot_count > 0 ? index->slots[slot_of(index, key)] : INDEX_NONE;
}

void index_finish(struct index *index)
{
	free(index->rows);
	free(index->slots);
	*index = (struct index){0};
}
