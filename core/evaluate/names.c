/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64u

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text; text++) {
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
	}
	return hash ^ (hash >> 32);
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t slot_of(const struct pst_names *names, const char *text)
{
	uint32_t at = (uint32_t)hash_of(text) & (names->slots - 1);

	while (names->slot[at] && strcmp(names->at[names->slot[at] - 1], text) != 0) {
		at = (at + 1) & (names->slots - 1);
	}
	return at;
}

static int grow(struct pst_names *names)
{
	uint32_t room = names->room ? names->room * 2 : SLOTS_FIRST / 2;
	char **at = realloc(names->at, room * sizeof(*at));

	if (!at) {
		return -ENOMEM;
	}
	names->at = at;
	uint32_t *slot = calloc((size_t)room * 2, sizeof(*slot));
	if (!slot) {
		return -ENOMEM;
	}
	free(names->slot);
	names->slot = slot;
	names->slots = room * 2;
	names->room = room;
	for (uint32_t i = 0; i < names->count; i++) {
		slot[slot_of(names, names->at[i])] = i + 1;
	}
	return 0;
}

int pst_names_put(struct pst_names *names, const char *text, uint32_t *ret_index)
{
	if (names->count == names->room && grow(names) < 0) {
		return -ENOMEM;
	}
	uint32_t slot = slot_of(names, text);

	if (!names->slot[slot]) {
		char *copy = strdup(text);

		if (!copy) {
			return -ENOMEM;
		}
		names->at[names->count++] = copy;
		names->slot[slot] = names->count;
	}
	*ret_index = names->slot[slot] - 1;
	return 0;
}

uint32_t pst_names_find(const struct pst_names *names, const char *text)
{
	uint32_t found = names->slots ? names->slot[slot_of(names, text)] : 0;

	return found ? found - 1 : PST_NAMES_NONE;
}

void pst_names_finish(struct pst_names *names)
{
	for (uint32_t i = 0; i < names->count; i++) {
		free(names->at[i]);
	}
	free(names->at);
	free(names->slot);
	*names = (struct pst_names){0};
}
