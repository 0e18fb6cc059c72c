/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_ARENA_H
#define PST_WORKER_ARENA_H

#include <stddef.h>

#define PST_ARENA_ALIGNMENT 64

struct pst_arena_block;

/**
 * Memory for one picture's work, given back all at once. After a few pictures alike it is one block
 * of the size that they need, and nothing is allocated any more. Zeroed is a valid empty one.
 */
struct pst_arena {
	struct pst_arena_block *blocks; /* owned, the one in use first */
	size_t used;			/* bytes of the first */
	size_t total;			/* bytes handed out since the last reset */
};

/** @return size bytes, aligned, not zeroed, the arena's; NULL without memory */
void *pst_arena_alloc(struct pst_arena *arena, size_t size);

/** Takes everything back; the memory stays. */
void pst_arena_reset(struct pst_arena *arena);

/** Overwrites what was handed out with zeroes; the memory stays. */
void pst_arena_wipe(struct pst_arena *arena);

/** Wipes and frees. Accepts an empty one. */
void pst_arena_finish(struct pst_arena *arena);

#endif
