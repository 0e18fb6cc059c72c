/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_ARENA_H
#define PST_CRYPTO_ARENA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Inside the crypto room only: one range of locked memory that secrets are cut from.
 *
 *   guard page | mark | block | block | ... | not in use yet | guard page
 *   no access  |------- locked, read and write ------|------- no access -------|
 *
 *   block: header 32, the secret, padding to 16, canary 16
 *
 * The range is reserved once and made usable in steps, each of them locked, kept out of core dumps
 * and wiped in a forked child, or not made usable at all. It does not shrink. Header and canary
 * are checked whenever a block is freed or taken: an overrun, an underrun or a second free ends the
 * program. In a forked child the mark reads zero: the child begins with a range of its own, and
 * what it inherits is only zeroes.
 */

struct arena {
	size_t reserved; /* bytes of address space; static */
	size_t step;	 /* bytes by which it grows at least; static */

	pthread_mutex_t lock;
	uint8_t *start;	    /* the mark; NULL: nothing is reserved yet */
	size_t usable;	    /* bytes from start that are locked */
	size_t used;	    /* of them, bytes that blocks take */
	size_t last;	    /* offset of the last block; 0: none */
	size_t free;	    /* offset of the first free block; 0: none */
	size_t live;	    /* secrets */
	uint8_t *inherited; /* a parent's range */
};

#define ARENA(reserved_bytes, step_bytes)                                                          \
	{                                                                                          \
		.reserved = (reserved_bytes), .step = (step_bytes),                                \
		.lock = PTHREAD_MUTEX_INITIALIZER                                                  \
	}

/** @return zeroed memory, aligned to 16; NULL: no memory, or none that can be locked */
void *arena_take(struct arena *arena, size_t size);

/** @return whether the memory is of this arena, or was a parent's */
bool arena_has(struct arena *arena, const void *memory);

/** Wipes and takes back. Ends the program when the block or its neighbours are damaged. */
void arena_give(struct arena *arena, void *memory);

#endif
