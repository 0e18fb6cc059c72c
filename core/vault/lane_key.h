/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_LANE_KEY_H
#define PST_VAULT_LANE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/sign.h"
#include "vault/vault.h"

/*
 * Lanes that may seal for a vault: which key is which lane's, what its parcels may say, and whether
 * they are still taken. [control]
 *
 *   nothing --issue--> registered --issue--> registered, may say more, later end
 *                           |
 *                        revoke --> revoked: no parcel of the key is taken again
 */

#define PST_VAULT_LANE_VALID_MIN_S 3600LL
#define PST_VAULT_LANE_VALID_MAX_S (366LL * 86400)

/** For how long a policy's class keeps something in a store. */
struct pst_vault_lane_class {
	const char *text;
	int64_t retention_s; /* > 0 */
};

/** What a bulletin is to be issued for. Everything is borrowed; lists of names end with NULL. */
struct pst_vault_lane_order {
	const char *lane; /* an id */
	uint8_t key[PST_SIGN_PUBLIC_SIZE];
	const char *const *stores;
	const char *const *categories;
	const char *const *purposes;
	const char *const *galleries; /* that it may enrol into */
	const struct pst_vault_lane_class *classes;
	size_t class_count;
	int64_t valid_s;
};

/**
 * Registers a lane's key and writes a bulletin for it (vault/bulletin.h).
 *
 * What the key was granted before stays: parcels may be on their way.
 *
 * @param ret_bytes  an empty one; the caller finishes it
 * @return 0
 *         -EINVAL  a name, key or time that is not valid; a bulletin too large: a shorter valid_s
 *         -EEXIST  the lane has another key, or the key is another lane's
 *         PST_E_EXPIRED  the key was revoked
 *         as pst_vault_add()
 */
int pst_vault_lane_issue(struct pst_vault *vault, const struct pst_vault_lane_order *order,
	int64_t now_s, struct pst_bytes *ret_bytes, struct pst_error *error) PST_MUST_CHECK;

/** A registered key as a list shows it. */
struct pst_vault_lane_item {
	const char *lane; /* borrowed until the callback returns; "?" for a row that was changed */
	uint8_t key[PST_SIGN_PUBLIC_SIZE];
	int64_t since_s;
	int64_t until_s;   /* the latest end of its bulletins */
	int64_t revoked_s; /* 0: not revoked */
	bool damaged;	   /* the row is not as the vault wrote it: its parcels are refused */
};

/** @return 0 to go on */
typedef int (*pst_vault_lane_fn)(void *user, const struct pst_vault_lane_item *item);

/** Walks the keys, by lane. @return count walked, a status, or the callback's negative result */
int pst_vault_lane_each(struct pst_vault *vault, int64_t now_s, pst_vault_lane_fn each, void *user,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Revokes a lane's keys: later no parcel of it is taken, whenever it was made.
 *
 * @return count revoked; PST_E_NOT_FOUND no such lane, or all of its keys are revoked
 */
int pst_vault_lane_revoke(struct pst_vault *vault, const char *lane, int64_t now_s,
	struct pst_error *error) PST_MUST_CHECK;

#endif
