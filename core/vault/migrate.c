/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/migrate.h"

#include <stdio.h>

#include "vault/turn.h"

/* clang-format off */
static const char tables[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE name(kind INTEGER NOT NULL, number INTEGER NOT NULL, text TEXT,"
	" tag BLOB NOT NULL, PRIMARY KEY(kind, number), UNIQUE(kind, text)) WITHOUT ROWID;"
	"CREATE TABLE record(place INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
	" gallery INTEGER NOT NULL, subject BLOB NOT NULL, contract BLOB NOT NULL,"
	" expires INTEGER NOT NULL, header BLOB NOT NULL, wrap BLOB NOT NULL,"
	" body BLOB NOT NULL);"
	"CREATE INDEX record_expires ON record(expires);"
	"CREATE INDEX record_gallery ON record(gallery, subject);";

static const char tables_2[] =
	"CREATE TABLE tombstone(hash BLOB PRIMARY KEY, until INTEGER NOT NULL, tag BLOB NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE hold(record BLOB PRIMARY KEY, until INTEGER NOT NULL, since INTEGER NOT NULL,"
	" reason TEXT NOT NULL, tag BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE lane_key(key BLOB PRIMARY KEY, lane INTEGER NOT NULL,"
	" since INTEGER NOT NULL, until INTEGER NOT NULL, revoked INTEGER NOT NULL,"
	" grants BLOB NOT NULL, tag BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE parcel(record BLOB PRIMARY KEY, hash BLOB NOT NULL, until INTEGER NOT NULL)"
	" WITHOUT ROWID;";
/* clang-format on */

static int convert_2(struct pst_vault *vault, struct pst_error *error)
{
	int status = pst_vault_migrate_buckets(vault, error);

	if (status == 0) {
		status = pst_vault_sum_compute(&vault->db, vault->ring, &vault->sum, error);
	}
	if (status == 0) {
		status = pst_vault_sum_write(&vault->db, vault->ring, &vault->sum, error);
	}
	return status < 0 ? status : pst_vault_turn_write(&vault->db, vault->ring, 0, error);
}

struct step {
	const char *sql;
	pst_vault_migrate_fn convert; /* NULL: rows stay as they are */
};

/* From version [i + 1] to the next. */
static const struct step steps[] = {
	{.sql = tables_2, .convert = convert_2},
};

_Static_assert(
	sizeof(steps) / sizeof(steps[0]) == PST_VAULT_SCHEMA - 1, "a step leads to every version");

static int set_version(struct pst_vault_db *db, int version, struct pst_error *error)
{
	char sql[48];

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", version);
	return pst_vault_db_run(db, sql, error);
}

int pst_vault_migrate_make(struct pst_vault_db *db, struct pst_error *error)
{
	int status = pst_vault_db_run(db, "BEGIN IMMEDIATE", error);

	if (status < 0) {
		return status;
	}
	status = pst_vault_db_run(db, tables, error);
	for (int i = 0; status == 0 && i < PST_VAULT_SCHEMA - 1; i++) {
		status = pst_vault_db_run(db, steps[i].sql, error);
	}
	if (status == 0) {
		status = set_version(db, PST_VAULT_SCHEMA, error);
	}
	status = pst_vault_db_end(db, status, error);
	db->schema = status == 0 ? PST_VAULT_SCHEMA : 0;
	return status;
}

static int take_step(struct pst_vault *vault, const struct step *step, struct pst_error *error)
{
	struct pst_vault_db *db = &vault->db;
	int status = pst_vault_db_run(db, "BEGIN IMMEDIATE", error);

	if (status < 0) {
		return status;
	}
	status = pst_vault_db_run(db, step->sql, error);
	if (status == 0 && step->convert) {
		status = step->convert(vault, error);
	}
	if (status == 0) {
		status = set_version(db, db->schema + 1, error);
	}
	status = pst_vault_db_end(db, status, error);
	if (status == 0) {
		db->schema++;
	}
	return status;
}

int pst_vault_migrate(struct pst_vault *vault, struct pst_error *error)
{
	int first = vault->db.schema;
	int status = 0;

	while (status == 0 && vault->db.schema < PST_VAULT_SCHEMA) {
		status = take_step(vault, &steps[vault->db.schema - 1], error);
	}
	/* What a step replaced stands in the log until then. */
	if (status == 0 && vault->db.schema > first) {
		status = pst_vault_truncate_log(vault, error);
	}
	return status;
}
