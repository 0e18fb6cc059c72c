/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_TURN_H
#define PST_VAULT_TURN_H

#include "vault/inside.h"

/*
 * Inside the vault room only: which transform the vault's templates have, kept in the meta row
 * 'transform', 36 bytes: number 4, tag 32. 0 is none; each renewal takes the next one.
 */

/** Writes the row of a new or migrated database; inside a transaction or alone. */
int pst_vault_turn_write(struct pst_vault_db *db, const struct pst_keyring *ring, uint32_t number,
	struct pst_error *error) PST_MUST_CHECK;

/** Reads and checks the row into vault->turn. @return 0, PST_E_VAULT */
int pst_vault_turn_read(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/**
 * A template as the vault keeps it: multiplied by the present transform, if there is one.
 *
 * @param format      its element type
 * @param ret_turned  template itself, or the vault's locked memory: valid until the vault opens or
 *                    turns another; pst_vault_turn_done() wipes it
 * @return 0, -EINVAL (not one that can be transformed), -ENOMEM
 */
int pst_vault_turn(struct pst_vault *vault, uint16_t format, const uint8_t *template, size_t size,
	const uint8_t **ret_turned, struct pst_error *error) PST_MUST_CHECK;
void pst_vault_turn_done(struct pst_vault *vault, size_t size);

/**
 * Turns a template by the vault's transform, seals and inserts it, and deletes the reference that
 * it replaces; inside a transaction.
 *
 * @param header  its transform is the vault's present one
 * @return count replaced
 *         -EINVAL       the vault's transform is not for such templates; nothing changed
 *         PST_E_UNSAFE  what it would replace is under legal hold; nothing changed
 *         or as pst_vault_insert()
 */
int pst_vault_put(struct pst_vault *vault, const struct pst_vault_header *header,
	const uint8_t *template, struct pst_error *error) PST_MUST_CHECK;

#endif
