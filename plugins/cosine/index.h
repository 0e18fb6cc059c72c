/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_INDEX_H
#define COSINE_INDEX_H

#include <stdint.h>

#define INDEX_NONE UINT32_MAX

/**
 * Which rows stand under a key, and which key a row has.
 *
 * A hash table of keys, each with a list of its rows. Insert, remove and move take constant time on
 * average; the table doubles as it fills, which is constant time for each insertion as well.
 * Zero it before first use.
 */
struct index {
	struct index_row {
		uint64_t key;
		uint32_t next;	 /* row of the same key, or INDEX_NONE */
		uint32_t before; /* likewise */
	} * rows;
	uint32_t *slots;     /* first row of a key, or INDEX_NONE; never more than half in use */
	uint32_t slot_count; /* 0 or a power of two */
	uint32_t capacity;   /* rows there is room for */
};

/** Makes room for rows 0..capacity-1. @return 0; -ENOMEM nothing is lost */
int index_reserve(struct index *index, uint32_t capacity);

/** Puts a row, below the capacity and not in the index, under a key. */
void index_insert(struct index *index, uint64_t key, uint32_t row);

void index_remove(struct index *index, uint32_t row);

/** The row from is called to from now on; to is not in the index. */
void index_move(struct index *index, uint32_t from, uint32_t to);

/** @return a row of the key, the others follow by rows[].next; INDEX_NONE without one */
uint32_t index_find(const struct index *index, uint64_t key);

void index_finish(struct index *index);

#endif
