/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_PART_H
#define PST_VAULT_PART_H

#include "vault/inside.h"

/* Inside the vault room only: what backups, restoring and recovery need of a vault. */

/** Writes a time under a name of the meta table, bound by a tag; in a transaction of its own. */
int pst_vault_mark_write(struct pst_vault *vault, const char *name, int64_t time_s,
	struct pst_error *error) PST_MUST_CHECK;

/** @return 0, PST_E_VAULT (none, or changed) */
int pst_vault_mark_read(
	struct pst_vault *vault, const char *name, int64_t *ret_time_s) PST_MUST_CHECK;

/** Takes the lock of a vault's directory. @return 0, PST_E_VAULT (names who has it), -errno */
int pst_vault_take_lock(const char *dir, int *ret_fd, struct pst_error *error) PST_MUST_CHECK;

/** Opens a vault on a database of another name, under the caller's lock, without a purge. */
int pst_vault_open_part(struct pst_vault **ret_vault, const char *dir, const char *db_name,
	const struct pst_key_source *key, struct pst_error *error) PST_MUST_CHECK;

/** Ends a restoration that was cut off after the step that counts. */
int pst_vault_restore_finish(const char *dir, struct pst_error *error) PST_MUST_CHECK;

/** Reads whether there is a recovery key. @return 0, PST_E_VAULT (it was changed) */
int pst_vault_escrow_load(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/** Before the state is written: which classes may be recovered. */
void pst_vault_escrow_mark(struct pst_vault *vault);

/** Seals the classes as they are now, if there is a recovery key. */
int pst_vault_escrow_write(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

#endif
