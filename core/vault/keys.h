/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_KEYS_H
#define PST_VAULT_KEYS_H

#include <stdbool.h>

#include "vault/vault.h"

/*
 * The keys that open a vault: slots of vault.keys. Changes need a key that opens it once more,
 * since an open vault does not hold its root; vault.keys is replaced in one step.
 *
 * All calls: [control]
 */

/** Receives a slot's place, 0..PST_KEYRING_SLOTS - 1, and description. @return 0 to go on */
typedef int (*pst_vault_key_fn)(void *user, size_t index, const struct pst_keyring_slot *slot);

/**
 * Walks the slots of a directory's vault. No key is needed and nothing is verified; a vault that
 * was opened with a key before has a file that is the vault's own.
 *
 * @return count walked; PST_E_NOT_FOUND no vault there; PST_E_VAULT; the callback's negative result
 */
int pst_vault_key_list(
	const char *dir, pst_vault_key_fn each, void *user, struct pst_error *error) PST_MUST_CHECK;

/**
 * Adds a key.
 *
 * @param key   opens the vault
 * @param more  the new key, its label and the time
 * @return 0
 *         -EEXIST      the label is taken, or the key opens the vault already
 *         -ENOSPC      all slots are taken, or the disk is full
 *         PST_E_VAULT  one of the keys cannot be used
 */
int pst_vault_key_add(struct pst_vault *vault, const struct pst_key_source *key,
	const struct pst_key_source *more, struct pst_error *error) PST_MUST_CHECK;

/** Removes a key. @return as add; PST_E_NOT_FOUND; PST_E_UNSAFE it is the last one */
int pst_vault_key_remove(struct pst_vault *vault, const struct pst_key_source *key,
	const char *label, struct pst_error *error) PST_MUST_CHECK;

/**
 * Makes a new root and a new state key; records stay as they are. Slots stay where their key is
 * given, the others are gone. What stands on the disk after a crash opens with the old file's keys
 * or the new one's:
 *
 *   vault.state slot 1 under the new state key, vault.keys replaced, vault.state slot 0
 *
 *   keys  slot 0  slot 1   opens with
 *   old   old     old      the old keys
 *   old   old     new      the old keys; slot 1 is made again
 *   new   old     new      the new keys; slot 0 is made again
 *   new   new     new      the new keys
 *
 * @param keys  the first one opens the vault; all are kept
 * @return as add
 */
int pst_vault_rotate(struct pst_vault *vault, const struct pst_key_source *keys, size_t count,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Which slots a rotation with these keys would keep; changes nothing.
 *
 * @param ret_kept  by the place that pst_vault_key_list() tells
 * @return 0, or as rotate
 */
int pst_vault_rotate_plan(const struct pst_vault *vault, const struct pst_key_source *keys,
	size_t count, bool ret_kept[PST_KEYRING_SLOTS], struct pst_error *error) PST_MUST_CHECK;

/**
 * Drops from memory all keys but the one that signs, the opened template and the transform. Every
 * call but pst_vault_unlock() and pst_vault_close() then fails with PST_E_VAULT, and a subject's
 * number is one that no matcher knows.
 *
 *   open  --lock-->  locked  --unlock-->  open
 *                      |
 *                      '---- unlock fails: stays locked
 */
void pst_vault_lock(struct pst_vault *vault);

/** Takes the keys in again from where they came. @return as pst_vault_open(); locked on error */
int pst_vault_unlock(struct pst_vault *vault, const struct pst_key_source *key,
	struct pst_error *error) PST_MUST_CHECK;

bool pst_vault_is_locked(const struct pst_vault *vault);

/**
 * @return when the next key of a locked vault must die, wall-clock seconds since 1970: until then
 *         it may stay locked; INT64_MAX: none
 */
int64_t pst_vault_due_s(const struct pst_vault *vault);

#endif
