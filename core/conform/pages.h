/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_PAGES_H
#define PST_CONFORM_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/**
 * A buffer with known bytes around it, or with a page that nobody can touch at one of its ends.
 * Zeroed is a valid empty one.
 */
struct pst_pages {
	uint8_t *data; /* size bytes */
	size_t size;
	uint8_t *base; /* owned: all that is mapped */
	size_t mapped;
};

/** What lies around a buffer. */
enum pst_pages_guard {
	PST_PAGES_LOOSE = 0, /* known bytes on both sides: who writes there is told, and lives */
	PST_PAGES_END,	     /* behind it what cannot be touched */
	PST_PAGES_BEGIN,     /* before it what cannot be touched */
};

/**
 * Maps a buffer, filled with one byte.
 *
 * @param name       "the picture": static, for messages about who touches what lies around it
 * @param alignment  of the first byte, a power of two; what it leaves at an end is known bytes
 * @return 0 or -ENOMEM
 */
int pst_pages_open(struct pst_pages *pages, const char *name, size_t size, size_t alignment,
	enum pst_pages_guard guard, uint8_t fill) PST_MUST_CHECK;

/** @return whether the known bytes around the buffer are as they were */
bool pst_pages_are_intact(const struct pst_pages *pages);

/** Makes the buffer read-only, or writable again. */
void pst_pages_lock(const struct pst_pages *pages, bool locked);

/** Unmaps the buffer. Accepts an empty one. */
void pst_pages_close(struct pst_pages *pages);

/**
 * Says what lies at an address that could not be touched. For a signal handler.
 *
 * @return "4 bytes behind the picture", in ret_text; false when it is none of these pages
 */
bool pst_pages_describe(const void *address, char *ret_text, size_t size);

#endif
