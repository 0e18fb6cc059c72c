/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_GALLERY_H
#define COSINE_GALLERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coarse.h"
#include "index.h"
#include "locked.h"

/**
 * Templates of one dimension as rows of unit length, in no order, each under a key, and the same
 * rows as codes for the coarse scan. Both are templates: both are locked and wiped.
 *
 * A row is appended when it is added, and the last row takes the place of one that is removed. So a
 * change costs what its own row costs, O(dimension) time, whatever the size of the gallery. Room
 * grows by a quarter; the index doubles. Zero it before first use.
 */
struct gallery {
	struct locked rows;   /* capacity * stride floats */
	struct locked blocks; /* codes of 16 rows each; empty unless has_codes */
	struct index index;
	uint32_t count; /* rows in use */
	uint32_t capacity;
	uint32_t dimension; /* floats in a template, 0 before the first */
	uint32_t stride;    /* floats from row to row */
	bool has_codes;	    /* set by the owner before the first row */
};

/** @return floats from row to row */
uint32_t gallery_stride(uint32_t dimension);

/**
 * Turns template bytes into a row of unit length, padded with zeros.
 *
 * @param bytes    size bytes, any alignment; NULL is refused
 * @param ret_row  gallery_stride(size / 4) floats
 * @return 0; PST_E_FORMAT no whole number of floats, too many or none, one that is not finite, or
 *         all are 0
 */
int gallery_normalise(const uint8_t *bytes, uint32_t size, float *ret_row);

/** @return 0; PST_E_FORMAT; -ENOMEM; on error the gallery is unchanged */
int gallery_add(struct gallery *gallery, uint64_t key, const uint8_t *bytes, uint32_t size);

/** Takes out and wipes. @return count removed */
int gallery_remove(struct gallery *gallery, uint64_t key);

/** Wipes and releases everything. */
void gallery_finish(struct gallery *gallery);

bool gallery_is_unlocked(const struct gallery *gallery);

static inline float *gallery_row(const struct gallery *gallery, size_t row)
{
	return (float *)gallery->rows.at + row * gallery->stride;
}

static inline struct coarse_block *gallery_block(const struct gallery *gallery, size_t block)
{
	return (struct coarse_block *)(void *)((char *)gallery->blocks.at +
					       block * coarse_block_size(gallery->stride));
}

#endif
