/* SPDX-License-Identifier: Apache-2.0 */
#include "locked.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_SIZE ((size_t)4 << 20) /* from here on in huge pages, where the system has them */

static void *map(struct locked *memory, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != MAP_FAILED) {
		(void)madvise(at, size, MADV_DONTDUMP);
		memory->is_unlocked |= mlock2(at, size, MLOCK_ONFAULT) != 0;
	}
	return at;
}

/* Locked pages may not grow past the limit: then all go on unlocked. */
static void *regrow(struct locked *memory, size_t size)
{
	void *at = mremap(memory->at, memory->size, size, MREMAP_MAYMOVE);

	if (at == MAP_FAILED && errno == EAGAIN) {
		(void)munlock(memory->at, memory->size);
		memory->is_unlocked = true;
		at = mremap(memory->at, memory->size, size, MREMAP_MAYMOVE);
	}
	return at;
}

int locked_grow(struct locked *memory, size_t size)
{
	void *at;

	if (size <= memory->size) {
		return 0;
	}
	at = memory->at ? regrow(memory, size) : map(memory, size);
	if (at == MAP_FAILED) {
		return -ENOMEM;
	}
	memory->at = at;
	memory->size = size;
	if (size >= HUGE_SIZE) {
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
