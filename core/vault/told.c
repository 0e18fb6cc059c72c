/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room) {
		return array;
	}
	size_t wanted = *room ? 2 * *room : 16;
	void *grown = reallocarray(array, wanted, size);

	*room = grown ? wanted : *room;
	return grown;
}

int pst_vault_told_tombstone(
	struct pst_vault_told *told, const struct pst_vault_tombstone *tombstone)
{
	struct pst_vault_tombstone *grown =
		grow(told->tombstone, told->tombstones, &told->tombstone_room, sizeof(*tombstone));

	if (!grown) {
		return -ENOMEM;
	}
	told->tombstone = grown;
	told->tombstone[told->tombstones++] = *tombstone;
	return 0;
}

int pst_vault_told_hold(struct pst_vault_told *told, const struct pst_vault_told_hold *hold)
{
	struct pst_vault_told_hold *grown =
		grow(told->hold, told->holds, &told->hold_room, sizeof(*hold));

	if (!grown) {
		return -ENOMEM;
	}
	told->hold = grown;
	told->hold[told->holds++] = *hold;
	return 0;
}

int pst_vault_told_revoked(
	struct pst_vault_told *told, const uint8_t lane_key[PST_SIGN_PUBLIC_SIZE])
{
	void *grown =
		grow(told->revoked, told->revocations, &told->revoked_room, sizeof(*told->revoked));

	if (!grown) {
		return -ENOMEM;
	}
	told->revoked = grown;
	memcpy(told->revoked[told->revocations++], lane_key, PST_SIGN_PUBLIC_SIZE);
	return 0;
}

static int by_hash(const void *a, const void *b)
{
	const struct pst_vault_tombstone *one = a, *other = b;

	return memcmp(one->hash, other->hash, sizeof(one->hash));
}

void pst_vault_told_sort(struct pst_vault_told *told)
{
	if (told->tombstones > 0) {
		qsort(told->tombstone, told->tombstones, sizeof(*told->tombstone), by_hash);
	}
}

bool pst_vault_told_forgotten(
	const struct pst_vault_told *told, const uint8_t hash[PST_VAULT_ID_SIZE])
{
	struct pst_vault_tombstone key;

	memcpy(key.hash, hash, sizeof(key.hash));
	return told->tombstones > 0 &&
	       bsearch(&key, told->tombstone, told->tombstones, sizeof(key), by_hash) != NULL;
}

const struct pst_vault_told_hold *pst_vault_told_held(
	const struct pst_vault_told *told, const uint8_t hash[PST_VAULT_ID_SIZE])
{
	for (size_t i = told->holds; i > 0; i--) {
		const struct pst_vault_told_hold *hold = &told->hold[i - 1];

		if (memcmp(hold->hash, hash, PST_VAULT_ID_SIZE) == 0) {
			return hold;
		}
	}
	return NULL;
}

void pst_vault_told_finish(struct pst_vault_told *told)
{
	free(told->tombstone);
	free(told->hold);
	free(told->revoked);
	*told = (struct pst_vault_told){0};
}
