/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_TOMBSTONE_H
#define PST_VAULT_TOMBSTONE_H

#include "vault/forget.h"
#include "vault/inside.h"

/*
 * Inside the vault room only: what is left of a record that was deleted before its expiry, so that
 * a backup which still holds it does not bring it back. A keyed hash of the record's id and the
 * time when the record would have expired by itself, bound together by a tag; at that time the
 * tombstone goes, too.
 */

/** The keyed hash that stands for a record id. */
void pst_vault_tombstone_hash(const struct pst_keyring *ring,
	const uint8_t record[PST_VAULT_ID_SIZE], uint8_t ret_hash[PST_VAULT_ID_SIZE]);

/** Inserts one that is not there yet; inside a transaction. @return 1 inserted, 0, or a status */
int pst_vault_tombstone_add(struct pst_vault *vault, const struct pst_vault_tombstone *tombstone,
	struct pst_error *error) PST_MUST_CHECK;

/** @return 1 there is a tombstone of that hash, 0, or a status */
int pst_vault_has_tombstone(struct pst_vault *vault, const uint8_t hash[PST_VAULT_ID_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** @return 1 the record was deleted and must not come back, 0, or a status */
int pst_vault_is_forgotten(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** Drops those whose record would have expired; inside a transaction. @return count, or a status */
int pst_vault_tombstone_purge(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

#endif
