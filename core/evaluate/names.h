/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_NAMES_H
#define PST_EVALUATE_NAMES_H

#include <stdint.h>

#include "base/error.h"

#define PST_NAMES_NONE UINT32_MAX

/** Texts, each numbered from 0 in the order they came. Zeroed is a valid empty one. */
struct pst_names {
	char **at; /* owned, and each of them */
	uint32_t count;
	uint32_t room;
	uint32_t *slot; /* owned hash table of index + 1; 0 is free */
	uint32_t slots; /* a power of two, or 0 */
};

/** Looks a text up, and adds it where it is new. @return 0 or -ENOMEM */
int pst_names_put(struct pst_names *names, const char *text, uint32_t *ret_index) PST_MUST_CHECK;

/** @return its number, or PST_NAMES_NONE */
uint32_t pst_names_find(const struct pst_names *names, const char *text);

/** Frees and zeroes the struct. */
void pst_names_finish(struct pst_names *names);

#endif
