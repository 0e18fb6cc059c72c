/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_HELD_H
#define PST_VAULT_HELD_H

#include "vault/hold.h"
#include "vault/inside.h"

/* Inside the vault room only: what a hold means for the rest of it. */

/** Which key wraps a record's key: that of its class and bucket, or that of its hold. */
struct pst_vault_lives {
	struct pst_seal_place place;
	int64_t until_s; /* when it ends */
};

/** @return 0, PST_E_CORRUPT (its hold was edited), or a status */
int pst_vault_lives(struct pst_vault *vault, const struct pst_vault_header *header,
	struct pst_vault_lives *ret_lives) PST_MUST_CHECK;

/** A condition for records that are past their expiry and not held; ?1 is the vault's time. */
#define PST_VAULT_EXPIRED                                                                          \
	"expires <= ?1 AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.record = record.id AND"       \
	" hold.until > ?1)"

/** Reads how many holds there are. */
int pst_vault_hold_count(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/** Ends a record's hold without a look at the record; inside a transaction. */
int pst_vault_hold_drop(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** Drops holds that are over and whose record is gone; inside a transaction. */
int pst_vault_hold_purge(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

#endif
