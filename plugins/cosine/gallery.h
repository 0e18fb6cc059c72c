/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_GALLERY_H
#define COSINE_GALLERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Templates of one dimension as rows of unit length, each under a key, in memory that is kept
 * out of swap and core dumps as far as the system lets us.
 *
 * Sealed: rows stand in order of their keys, so that one key's templates are neighbours.
 */
struct gallery {
	float *rows;	/* capacity * stride floats, own mapping */
	uint64_t *keys; /* capacity entries */
	uint32_t count; /* rows in use */
	uint32_t capacity;
	uint32_t dimension; /* floats in a template, 0 before the first */
	uint32_t stride;    /* floats from row to row */
	bool is_sealed;
	bool is_unlocked; /* the system refused to lock some of it */
};

/**
 * Turns template bytes into a row of unit length, padded with zeros.
 *
 * @param bytes    dimension * 4 bytes, any alignment
 * @param ret_row  stride floats
 * @return 0; PST_E_FORMAT a value is not finite, or all are 0
 */
int gallery_normalise(const uint8_t *bytes, uint32_t dimension, float *ret_row, uint32_t stride);

/** @return 0; PST_E_FORMAT; -ENOMEM; on error the gallery is unchanged */
int gallery_add(struct gallery *gallery, uint64_t key, const uint8_t *bytes, uint32_t size);

/** Takes out and wipes. @return count removed */
int gallery_remove(struct gallery *gallery, uint64_t key);

/** Sorts by key. @return 0; -ENOMEM */
int gallery_seal(struct gallery *gallery);

/**
 * Rows of a key in a sealed gallery.
 *
 * @param ret_first  index of the first row; unset if there is none
 * @return count
 */
uint32_t gallery_find(const struct gallery *gallery, uint64_t key, uint32_t *ret_first);

/** Wipes and releases everything; the gallery is as new, but for is_unlocked. */
void gallery_finish(struct gallery *gallery);

/** A mapping of its own, zeroed, locked if possible. @return NULL when there is no memory */
void *gallery_map(size_t size, bool *ret_is_locked);

/** Wipes and unmaps. Accepts NULL. */
void gallery_unmap(void *memory, size_t size);

#endif
