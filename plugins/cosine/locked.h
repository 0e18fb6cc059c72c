/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COSINE_LOCKED_H
#define COSINE_LOCKED_H

#include <stdbool.h>
#include <stddef.h>

/**
 * A mapping of its own for templates and what is made of them: out of core dumps, locked against
 * swapping as far as the system lets us, wiped before it is given back. Zero it before first use.
 */
struct locked {
	void *at; /* page aligned */
	size_t size;
	bool is_unlocked; /* the system refused to lock it */
};

/**
 * Makes it at least size bytes; what is in it stays, the new part is 0. Never shrinks.
 *
 * Growing moves pages, it copies none, so nothing is left behind.
 *
 * @return 0; -ENOMEM nothing changed
 */
int locked_grow(struct locked *memory, size_t size);

/** Wipes and unmaps; is_unlocked stays. */
void locked_finish(struct locked *memory);

#endif
