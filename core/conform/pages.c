/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/pages.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KNOWN 0xc5 /* the byte around a buffer */
#define LIVE_MAX 64

/* Buffers that are mapped now, for pst_pages_describe(). One thread maps them. */
static struct {
	const char *name; /* NULL: free */
	const uint8_t *base;
	size_t mapped;
	const uint8_t *data;
	size_t size;
} live[LIVE_MAX];

static void remember(const struct pst_pages *pages, const char *name)
{
	for (int i = 0; i < LIVE_MAX; i++) {
		if (!live[i].name) {
			live[i].base = pages->base;
			live[i].mapped = pages->mapped;
			live[i].data = pages->data;
			live[i].size = pages->size;
			live[i].name = name;
			return;
		}
	}
}

static void forget(const struct pst_pages *pages)
{
	for (int i = 0; i < LIVE_MAX; i++) {
		if (live[i].name && live[i].base == pages->base) {
			live[i].name = NULL;
		}
	}
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int pst_pages_open(struct pst_pages *pages, const char *name, size_t size, size_t alignment,
	enum pst_pages_guard guard, uint8_t fill)
{
	size_t page = page_size();
	size_t loose = guard == PST_PAGES_LOOSE ? 2 * page : 0;
	size_t inner = (size + alignment + page - 1) / page * page + loose;
	uint8_t *base;

	pst_pages_close(pages);
	base = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED) {
		return -ENOMEM;
	}
	if (mprotect(base + page, inner, PROT_READ | PROT_WRITE) < 0) {
		(void)munmap(base, inner + 2 * page);
		return -ENOMEM;
	}
	*pages = (struct pst_pages){.base = base, .mapped = inner + 2 * page, .size = size};
	pages->data = base + page + loose / 2;
	if (guard == PST_PAGES_END) {
		pages->data += (inner - size) / alignment * alignment;
	}
	memset(base + page, KNOWN, inner);
	memset(pages->data, fill, size);
	remember(pages, name);
	return 0;
}

static bool is_known(const uint8_t *from, const uint8_t *to)
{
	while (from < to && *from == KNOWN) {
		from++;
	}
	return from >= to;
}

bool pst_pages_are_intact(const struct pst_pages *pages)
{
	size_t page = page_size();

	return !pages->base ||
	       (is_known(pages->base + page, pages->data) &&
		       is_known(pages->data + pages->size, pages->base + pages->mapped - page));
}

void pst_pages_lock(const struct pst_pages *pages, bool locked)
{
	size_t page = page_size();

	(void)mprotect(pages->base + page, pages->mapped - 2 * page,
		locked ? PROT_READ : PROT_READ | PROT_WRITE);
}

void pst_pages_close(struct pst_pages *pages)
{
	if (pages->base) {
		forget(pages);
		(void)munmap(pages->base, pages->mapped);
	}
	*pages = (struct pst_pages){0};
}

/* Without stdio: it is not for signal handlers. */
static void put(char *to, size_t size, size_t *at, const char *text)
{
	while (*text && *at + 1 < size) {
		to[(*at)++] = *text++;
	}
	to[*at] = 0;
}

static void put_number(char *to, size_t size, size_t *at, size_t number)
{
	char digits[24];
	size_t i = sizeof(digits) - 1;

	digits[i] = 0;
	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	put(to, size, at, digits + i);
}

bool pst_pages_describe(const void *address, char *ret_text, size_t size)
{
	const uint8_t *where = address;
	size_t at = 0;

	for (int i = 0; i < LIVE_MAX; i++) {
		if (!live[i].name || where < live[i].base || where >= live[i].base + live[i].mapped) {
			continue;
		}
		if (where >= live[i].data + live[i].size) {
			put_number(ret_text, size, &at,
				(size_t)(where - live[i].data - live[i].size) + 1);
			put(ret_text, size, &at, " bytes behind the end of ");
		} else if (where < live[i].data) {
			put_number(ret_text, size, &at, (size_t)(live[i].data - where));
			put(ret_text, size, &at, " bytes before the beginning of ");
		} else {
			put(ret_text, size, &at, "read-only memory, ");
		}
		put(ret_text, size, &at, live[i].name);
		return true;
	}
	return false;
}
