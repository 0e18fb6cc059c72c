/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "vault/migrate.h"

#define APPLICATION_ID 0x50535456 /* "PSTV" */

#define NUMBER_TEXT(n) #n
#define NUMBER(n) NUMBER_TEXT(n)

/* clang-format off */
static const char settings[] =
	"PRAGMA journal_mode=WAL;"
	/* A small log: on a disk that fills up, its share is what cannot be written back. */
	"PRAGMA wal_autocheckpoint=64;"
	"PRAGMA synchronous=FULL;"
	"PRAGMA secure_delete=ON;"
	"PRAGMA temp_store=MEMORY;"
	/* KiB: records are read once; a larger cache only fills up over the hours a lane runs. */
	"PRAGMA cache_size=-512;"
	"PRAGMA mmap_size=0;"
	"PRAGMA cell_size_check=ON;"
	"PRAGMA trusted_schema=OFF;";
/* clang-format on */

int pst_vault_db_fail(struct pst_vault_db *db, int code, struct pst_error *error)
{
	switch (code == SQLITE_IOERR_NOMEM ? SQLITE_NOMEM : code & 0xff) {
	case SQLITE_FULL:
		return pst_error_set(error, -ENOSPC,
			"%s: disk full; free some space, nothing was stored", db->path);
	case SQLITE_NOMEM:
		return pst_error_set(error, -ENOMEM, "%s: out of memory", db->path);
	case SQLITE_CORRUPT:
		/* Also where the disk does not read. Nobody writes into what is damaged. */
		db->poisoned = true;
		return pst_error_set(error, PST_E_VAULT,
			"%s: the database is damaged or cannot be read; look at the disk, then "
			"restore a backup",
			db->path);
	case SQLITE_NOTADB:
	case SQLITE_MISMATCH:
		return pst_error_set(error, PST_E_VAULT,
			"%s: the database is damaged; restore it from a backup", db->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return pst_error_set(
			error, PST_E_VAULT, "%s: another program has it open", db->path);
	case SQLITE_IOERR:
		db->poisoned = true;
		return pst_error_set(error, PST_E_VAULT,
			"%s: reading or writing failed (%s); look at the disk, then open again",
			db->path, sqlite3_errstr(code));
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return pst_error_set(error, PST_E_VAULT, "%s: cannot be opened for writing (%s)",
			db->path, sqlite3_errstr(code));
	default:
		return pst_error_set(error, PST_E_VAULT, "%s: %s", db->path, sqlite3_errstr(code));
	}
}

int pst_vault_db_check(const struct pst_vault_db *db, struct pst_error *error)
{
	if (db->poisoned) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: an earlier write failed; close the vault and open it again", db->path);
	}
	if (db->locked) {
		return pst_error_set(
			error, PST_E_VAULT, "%s: locked: its keys are not in memory", db->path);
	}
	return 0;
}

int pst_vault_db_run(struct pst_vault_db *db, const char *sql, struct pst_error *error)
{
	int status = pst_vault_db_check(db, error);

	if (status < 0) {
		return status;
	}
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	if (code != SQLITE_OK) {
		return pst_vault_db_fail(db, sqlite3_extended_errcode(db->handle), error);
	}
	return 0;
}

static int bind(sqlite3_stmt *statement, int index, const struct pst_vault_db_value *value)
{
	if (value->blob) {
		return sqlite3_bind_blob(statement, index, value->blob, value->size, SQLITE_STATIC);
	}
	if (value->text) {
		return sqlite3_bind_text(statement, index, value->text, -1, SQLITE_STATIC);
	}
	return sqlite3_bind_int64(statement, index, value->number);
}

static int bind_all(sqlite3_stmt *statement, const struct pst_vault_db_value *values, int count)
{
	int code = SQLITE_OK;

	for (int i = 0; code == SQLITE_OK && i < count; i++) {
		code = bind(statement, i + 1, &values[i]);
	}
	return code;
}

int pst_vault_db_prepare(struct pst_vault_db *db, const char *sql,
	const struct pst_vault_db_value *values, int count, sqlite3_stmt **ret_statement,
	struct pst_error *error)
{
	*ret_statement = NULL;
	int status = pst_vault_db_check(db, error);
	if (status < 0) {
		return status;
	}
	int code = sqlite3_prepare_v2(db->handle, sql, -1, ret_statement, NULL);
	if (code == SQLITE_OK) {
		code = bind_all(*ret_statement, values, count);
	}
	if (code != SQLITE_OK) {
		(void)sqlite3_finalize(*ret_statement);
		*ret_statement = NULL;
		return pst_vault_db_fail(db, code, error);
	}
	return 0;
}

/* @return the place of a statement among those kept, free or of this text; NULL: all are taken */
static sqlite3_stmt **find_kept(struct pst_vault_db *db, const char *sql)
{
	for (size_t i = 0; i < PST_VAULT_DB_KEPT; i++) {
		if (!db->kept[i] || strcmp(sqlite3_sql(db->kept[i]), sql) == 0) {
			return &db->kept[i];
		}
	}
	return NULL;
}

int pst_vault_db_keep(struct pst_vault_db *db, const char *sql,
	const struct pst_vault_db_value *values, int count, sqlite3_stmt **ret_statement,
	struct pst_error *error)
{
	sqlite3_stmt **kept = find_kept(db, sql);

	if (!kept) {
		return pst_vault_db_prepare(db, sql, values, count, ret_statement, error);
	}
	*ret_statement = NULL;
	int status = *kept ? pst_vault_db_check(db, error)
			   : pst_vault_db_prepare(db, sql, NULL, 0, kept, error);
	if (status < 0) {
		return status;
	}
	int code = bind_all(*kept, values, count);
	if (code != SQLITE_OK) {
		(void)sqlite3_clear_bindings(*kept);
		return pst_vault_db_fail(db, code, error);
	}
	*ret_statement = *kept;
	return 0;
}

void pst_vault_db_release(struct pst_vault_db *db, sqlite3_stmt *statement)
{
	for (size_t i = 0; i < PST_VAULT_DB_KEPT; i++) {
		if (statement && db->kept[i] == statement) {
			(void)sqlite3_reset(statement);
			(void)sqlite3_clear_bindings(statement);
			return;
		}
	}
	(void)sqlite3_finalize(statement);
}

int pst_vault_db_step(struct pst_vault_db *db, sqlite3_stmt *statement, struct pst_error *error)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW) {
		return 1;
	}
	return code == SQLITE_DONE ? 0 : pst_vault_db_fail(db, code, error);
}

int pst_vault_db_exec(struct pst_vault_db *db, const char *sql,
	const struct pst_vault_db_value *values, int count, struct pst_error *error)
{
	sqlite3_stmt *statement;
	int status = pst_vault_db_keep(db, sql, values, count, &statement, error);

	while (status == 0) {
		status = pst_vault_db_step(db, statement, error);
		if (status == 0) {
			status = sqlite3_changes(db->handle);
			break;
		}
		status = status == 1 ? 0 : status;
	}
	pst_vault_db_release(db, statement);
	return status;
}

/* Prepared before it is needed: a transaction that stays open would be part of the next one. */
static void roll_back(struct pst_vault_db *db)
{
	(void)sqlite3_step(db->rollback);
	(void)sqlite3_reset(db->rollback);
	if (sqlite3_get_autocommit(db->handle) == 0) {
		db->poisoned = true;
	}
}

int pst_vault_db_end(struct pst_vault_db *db, int status, struct pst_error *error)
{
	if (status >= 0) {
		int ended = pst_vault_db_run(db, "COMMIT", error);

		status = ended < 0 ? ended : status;
	}
	/* A failed COMMIT may or may not have rolled back by itself. */
	if (status < 0 && sqlite3_get_autocommit(db->handle) == 0) {
		roll_back(db);
	}
	return status;
}

int pst_vault_db_write_back(struct pst_vault_db *db, struct pst_error *error)
{
	return pst_vault_db_run(db, "PRAGMA wal_checkpoint(TRUNCATE)", error);
}

int pst_vault_db_blob(sqlite3_stmt *statement, int column, void *to, int size)
{
	const void *blob = sqlite3_column_blob(statement, column);

	if (!blob || sqlite3_column_type(statement, column) != SQLITE_BLOB ||
		sqlite3_column_bytes(statement, column) != size) {
		return PST_E_CORRUPT;
	}
	memcpy(to, blob, (size_t)size);
	return 0;
}

int pst_vault_db_meta(
	struct pst_vault_db *db, const char *key, void *to, int size, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_TEXT(key)};
	sqlite3_stmt *row;
	int status = pst_vault_db_prepare(
		db, "SELECT value FROM meta WHERE key=?", values, 1, &row, error);

	if (status == 0) {
		status = pst_vault_db_step(db, row, error);
	}
	if (status >= 0) {
		status = status == 1 ? pst_vault_db_blob(row, 0, to, size) : PST_E_CORRUPT;
		if (status < 0) {
			(void)pst_error_set(error, PST_E_VAULT,
				"%s: the vault's own data are damaged", db->path);
			status = PST_E_VAULT;
		}
	}
	(void)sqlite3_finalize(row);
	return status;
}

static int make_file(const char *path, struct pst_error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	pst_fd_close(&fd);
	return 0;
}

static int read_pragma(
	struct pst_vault_db *db, const char *sql, int64_t *ret_value, struct pst_error *error)
{
	sqlite3_stmt *statement;
	int status = pst_vault_db_prepare(db, sql, NULL, 0, &statement, error);

	if (status == 0) {
		status = pst_vault_db_step(db, statement, error);
		*ret_value = status == 1 ? sqlite3_column_int64(statement, 0) : -1;
		status = status < 0 ? status : 0;
	}
	(void)sqlite3_finalize(statement);
	return status;
}

/* SQLite answers a setting that it does not take with what it has instead. */
static int check_settings(struct pst_vault_db *db, struct pst_error *error)
{
	static const struct {
		const char *sql;
		const char *expected;
	} checks[] = {
		{"PRAGMA journal_mode", "wal"},
		{"PRAGMA locking_mode", "exclusive"},
		{"PRAGMA synchronous", "2"},
		{"PRAGMA secure_delete", "1"},
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		sqlite3_stmt *statement;
		int status = pst_vault_db_prepare(db, checks[i].sql, NULL, 0, &statement, error);
		if (status == 0) {
			status = pst_vault_db_step(db, statement, error);
		}
		const char *text =
			status == 1 ? (const char *)sqlite3_column_text(statement, 0) : NULL;
		bool taken = text && strcmp(text, checks[i].expected) == 0;
		(void)sqlite3_finalize(statement);
		if (status >= 0 && !taken) {
			status = pst_error_set(error, PST_E_VAULT,
				"%s: SQLite does not take %s=%s here; use a local file system",
				db->path, checks[i].sql, checks[i].expected);
		}
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static int check_identity(struct pst_vault_db *db, struct pst_error *error)
{
	int64_t application = 0, version = 0;
	int status = read_pragma(db, "PRAGMA application_id", &application, error);

	if (status == 0) {
		status = read_pragma(db, "PRAGMA user_version", &version, error);
	}
	if (status == 0 && application != APPLICATION_ID) {
		status = pst_error_set(error, PST_E_VAULT, "%s: not a postern vault", db->path);
	}
	if (status == 0 && (version < 1 || version > PST_VAULT_SCHEMA)) {
		status = pst_error_set(error, PST_E_VAULT,
			"%s: schema version %lld, this program knows 1 to %d; use the program it "
			"was made with",
			db->path, (long long)version, PST_VAULT_SCHEMA);
	}
	db->schema = status == 0 ? (int)version : 0;
	return status;
}

/*
 * SQLite syncs the folder when it has made the log, but does not look whether that worked: without
 * its name a log that was synced is gone after a power failure, and an older one may be back.
 */
static int keep_log_name(struct pst_vault_db *db, struct pst_error *error)
{
	int status = pst_fd_sync_parent(db->path);

	return status < 0 ? pst_error_set(error, PST_E_VAULT,
				    "%s: its folder cannot be made durable (%s); look at the disk",
				    db->path, strerror(-status))
			  : 0;
}

static void harden(sqlite3 *handle)
{
	(void)sqlite3_extended_result_codes(handle, 1);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

int pst_vault_db_open(
	struct pst_vault_db *db, const char *path, bool create, struct pst_error *error)
{
	*db = (struct pst_vault_db){.path = path};
	int status = create ? make_file(path, error) : 0;
	if (status < 0) {
		return status;
	}
	int code = sqlite3_open_v2(
		path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK) {
		status = pst_vault_db_fail(db, code, error);
		(void)pst_vault_db_close(db);
		return status;
	}
	harden(db->handle);
	/* Before the file is first read: the index of the write-ahead log then stays in memory. */
	status = pst_vault_db_run(db, "PRAGMA locking_mode=EXCLUSIVE", error);
	if (status == 0 && !create) {
		status = check_identity(db, error);
	}
	if (status == 0) {
		status = pst_vault_db_run(db, settings, error);
	}
	if (status == 0) {
		status = check_settings(db, error);
	}
	if (status == 0) {
		status = keep_log_name(db, error);
	}
	if (status == 0) {
		status = pst_vault_db_prepare(db, "ROLLBACK", NULL, 0, &db->rollback, error);
	}
	if (status == 0 && create) {
		status = pst_vault_db_run(
			db, "PRAGMA application_id=" NUMBER(APPLICATION_ID), error);
	}
	if (status == 0 && create) {
		status = pst_vault_migrate_make(db, error);
	}
	if (status < 0) {
		(void)pst_vault_db_close(db);
	}
	return status;
}

int pst_vault_db_close(struct pst_vault_db *db)
{
	bool poisoned = db->poisoned;

	for (size_t i = 0; i < PST_VAULT_DB_KEPT; i++) {
		(void)sqlite3_finalize(db->kept[i]);
		db->kept[i] = NULL;
	}
	(void)sqlite3_finalize(db->rollback);
	db->rollback = NULL;
	int code = sqlite3_close(db->handle);

	assert(code == SQLITE_OK);
	db->handle = NULL;
	return poisoned ? PST_E_VAULT : 0;
}
