/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_MANIFEST_H
#define PST_VAULT_MANIFEST_H

#include "crypto/digest.h"
#include "vault/backup.h"

/*
 * Inside the vault room only: what a backup holds, as text. One form of it is valid:
 *
 *   postern-backup 1
 *   vault 0123456789abcdef0123456789abcdef
 *   created 1700000000
 *   records 12
 *   counter 345
 *   set 64 hex digits
 *   file vault.db 65536 64 hex digits (SHA-256)
 *   file vault.keys 1496 64 hex digits
 *   file audit.pub 65 64 hex digits
 *   signature 128 hex digits (Ed25519 by the vault's signing key, over all lines before)
 *
 * A file that the vault does not have (audit.pub) stands with 0 bytes.
 */
#define PST_VAULT_MANIFEST_SIZE 1024 /* bytes, more than any has */

enum pst_vault_backup_file {
	PST_VAULT_BACKUP_DB,
	PST_VAULT_BACKUP_KEYS,
	PST_VAULT_BACKUP_PUBLIC,
	PST_VAULT_BACKUP_FILES,
};

/** Their names, in order. */
extern const char *const pst_vault_backup_files[PST_VAULT_BACKUP_FILES];

struct pst_vault_manifest {
	struct pst_vault_backup_info info;
	struct {
		uint64_t size; /* 0: not there */
		uint8_t digest[PST_DIGEST_SIZE];
	} file[PST_VAULT_BACKUP_FILES];
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
};

/** Writes the text; only what the signature is over, or all of it. @return its length */
size_t pst_vault_manifest_format(const struct pst_vault_manifest *manifest, bool with_signature,
	char text[PST_VAULT_MANIFEST_SIZE]);

/** @param text  NUL-terminated @return 0 or PST_E_FORMAT */
int pst_vault_manifest_parse(
	const char *text, struct pst_vault_manifest *ret_manifest) PST_MUST_CHECK;

/** Reads a backup's manifest and compares its files with it. @return as pst_vault_backup_check() */
int pst_vault_backup_read(const char *from, struct pst_vault_manifest *ret_manifest,
	struct pst_error *error) PST_MUST_CHECK;

#endif
