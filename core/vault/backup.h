/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_BACKUP_H
#define PST_VAULT_BACKUP_H

#include "vault/told.h"
#include "vault/vault.h"

/*
 * A backup is a folder of four files: vault.db (sealed as ever), vault.keys, audit.pub and a signed
 * manifest with a digest of each. What is not in it: the state file, so that nobody opens with a
 * backup what has expired since; key files and passphrases; the audit log.
 *
 * Restoring prepares a database beside the present one and brings it up to the present: what was
 * deleted since stays deleted, holds that ended stay ended, what has expired goes. The step that
 * counts is one rename; whatever interrupts it, the next opening finds the vault of before or the
 * one of after.
 *
 *   vault.db.restoring --checked, brought up, synced--> vault.db.restored --> vault.db
 *                                        the rename that counts ^
 */

#define PST_VAULT_BACKUP_MANIFEST "manifest"

struct pst_vault_backup_info {
	uint8_t vault[PST_KEYRING_ID_SIZE];
	int64_t created_s; /* the vault's time */
	struct pst_vault_set set;
};

/**
 * Makes a backup of an open vault.
 *
 * @param dir  the vault's state directory
 * @param to   a folder that does not exist; its parent does
 * @return 0
 *         -EEXIST       something is there already
 *         PST_E_UNSAFE  it lies in the state directory: who copies that would copy both
 *         -errno, PST_E_VAULT
 * On error: nothing is there under that name.
 */
int pst_vault_backup(struct pst_vault *vault, const char *dir, const char *to, int64_t now_s,
	struct pst_vault_backup_info *ret_info, struct pst_error *error) PST_MUST_CHECK;

/** @return when the newest backup was made, by the vault's time; 0: never */
int64_t pst_vault_backup_time(struct pst_vault *vault);

/**
 * Reads a backup's manifest and compares the files with it; needs no key.
 *
 * @return 0, -errno, PST_E_VAULT (not a backup, or damaged: names the file)
 */
int pst_vault_backup_check(const char *from, struct pst_vault_backup_info *ret_info,
	struct pst_error *error) PST_MUST_CHECK;

struct pst_vault_restoration {
	struct pst_vault_backup_info backup;
	uint64_t in_backup; /* records */
	uint64_t restored;  /* of them, that are there now */
	uint64_t expired;
	uint64_t forgotten;
	uint64_t damaged; /* do not open for another reason; they are there, and 'verify' names them
			   */
	bool replaced;	  /* a database was there */
	bool present_unread; /* it could not be read: what was deleted is known from the log alone
			      */
};

/**
 * Puts a backup in the place of a vault's database, which must not be open.
 *
 * The keys and the state file of the directory are used where they are; keys that are missing are
 * taken from the backup.
 *
 * @param told     what the audit log was told; may be empty
 * @param dry_run  everything but the rename that counts
 * @return 0
 *         PST_E_VAULT  the backup is damaged, not signed by these keys, of another vault; wrong
 * key; the vault is open -errno On error: the vault is as it was.
 */
int pst_vault_restore(const char *dir, const char *from, const struct pst_key_source *key,
	const struct pst_vault_told *told, int64_t now_s, bool dry_run,
	struct pst_vault_restoration *ret_restoration, struct pst_error *error) PST_MUST_CHECK;

#endif
