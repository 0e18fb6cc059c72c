/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_INSIDE_H
#define PST_VAULT_INSIDE_H

#include <limits.h>

#include "vault/clock.h"
#include "vault/db.h"
#include "vault/expiry.h"
#include "vault/record.h"
#include "vault/set.h"
#include "vault/state.h"
#include "vault/vault.h"

/* Inside the vault room only: the vault itself and what its files share. */

struct pst_vault {
	char db_path[PATH_MAX];
	char ballast_path[PATH_MAX];
	char keys_path[PATH_MAX];
	struct pst_vault_db db;
	struct pst_keyring *ring;
	int lock_fd;
	struct pst_vault_state_file state; /* where the ratchets rest */
	struct pst_vault_times times;
	struct pst_vault_clock clock;
	struct pst_ratchet_stamp written; /* the stamp that the state file has */
	int64_t now_s;			  /* the clock's time */
	int64_t persisted_s;		  /* of it, what the database holds */
	uint64_t purged_at_open;
	struct pst_vault_sum sum; /* of all records, the open transaction's changes included */
	struct pst_vault_sum sum_before;
	bool sum_changed;
	bool has_recovery; /* the states of long classes are sealed to a recovery key */
	uint8_t recovery_key[PST_RATCHET_PUBLIC_SIZE];
	char escrow_path[PATH_MAX];
	uint64_t holds; /* rows of the hold table; 0 spares a look at it with every record */
	uint32_t turn;	/* number of the present transform; 0: none */
	struct pst_vault_transform *transform; /* one that was used last */
	int64_t due_s;			       /* while it is locked: when the next bucket ends */
	uint8_t *plain; /* locked memory for one opened template, grown as needed */
	size_t plain_room;
};

/** One row of the record table, checked against its own header and opened or not. */
struct pst_vault_row {
	int64_t place; /* row number */
	uint8_t id[PST_VAULT_ID_SIZE];
	struct pst_vault_header header;
};

/** Begins a transaction. On 0 the caller ends it with pst_vault_end(). */
int pst_vault_begin(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/**
 * Ends a transaction: with a status >= 0 the vault's time and the sum of its records are written
 * and all is committed, else nothing of it has happened.
 *
 * @return status, or why the commit failed
 */
int pst_vault_end(struct pst_vault *vault, int status, struct pst_error *error) PST_MUST_CHECK;

/**
 * Deletes the records that a condition selects; inside a transaction.
 *
 * @param where  "gallery=? AND subject=?"
 * @return count deleted, or a status; PST_E_UNSAFE: one of them is under legal hold
 */
int pst_vault_delete(struct pst_vault *vault, const char *where,
	const struct pst_vault_db_value *values, int count, struct pst_error *error) PST_MUST_CHECK;

/** After reads: keeps the vault's time if it moved by a minute or more. A full disk is no error. */
void pst_vault_note_time(struct pst_vault *vault);

/** As pst_vault_purge(), but stops after some ten thousands, for later calls to go on. */
int pst_vault_purge_some(
	struct pst_vault *vault, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/** Empties the write-ahead log, so that what was deleted stands nowhere. */
int pst_vault_truncate_log(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/**
 * On a full disk: gives the ballast's place to a deletion.
 *
 * @return whether there was any, so that another try is worth it
 */
bool pst_vault_ballast_drop(struct pst_vault *vault) PST_MUST_CHECK;

/** After a deletion: allocates the ballast again if it is gone and there is room. */
void pst_vault_ballast_keep(struct pst_vault *vault);

/** What is on the disk is in doubt: no further call works until the vault is opened again. */
void pst_vault_poison(struct pst_vault *vault);

/**
 * Replaces a file of the vault durably (vault.keys, ...); any failure but a full disk poisons.
 *
 * @return as pst_fd_replace_file(); PST_E_VAULT once poisoned
 */
int pst_vault_replace_file(struct pst_vault *vault, const char *path, const void *data, size_t size,
	struct pst_error *error) PST_MUST_CHECK;

#define PST_VAULT_KEYS_NAME "vault.keys"

/** Opens vault.keys into vault->ring. @return 0, PST_E_VAULT, -ENOMEM, -errno */
int pst_vault_open_keys(struct pst_vault *vault, const struct pst_key_source *key,
	struct pst_error *error) PST_MUST_CHECK;

/** Reads a keyring file of this version. @return 0, PST_E_VAULT (another version), -errno */
int pst_vault_read_keys(const char *path, uint8_t ret_file[PST_KEYRING_FILE_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** Stores vault.keys as of this version if it was an older one. On a full disk the old one stays.
 */
int pst_vault_upgrade_keys(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/** After the migration from schema 1: its record seed is erased; on a full disk, some other time.
 */
int pst_vault_retire_seed(struct pst_vault *vault, const struct pst_key_source *key,
	struct pst_error *error) PST_MUST_CHECK;

/** Says why a key did not do. @return PST_E_VAULT or -ENOMEM */
int pst_vault_key_failure(int status, const struct pst_key_source *key, const char *keys_path,
	const char *reason, struct pst_error *error);

/** The keyed hash that stands for a subject. */
void pst_vault_pseudonym(const struct pst_vault *vault, const char *subject,
	uint8_t ret_pseudonym[PST_KEYRING_PSEUDONYM_SIZE]);

uint64_t pst_vault_pseudonym_key(const uint8_t pseudonym[PST_KEYRING_PSEUDONYM_SIZE]);

/** The columns that pst_vault_row_open() reads, in its order. */
#define PST_VAULT_HEADER_COLUMNS "place, id, gallery, subject, contract, expires, header"
#define PST_VAULT_ROW_COLUMNS PST_VAULT_HEADER_COLUMNS ", wrap, body"

/**
 * Reads the row a statement stands on, compares its columns with its header and opens it into the
 * vault's locked memory.
 *
 * @param ret_row  id and place are always filled, the header only on 0 and PST_E_EXPIRED
 * @return 0, PST_E_EXPIRED (authentic, not opened), PST_E_CORRUPT, -ENOMEM
 */
int pst_vault_row_open(struct pst_vault *vault, sqlite3_stmt *statement,
	struct pst_vault_row *ret_row) PST_MUST_CHECK;

/** Makes vault->plain hold so many bytes; what it held is lost. @return 0 or -ENOMEM */
int pst_vault_make_room(struct pst_vault *vault, size_t size) PST_MUST_CHECK;

/** Wipes the opened template. */
void pst_vault_row_close(struct pst_vault *vault, const struct pst_vault_row *row);

/** What a record info becomes: numbers for names, checked; inside a transaction. */
int pst_vault_make_header(struct pst_vault *vault, const struct pst_vault_record_info *info,
	const char *gallery, size_t size, struct pst_vault_header *ret_header,
	struct pst_error *error) PST_MUST_CHECK;

/** Seals and inserts; inside a transaction. */
int pst_vault_insert(struct pst_vault *vault, const struct pst_vault_header *header,
	const uint8_t *template, struct pst_error *error) PST_MUST_CHECK;

/**
 * Seals a row's template anew under another header, whose columns are the same, and whatever key
 * wraps it now; inside a transaction.
 */
int pst_vault_replace(struct pst_vault *vault, const struct pst_vault_row *row,
	const struct pst_vault_header *header, const uint8_t *template,
	struct pst_error *error) PST_MUST_CHECK;

#endif
