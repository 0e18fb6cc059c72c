/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_LEAST 65536

struct pst_arena_block {
	struct pst_arena_block *next;
	size_t room; /* bytes behind the header */
	_Alignas(PST_ARENA_ALIGNMENT) unsigned char data[];
};

static size_t round_up(size_t size)
{
	return (size + PST_ARENA_ALIGNMENT - 1) / PST_ARENA_ALIGNMENT * PST_ARENA_ALIGNMENT;
}

static int grow(struct pst_arena *arena, size_t size)
{
	size_t room = size > BLOCK_LEAST ? size : BLOCK_LEAST;
	struct pst_arena_block *block =
		aligned_alloc(PST_ARENA_ALIGNMENT, sizeof(struct pst_arena_block) + room);

	if (!block) {
		return -1;
	}
	memset(block->data, 0, room);
	block->next = arena->blocks;
	block->room = room;
	arena->blocks = block;
	arena->used = 0;
	return 0;
}

void *pst_arena_alloc(struct pst_arena *arena, size_t size)
{
	void *data;

	if (size > SIZE_MAX / 2) {
		return NULL;
	}
	size = round_up(size);
	if ((!arena->blocks || arena->blocks->room - arena->used < size) && grow(arena, size) < 0) {
		return NULL;
	}
	data = arena->blocks->data + arena->used;
	arena->used += size;
	arena->total += size;
	return data;
}

/* More blocks than one become one that would have been enough. */
static void join(struct pst_arena *arena)
{
	size_t total = arena->total;

	if (arena->blocks && arena->blocks->next) {
		pst_arena_finish(arena);
		(void)grow(arena, total);
	}
}

void pst_arena_reset(struct pst_arena *arena)
{
	join(arena);
	arena->used = 0;
	arena->total = 0;
}

void pst_arena_wipe(struct pst_arena *arena)
{
	for (struct pst_arena_block *block = arena->blocks; block; block = block->next) {
		explicit_bzero(block->data, block->room);
	}
}

void pst_arena_finish(struct pst_arena *arena)
{
	pst_arena_wipe(arena);
	while (arena->blocks) {
		struct pst_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	*arena = (struct pst_arena){0};
}
