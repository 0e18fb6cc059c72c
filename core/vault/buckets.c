/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "vault/inside.h"
#include "vault/migrate.h"

/*
 * From schema 1, where all records of a class had one key, to buckets. Each record is opened and
 * sealed anew, because its header says in which bucket it is. One that does not open stays as it is
 * and is listed as damaged; one that is past its retention is left to the purge.
 */

/* The row under way. */
struct moving {
	int64_t place;
	struct pst_vault_header header;
};

/* @return 1: ret_moving is open in the vault's memory; 0: the row stays as it is */
static int open_row(struct pst_vault *vault, sqlite3_stmt *statement, struct moving *ret_moving)
{
	struct pst_vault_row row;
	int status = pst_vault_row_open(vault, statement, &row);

	ret_moving->place = row.place;
	ret_moving->header = row.header;
	if (status == PST_E_EXPIRED || status == PST_E_CORRUPT) {
		return 0;
	}
	return status < 0 ? status : 1;
}

/* @return 1 a row, ret_moving says what became of it; 0 no more */
static int next_row(
	struct pst_vault *vault, struct moving *moving, int *ret_opened, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(moving->place)};
	sqlite3_stmt *statement;
	int status = pst_vault_db_prepare(&vault->db,
		"SELECT " PST_VAULT_ROW_COLUMNS
		" FROM record WHERE place > ? ORDER BY place LIMIT 1",
		values, 1, &statement, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
	}
	if (status == 1) {
		*ret_opened = open_row(vault, statement, moving);
	}
	(void)sqlite3_finalize(statement);
	return status;
}

static int write_row(struct pst_vault *vault, int64_t place, const struct pst_vault_header *header,
	struct pst_error *error)
{
	uint8_t bytes[PST_SEAL_HEADER_SIZE], wrap[PST_SEAL_WRAP_SIZE];
	struct pst_bytes body = {0};
	size_t body_size = header->plain_size + (size_t)PST_SEAL_OVERHEAD;
	int status = pst_bytes_reserve(&body, body_size);

	pst_vault_header_encode(header, bytes);
	if (status == 0) {
		status = pst_seal(vault->ring, pst_vault_header_place(header), bytes, vault->plain,
			header->plain_size, wrap, body.data);
	}
	if (status < 0) {
		pst_bytes_finish(&body);
		return pst_error_set(
			error, status, "%s: %s", vault->db_path, pst_status_text(status));
	}
	struct pst_vault_db_value values[] = {
		PST_VAULT_INT(header->expires_s),
		PST_VAULT_BLOB(bytes, sizeof(bytes)),
		PST_VAULT_BLOB(wrap, sizeof(wrap)),
		PST_VAULT_BLOB(body.data, (int)body_size),
		PST_VAULT_INT(place),
	};
	status = pst_vault_db_exec(&vault->db,
		"UPDATE record SET expires=?, header=?, wrap=?, body=? WHERE place=?", values, 5,
		error);
	pst_bytes_finish(&body);
	return status < 0 ? status : 0;
}

/* Its bucket may have ended already: then this is its expiry. */
static int delete_row(struct pst_vault *vault, int64_t place, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(place)};
	int status =
		pst_vault_db_exec(&vault->db, "DELETE FROM record WHERE place=?", values, 1, error);

	return status < 0 ? status : 0;
}

static int move_row(struct pst_vault *vault, struct moving *moving, struct pst_error *error)
{
	struct pst_vault_header *header = &moving->header;
	int64_t retention_s = header->expires_s - header->created_s;

	header->bucket = pst_vault_place(header->retention, retention_s, header->expires_s).bucket;
	header->expires_s = pst_vault_round_expiry(retention_s, header->expires_s);
	if (header->expires_s <= vault->now_s) {
		return delete_row(vault, moving->place, error);
	}
	int status = pst_vault_class_need(vault, header->retention, retention_s, error);
	return status < 0 ? status : write_row(vault, moving->place, header, error);
}

int pst_vault_migrate_buckets(struct pst_vault *vault, struct pst_error *error)
{
	struct moving moving = {.place = -1};
	int status;

	if (!pst_keyring_has_seed(vault->ring)) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: a copy from before this vault's migration; the keys of its records "
			"are "
			"erased",
			vault->db_path);
	}
	for (;;) {
		int opened = 0;

		status = next_row(vault, &moving, &opened, error);
		if (status <= 0) {
			return status;
		}
		if (opened < 0) {
			return pst_error_set(
				error, opened, "%s: %s", vault->db_path, pst_status_text(opened));
		}
		if (opened == 0) {
			continue;
		}
		struct pst_vault_row row = {.header = moving.header};
		status = move_row(vault, &moving, error);
		pst_vault_row_close(vault, &row);
		if (status < 0) {
			return status;
		}
	}
}
