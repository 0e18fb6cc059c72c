/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_HOLD_H
#define PST_VAULT_HOLD_H

#include <stdbool.h>

#include "base/text.h"
#include "vault/forget.h"

/*
 * Legal hold: a record that must be kept longer than its class says. Its key is wrapped anew, in a
 * class of holds whose buckets are days, and a row says until when.
 *
 *   in its class --add--> held --release--> in its class again, if its expiry is still ahead
 *        |                 |         \----> deleted, if it is past
 *     expires         the hold's end: as released
 *
 * While it is held a record is neither purged nor forgotten nor replaced. The key of a hold's day
 * dies at that day's end, as every bucket's does.
 */

#define PST_VAULT_HOLD_CLASS "legal-hold" /* the name of the class */
#define PST_VAULT_HOLD_DAY_S 86400
#define PST_VAULT_HOLD_REASON_SIZE 65 /* bytes with the NUL; an id, pst_text_is_id() */

struct pst_vault_hold {
	uint8_t record[PST_VAULT_ID_SIZE];
	uint8_t hash[PST_VAULT_ID_SIZE]; /* as a tombstone's: what the log calls the record */
	int64_t until_s;		 /* a UTC midnight */
	int64_t since_s;
	char reason[PST_VAULT_HOLD_REASON_SIZE];
	bool damaged; /* edited in the database; the other fields are untrue */
};

/** @return 1 the record has a hold whose end is ahead, 0, or a status (PST_E_VAULT: edited) */
int pst_vault_hold_of(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	struct pst_vault_hold *ret_hold, struct pst_error *error) PST_MUST_CHECK;

/**
 * Holds records; one that is held already gets the new end and reason.
 *
 * @param graves  from pst_vault_find()
 * @param until_s a UTC midnight, ahead of the vault's time
 * @param reason  a case number or another id that names nobody
 * @return count held
 *         -EINVAL      the end or the reason
 *         PST_E_VAULT  one of them does not open
 *         as pst_vault_add()
 */
int pst_vault_hold_add(struct pst_vault *vault, const struct pst_vault_graves *graves,
	int64_t until_s, const char *reason, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/**
 * Ends holds: what is past its own expiry is deleted at once, the rest expires with its class.
 *
 * @param ret_deleted  how many of them are gone now
 * @return count of holds that ended, or as pst_vault_add()
 */
int pst_vault_hold_release(struct pst_vault *vault, const struct pst_vault_graves *graves,
	int64_t now_s, int *ret_deleted, struct pst_error *error) PST_MUST_CHECK;

/** Receives a hold. @return 0 to go on */
typedef int (*pst_vault_hold_fn)(void *user, const struct pst_vault_hold *hold);

/** Walks the holds. @return count, or PST_E_VAULT, or the callback's negative result */
int pst_vault_holds(struct pst_vault *vault, pst_vault_hold_fn each, void *user,
	struct pst_error *error) PST_MUST_CHECK;

#endif
