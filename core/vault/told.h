/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_TOLD_H
#define PST_VAULT_TOLD_H

#include "vault/forget.h"
#include "vault/hold.h"
#include "vault/vault.h"

/*
 * What an audit log was told of a vault: verification compares the database with it, a restored
 * backup is brought up to it. Whoever reads the log fills it in the log's order.
 */

/** A hold that began, or one that ended. */
struct pst_vault_told_hold {
	uint8_t hash[PST_VAULT_ID_SIZE]; /* of the record, as a tombstone's */
	int64_t until_s;		 /* 0: it ended */
	char reason[PST_VAULT_HOLD_REASON_SIZE];
};

struct pst_vault_told {
	bool has_set;
	struct pst_vault_set set;	       /* the newest that the log holds */
	struct pst_vault_tombstone *tombstone; /* owned */
	size_t tombstones, tombstone_room;
	struct pst_vault_told_hold *hold; /* owned; of a record the last one counts */
	size_t holds, hold_room;
	uint8_t (*revoked)[PST_SIGN_PUBLIC_SIZE]; /* owned; keys of lanes */
	size_t revocations, revoked_room;
};

/** @return 0 or -ENOMEM */
int pst_vault_told_tombstone(
	struct pst_vault_told *told, const struct pst_vault_tombstone *tombstone) PST_MUST_CHECK;
int pst_vault_told_hold(
	struct pst_vault_told *told, const struct pst_vault_told_hold *hold) PST_MUST_CHECK;

int pst_vault_told_revoked(
	struct pst_vault_told *told, const uint8_t lane_key[PST_SIGN_PUBLIC_SIZE]) PST_MUST_CHECK;

/** @return whether the log says that the record of a hash was deleted */
bool pst_vault_told_forgotten(
	const struct pst_vault_told *told, const uint8_t hash[PST_VAULT_ID_SIZE]);

/** @return the last thing said of holds of a record, or NULL */
const struct pst_vault_told_hold *pst_vault_told_held(
	const struct pst_vault_told *told, const uint8_t hash[PST_VAULT_ID_SIZE]);

/** Sorts, so that the questions above are answered quickly; after the last entry. */
void pst_vault_told_sort(struct pst_vault_told *told);

void pst_vault_told_finish(struct pst_vault_told *told);

#endif
