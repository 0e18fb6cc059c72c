/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

#define ALIGNMENT 16u
#define CANARY_SIZE 16u
#define BLOCK_MIN (sizeof(struct header) + ALIGNMENT + CANARY_SIZE)

#define STATE_LIVE 0x4c495645u
#define STATE_FREE 0x46524545u

/* In front of the first block: shows a fork, and is what canaries are made from. */
struct mark {
	uint64_t seed;
	uint64_t zero;
};

/* In front of every block. Offsets count from the arena's start. */
struct header {
	uint64_t check;
	uint32_t size;	 /* of the block, header and canary included */
	uint32_t before; /* size of the block before; 0: this is the first */
	uint32_t state;
	uint32_t asked; /* bytes of the secret */
	uint32_t next;	/* of a free block: the next free one */
	uint32_t previous;
};

_Static_assert(sizeof(struct header) % ALIGNMENT == 0 && sizeof(struct mark) % ALIGNMENT == 0,
	"secrets are aligned");

static _Noreturn void damaged(const char *what)
{
	(void)!write(STDERR_FILENO, what, strlen(what));
	abort();
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static struct mark *mark_of(const struct arena *arena)
{
	return (struct mark *)(void *)arena->start;
}

static struct header *at(const struct arena *arena, size_t offset)
{
	return (struct header *)(void *)(arena->start + offset);
}

static size_t offset_of(const struct arena *arena, const struct header *block)
{
	return (size_t)((const uint8_t *)block - arena->start);
}

static uint8_t *secret_of(struct header *block)
{
	return (uint8_t *)(block + 1);
}

static uint64_t check_of(const struct arena *arena, const struct header *block)
{
	uint64_t check = mark_of(arena)->seed ^ offset_of(arena, block);

	check ^= (uint64_t)block->size << 32 | block->before;
	return check ^ ((uint64_t)block->asked << 16 | block->state);
}

static void put_canary(const struct arena *arena, struct header *block)
{
	uint64_t canary = mark_of(arena)->seed ^ ~(uint64_t)offset_of(arena, block);
	uint8_t *end = secret_of(block) + block->asked;
	uint8_t *limit = (uint8_t *)block + block->size;

	for (size_t i = 0; end + i < limit; i++) {
		end[i] = (uint8_t)(canary >> (8 * (i % 8)));
	}
}

static bool canary_stands(const struct arena *arena, struct header *block)
{
	uint64_t canary = mark_of(arena)->seed ^ ~(uint64_t)offset_of(arena, block);
	const uint8_t *end = secret_of(block) + block->asked;
	const uint8_t *limit = (uint8_t *)block + block->size;
	uint8_t differs = 0;

	for (size_t i = 0; end + i < limit; i++) {
		differs |= (uint8_t)(end[i] ^ (uint8_t)(canary >> (8 * (i % 8))));
	}
	return differs == 0;
}

static void check_header(const struct arena *arena, const struct header *block)
{
	if (block->check != check_of(arena, block)) {
		damaged("postern: memory of secrets is damaged (something wrote before or beyond "
			"its bounds)\n");
	}
}

static void seal_header(const struct arena *arena, struct header *block)
{
	block->check = check_of(arena, block);
}

/* The range of address space, with nothing usable in it yet. */
static int reserve(struct arena *arena)
{
	size_t page = page_size();
	uint8_t *range = mmap(NULL, arena->reserved + 2 * page, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (range == MAP_FAILED) {
		return -ENOMEM;
	}
	arena->start = range + page;
	arena->usable = 0;
	arena->used = 0;
	arena->last = 0;
	arena->free = 0;
	arena->live = 0;
	return 0;
}

static int make_usable(struct arena *arena, size_t size)
{
	uint8_t *from = arena->start + arena->usable;

	if (mprotect(from, size, PROT_READ | PROT_WRITE) < 0) {
		return -ENOMEM;
	}
	if (mlock(from, size) < 0 || madvise(from, size, MADV_DONTDUMP) < 0 ||
		madvise(from, size, MADV_WIPEONFORK) < 0) {
		(void)munlock(from, size);
		(void)mprotect(from, size, PROT_NONE);
		return -ENOMEM;
	}
	arena->usable += size;
	return 0;
}

/* A whole step where the limit allows it, else what is needed just now. */
static int grow(struct arena *arena, size_t more)
{
	size_t page = page_size();
	size_t needed = (more + page - 1) / page * page;
	size_t left = arena->reserved - arena->usable;
	size_t step = needed > arena->step ? needed : arena->step;

	if (needed > left) {
		return -ENOMEM;
	}
	step = step > left ? left : step;
	int status = make_usable(arena, step);
	if (status < 0 && step > needed) {
		status = make_usable(arena, needed);
	}
	return status;
}

static int begin(struct arena *arena)
{
	if (arena->start && arena->usable > 0 && mark_of(arena)->seed != 0) {
		return 0;
	}
	if (arena->start && arena->usable > 0) {
		arena->inherited = arena->start;
		arena->start = NULL;
	}
	if (!arena->start && reserve(arena) < 0) {
		return -ENOMEM;
	}
	int status = grow(arena, sizeof(struct mark));
	if (status == 0) {
		while (mark_of(arena)->seed == 0) {
			randombytes_buf(&mark_of(arena)->seed, sizeof(mark_of(arena)->seed));
		}
		arena->used = sizeof(struct mark);
	}
	return status;
}

static void unlink_free(struct arena *arena, const struct header *block)
{
	if (block->previous) {
		at(arena, block->previous)->next = block->next;
	} else {
		arena->free = block->next;
	}
	if (block->next) {
		at(arena, block->next)->previous = block->previous;
	}
}

static void link_free(struct arena *arena, struct header *block)
{
	block->state = STATE_FREE;
	block->asked = 0;
	block->previous = 0;
	block->next = (uint32_t)arena->free;
	if (arena->free) {
		at(arena, arena->free)->previous = (uint32_t)offset_of(arena, block);
	}
	arena->free = offset_of(arena, block);
	seal_header(arena, block);
}

/* The block behind learns how large the one before it is now. */
static void tell_next(struct arena *arena, const struct header *block)
{
	size_t next = offset_of(arena, block) + block->size;

	if (next < arena->used) {
		check_header(arena, at(arena, next));
		at(arena, next)->before = block->size;
		seal_header(arena, at(arena, next));
	} else {
		arena->last = offset_of(arena, block);
	}
}

/* What is left of a free block behind the size that is needed becomes a free block of its own. */
static void split(struct arena *arena, struct header *block, uint32_t size)
{
	if (block->size - size < BLOCK_MIN) {
		return;
	}
	struct header *rest = at(arena, offset_of(arena, block) + size);
	*rest = (struct header){.size = block->size - size, .before = size};
	block->size = size;
	link_free(arena, rest);
	tell_next(arena, rest);
}

static struct header *find_free(struct arena *arena, uint32_t size)
{
	for (size_t offset = arena->free; offset; offset = at(arena, offset)->next) {
		struct header *block = at(arena, offset);

		check_header(arena, block);
		if (block->size >= size) {
			unlink_free(arena, block);
			split(arena, block, size);
			return block;
		}
	}
	return NULL;
}

static struct header *append(struct arena *arena, uint32_t size)
{
	if (size > arena->usable - arena->used &&
		grow(arena, size - (arena->usable - arena->used)) < 0) {
		return NULL;
	}
	struct header *block = at(arena, arena->used);
	*block = (struct header){
		.size = size, .before = arena->last ? at(arena, arena->last)->size : 0};
	arena->last = arena->used;
	arena->used += size;
	return block;
}

void *arena_take(struct arena *arena, size_t size)
{
	void *secret = NULL;

	if (size == 0 || size > arena->reserved) {
		return NULL;
	}
	uint32_t whole = (uint32_t)(sizeof(struct header) + CANARY_SIZE +
				    (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
	(void)pthread_mutex_lock(&arena->lock);
	struct header *block = begin(arena) < 0 ? NULL : find_free(arena, whole);
	if (!block && arena->used > 0) {
		block = append(arena, whole);
	}
	if (block) {
		block->state = STATE_LIVE;
		block->asked = (uint32_t)size;
		seal_header(arena, block);
		put_canary(arena, block);
		secret = secret_of(block);
		memset(secret, 0, size);
		arena->live++;
	}
	(void)pthread_mutex_unlock(&arena->lock);
	return secret;
}

static bool within(const struct arena *arena, const uint8_t *start, const void *memory)
{
	return start && (const uint8_t *)memory > start &&
	       (const uint8_t *)memory < start + arena->reserved;
}

bool arena_has(struct arena *arena, const void *memory)
{
	(void)pthread_mutex_lock(&arena->lock);
	bool has = within(arena, arena->start, memory) || within(arena, arena->inherited, memory);
	(void)pthread_mutex_unlock(&arena->lock);
	return has;
}

/* One free block of the block, the one before it and the one behind it, as far as they are free. */
static void merge(struct arena *arena, struct header *block)
{
	size_t offset = offset_of(arena, block);

	if (offset + block->size < arena->used) {
		struct header *next = at(arena, offset + block->size);

		check_header(arena, next);
		if (next->state == STATE_FREE) {
			unlink_free(arena, next);
			block->size += next->size;
			sodium_memzero(next, sizeof(*next));
		}
	}
	if (block->before) {
		struct header *before = at(arena, offset - block->before);

		check_header(arena, before);
		if (before->state == STATE_FREE) {
			unlink_free(arena, before);
			before->size += block->size;
			sodium_memzero(block, sizeof(*block));
			block = before;
		}
	}
	link_free(arena, block);
	if (offset_of(arena, block) + block->size >= arena->used) {
		arena->last = offset_of(arena, block);
	} else {
		tell_next(arena, block);
	}
}

void arena_give(struct arena *arena, void *memory)
{
	(void)pthread_mutex_lock(&arena->lock);
	bool inherited = within(arena, arena->inherited, memory) ||
			 (arena->start && mark_of(arena)->seed == 0);
	if (!inherited) {
		struct header *block = (struct header *)memory - 1;

		if (block->state == STATE_FREE || block->state == 0) {
			damaged("postern: memory of a secret was freed twice\n");
		}
		check_header(arena, block);
		if (block->state != STATE_LIVE || !canary_stands(arena, block)) {
			damaged("postern: memory of secrets is damaged (something wrote beyond its "
				"end)\n");
		}
		sodium_memzero(memory, block->size - sizeof(struct header));
		merge(arena, block);
		arena->live--;
	}
	(void)pthread_mutex_unlock(&arena->lock);
}
