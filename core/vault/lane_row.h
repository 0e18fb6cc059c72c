/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_LANE_ROW_H
#define PST_VAULT_LANE_ROW_H

#include "base/bytes.h"
#include "crypto/sign.h"
#include "vault/inside.h"
#include "vault/name.h"

/*
 * Inside the vault room only: a row of the table lane_key, bound to the vault by a keyed tag.
 *
 * Its grants say what the lane's parcels may: 12 bytes each, little endian: kind 1 (enum
 * pst_vault_name_kind), zero 1, number 2, seconds 8 (of a retention class; else 0).
 */
struct pst_vault_lane_row {
	uint8_t key[PST_SIGN_PUBLIC_SIZE];
	uint16_t lane; /* number of its name */
	int64_t since_s;
	int64_t until_s;
	int64_t revoked_s;
	struct pst_bytes grants; /* owned */
};

/**
 * Reads and checks the row of a key.
 *
 * @param ret_row  the caller ends it with pst_vault_lane_row_finish(); empty unless 0
 * @return 0, PST_E_NOT_FOUND, PST_E_CORRUPT (not as the vault wrote it), a status with the error
 */
int pst_vault_lane_row_find(struct pst_vault *vault, const uint8_t key[PST_SIGN_PUBLIC_SIZE],
	struct pst_vault_lane_row *ret_row, struct pst_error *error) PST_MUST_CHECK;

/** Frees and zeroes. */
void pst_vault_lane_row_finish(struct pst_vault_lane_row *row);

/**
 * Revokes a key; inside a transaction.
 *
 * @return 1; 0 it is no lane's, or was revoked before; or a status
 */
int pst_vault_lane_row_revoke(struct pst_vault *vault, const uint8_t key[PST_SIGN_PUBLIC_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** @return whether the lane may use a name, or a class for so many seconds at most */
bool pst_vault_lane_row_grants(const struct pst_vault_lane_row *row, enum pst_vault_name_kind kind,
	uint16_t number, int64_t seconds);

#endif
