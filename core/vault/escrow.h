/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_ESCROW_H
#define PST_VAULT_ESCROW_H

#include <stdbool.h>

#include "crypto/escrow.h"
#include "vault/vault.h"

/*
 * Recovery of a lost state file. Where a recovery key is set, the states of all classes longer than
 * 31 days are sealed to it in vault.escrow, anew with every write of the state file. Classes of 31
 * days or less and legal holds are never in it: with the state file they are lost.
 */
#define PST_VAULT_ESCROW_NAME "vault.escrow"

/** What is known of the recovery key. */
struct pst_vault_recovery {
	bool is_set;
	uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];
	bool is_good;	  /* vault.escrow is there, the vault's own and sealed to that key */
	int64_t made_s;	  /* then: when, by the vault's time */
	uint32_t classes; /* and of how many classes */
};

/**
 * Sets the recovery key and seals to it at once.
 *
 * @return 0; -EINVAL no key (a point of low order); as pst_vault_add()
 */
int pst_vault_recovery_set(struct pst_vault *vault,
	const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE], int64_t now_s,
	struct pst_error *error) PST_MUST_CHECK;

/** Reads what is set and what lies there. @return 0, PST_E_VAULT (the key was changed) */
int pst_vault_recovery_read(struct pst_vault *vault, struct pst_vault_recovery *ret_recovery,
	struct pst_error *error) PST_MUST_CHECK;

struct pst_vault_recovered {
	struct pst_escrow escrow;
	uint64_t records; /* that open again */
	uint64_t lost;	  /* of classes that were not in it; they are deleted */
};

/**
 * Makes the state file of a vault anew from vault.escrow; the vault must not be open.
 *
 * @param recovery_key  path of the recovery key file
 * @param dry_run       only tries the key
 * @return 0
 *         -EEXIST      the state file is there and opens
 *         PST_E_VAULT  no vault.escrow, or damaged, or of another recovery key; wrong key
 *         -errno
 */
int pst_vault_recover(const char *dir, const struct pst_key_source *key, const char *recovery_key,
	int64_t now_s, bool dry_run, struct pst_vault_recovered *ret_recovered,
	struct pst_error *error) PST_MUST_CHECK;

#endif
