/* SPDX-License-Identifier: Apache-2.0 */
#include "locked.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20) /* bytes; mappings as large are made of such pages */

static size_t round_up(size_t size, size_t step)
{
	return (size + step - 1) / step * step;
}

/* Address space that begins where a huge page may begin; nothing is in it. */
static void *reserve(size_t size)
{
	char *at = mmap(NULL, size + HUGE_PAGE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (at == MAP_FAILED) {
		return MAP_FAILED;
	}
	before = round_up((uintptr_t)at, HUGE_PAGE) - (uintptr_t)at;
	if (before > 0) {
		(void)munmap(at, before);
	}
	if (before < HUGE_PAGE) {
		(void)munmap(at + before + size, HUGE_PAGE - before);
	}
	return at + before;
}

static void *map(struct locked *memory, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != MAP_FAILED) {
		(void)madvise(at, size, MADV_DONTDUMP);
		memory->is_unlocked |= mlock2(at, size, MLOCK_ONFAULT) != 0;
	}
	return at;
}

/* Pages move as they are, huge ones whole, as both ends are where a huge page may begin. */
static void *move(const struct locked *memory, size_t size)
{
	void *to, *at;

	if (size < HUGE_PAGE) {
		return mremap(memory->at, memory->size, size, MREMAP_MAYMOVE);
	}
	to = reserve(size);
	if (to == MAP_FAILED) {
		return MAP_FAILED;
	}
	at = mremap(memory->at, memory->size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (at == MAP_FAILED) {
		int error = errno;

		(void)munmap(to, size);
		errno = error;
	}
	return at;
}

/* Locked pages may not grow past the limit: then all go on unlocked. */
static void *grow(struct locked *memory, size_t size)
{
	void *at = move(memory, size);

	if (at == MAP_FAILED && errno == EAGAIN) {
		(void)munlock(memory->at, memory->size);
		memory->is_unlocked = true;
		at = move(memory, size);
	}
	return at;
}

int locked_grow(struct locked *memory, size_t size)
{
	void *at;

	if (size <= memory->size) {
		return 0;
	}
	if (size >= HUGE_PAGE) {
		size = round_up(size, HUGE_PAGE);
	}
	at = memory->at ? grow(memory, size) : map(memory, size);
	if (at == MAP_FAILED) {
		return -ENOMEM;
	}
	memory->at = at;
	memory->size = size;
	if (size >= HUGE_PAGE) {
		(void)madvise(at, size, MADV_HUGEPAGE);
	}
	return 0;
}

void locked_finish(struct locked *memory)
{
	if (memory->at) {
		explicit_bzero(memory->at, memory->size);
		(void)munmap(memory->at, memory->size);
	}
	memory->at = NULL;
	memory->size = 0;
}
