/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_NAME_H
#define PST_VAULT_NAME_H

#include "base/text.h"
#include "crypto/keyring.h"
#include "vault/db.h"

/* Inside the vault room only: names of stores, classes, galleries as small numbers for headers. */

#define PST_VAULT_NAME_SIZE 65 /* bytes with the NUL, as pst_text_is_id() allows */

/** The values are stored. */
enum pst_vault_name_kind {
	PST_VAULT_NAME_UNSET = 0,
	PST_VAULT_NAME_STORE = 1,
	PST_VAULT_NAME_RETENTION = 2,
	PST_VAULT_NAME_CATEGORY = 3,
	PST_VAULT_NAME_PURPOSE = 4,
	PST_VAULT_NAME_GALLERY = 5,
	PST_VAULT_NAME_LANE = 6,
};

/**
 * The number of a name, given out at its first use; inside a transaction.
 *
 * @param ret_number  1..255, or 65535 for categories, galleries and lanes
 * @return 0
 *         -EINVAL  not an id (pst_text_is_id), or no number is left
 */
int pst_vault_name_number(struct pst_vault_db *db, const struct pst_keyring *ring,
	enum pst_vault_name_kind kind, const char *text, uint16_t *ret_number,
	struct pst_error *error) PST_MUST_CHECK;

/** The number of a name that was given one. @return 0, PST_E_NOT_FOUND, PST_E_VAULT */
int pst_vault_name_find(struct pst_vault_db *db, const struct pst_keyring *ring,
	enum pst_vault_name_kind kind, const char *text, uint16_t *ret_number,
	struct pst_error *error) PST_MUST_CHECK;

/** The name of a number. @return 0, PST_E_CORRUPT (none, or not the vault's own) */
int pst_vault_name_text(struct pst_vault_db *db, const struct pst_keyring *ring,
	enum pst_vault_name_kind kind, uint64_t number, char ret_text[PST_VAULT_NAME_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** Takes a name out of use. Its number is never given out again. */
int pst_vault_name_retire(struct pst_vault_db *db, enum pst_vault_name_kind kind, uint16_t number,
	struct pst_error *error) PST_MUST_CHECK;

#endif
