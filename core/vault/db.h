/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_DB_H
#define PST_VAULT_DB_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

/* Inside the vault room only: SQLite with the vault's rules. */

#define PST_VAULT_SCHEMA 2	    /* migrate.h */
#define PST_VAULT_SCHEMA_RATCHETS 2 /* the first whose records are in buckets */

#define PST_VAULT_DB_KEPT 16 /* statements that stay prepared */

/** One database file. Its path is borrowed. */
struct pst_vault_db {
	sqlite3 *handle;
	const char *path;
	int schema; /* the version the file is of, 1..PST_VAULT_SCHEMA */
	sqlite3_stmt *rollback;
	bool locked;   /* by pst_vault_lock(): there are no keys */
	bool poisoned; /* a write or sync failed: nothing is known until it is opened again */
	sqlite3_stmt *kept[PST_VAULT_DB_KEPT]; /* by pst_vault_db_keep() */
};

/**
 * Opens a database: write-ahead log, full sync, secure delete, no shared memory, no triggers.
 *
 * @param create  makes the file (mode 0600) and its tables; it must not exist
 * @return 0, PST_E_VAULT, -errno; on error nothing is left open
 */
int pst_vault_db_open(struct pst_vault_db *db, const char *path, bool create,
	struct pst_error *error) PST_MUST_CHECK;

/** Closes; accepts one that is not open. @return 0, or PST_E_VAULT when the last write failed */
int pst_vault_db_close(struct pst_vault_db *db);

/** Turns what SQLite said into a status and fills the error. */
int pst_vault_db_fail(struct pst_vault_db *db, int code, struct pst_error *error);

/** @return 0; PST_E_VAULT when a write failed before: it must be opened again */
int pst_vault_db_check(const struct pst_vault_db *db, struct pst_error *error) PST_MUST_CHECK;

/** Runs statements without parameters or results. */
int pst_vault_db_run(
	struct pst_vault_db *db, const char *sql, struct pst_error *error) PST_MUST_CHECK;

/** A value for a statement's parameter. */
struct pst_vault_db_value {
	const void *blob; /* NULL: number is meant, or text */
	const char *text;
	int64_t number;
	int size;
};

#define PST_VAULT_BLOB(data, length) ((struct pst_vault_db_value){.blob = (data), .size = (length)})
#define PST_VAULT_INT(value) ((struct pst_vault_db_value){.number = (value)})
#define PST_VAULT_TEXT(value) ((struct pst_vault_db_value){.text = (value)})

/**
 * Prepares a statement with its parameters, which stay borrowed until it is finalized.
 *
 * @param ret_statement  the caller finalizes
 */
int pst_vault_db_prepare(struct pst_vault_db *db, const char *sql,
	const struct pst_vault_db_value *values, int count, sqlite3_stmt **ret_statement,
	struct pst_error *error) PST_MUST_CHECK;

/** Takes a step. @return 1 a row, 0 the end, or a status */
int pst_vault_db_step(
	struct pst_vault_db *db, sqlite3_stmt *statement, struct pst_error *error) PST_MUST_CHECK;

/** Ends a statement of pst_vault_db_keep(): it holds no row and no parameter any more. */
void pst_vault_db_release(struct pst_vault_db *db, sqlite3_stmt *statement);

/**
 * As pst_vault_db_prepare(), but the statement stays prepared for the next time.
 *
 * @param ret_statement  the caller releases it, and uses it once at a time
 */
int pst_vault_db_keep(struct pst_vault_db *db, const char *sql,
	const struct pst_vault_db_value *values, int count, sqlite3_stmt **ret_statement,
	struct pst_error *error) PST_MUST_CHECK;

/** Runs to the end; the statement stays prepared. @return rows changed, or a status */
int pst_vault_db_exec(struct pst_vault_db *db, const char *sql,
	const struct pst_vault_db_value *values, int count, struct pst_error *error) PST_MUST_CHECK;

/**
 * Ends a transaction: commits if status is >= 0, else rolls back.
 *
 * @return status, or why the commit failed
 */
int pst_vault_db_end(struct pst_vault_db *db, int status, struct pst_error *error) PST_MUST_CHECK;

/** Reads a row of the meta table. @return 0, PST_E_VAULT (missing, or of another size) */
int pst_vault_db_meta(struct pst_vault_db *db, const char *key, void *to, int size,
	struct pst_error *error) PST_MUST_CHECK;

/** Writes the log into the file, durably, and empties it: then the file alone is the database. */
int pst_vault_db_write_back(struct pst_vault_db *db, struct pst_error *error) PST_MUST_CHECK;

/** Copies a blob of exactly size bytes out of a row. @return 0, or PST_E_CORRUPT */
int pst_vault_db_blob(sqlite3_stmt *statement, int column, void *to, int size) PST_MUST_CHECK;

#endif
