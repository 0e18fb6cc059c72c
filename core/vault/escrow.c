/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/escrow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "crypto/box.h"
#include "crypto/secret.h"
#include "vault/forget.h"
#include "vault/held.h"
#include "vault/inside.h"
#include "vault/part.h"

#define DB_NAME "vault.db"
#define STATE_NAME "vault.state"
#define ROW_SIZE (PST_RATCHET_PUBLIC_SIZE + PST_KEYRING_TAG_SIZE)

static void make_row(const struct pst_keyring *ring,
	const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE], uint8_t ret_row[ROW_SIZE])
{
	uint8_t bound[16 + PST_RATCHET_PUBLIC_SIZE] = "recovery key";

	memcpy(bound + 16, public_key, PST_RATCHET_PUBLIC_SIZE);
	memcpy(ret_row, public_key, PST_RATCHET_PUBLIC_SIZE);
	pst_keyring_tag(ring, bound, sizeof(bound), ret_row + PST_RATCHET_PUBLIC_SIZE);
}

/* @return 1 there is one, 0 none, PST_E_VAULT */
static int read_row(struct pst_vault *vault, struct pst_error *error)
{
	uint8_t stored[ROW_SIZE], expected[ROW_SIZE];
	sqlite3_stmt *row;
	int status = pst_vault_db_prepare(
		&vault->db, "SELECT value FROM meta WHERE key='recovery'", NULL, 0, &row, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, row, error);
	}
	if (status == 1) {
		status = pst_vault_db_blob(row, 0, stored, sizeof(stored));
		if (status == 0) {
			make_row(vault->ring, stored, expected);
			status = pst_secret_compare(stored, expected, sizeof(stored));
		}
		status = status == 0 ? 1
				     : pst_error_set(error, PST_E_VAULT,
					       "%s: the recovery key was changed", vault->db_path);
	}
	(void)sqlite3_finalize(row);
	if (status == 1) {
		memcpy(vault->recovery_key, stored, sizeof(vault->recovery_key));
	}
	return status;
}

int pst_vault_escrow_load(struct pst_vault *vault, struct pst_error *error)
{
	int status = read_row(vault, error);

	vault->has_recovery = status == 1;
	return status < 0 ? status : 0;
}

static bool is_hold(const struct pst_ratchet_class *class)
{
	return class->width_s == PST_VAULT_HOLD_DAY_S &&
	       class->retention_s == PST_VAULT_RETENTION_MAX_S;
}

void pst_vault_escrow_mark(struct pst_vault *vault)
{
	struct pst_ratchet_class class;

	for (unsigned i = 0; vault->has_recovery && pst_ratchet_at(vault->ring, i, &class); i++) {
		if (!class.escrowed && class.retention_s > PST_RATCHET_ESCROW_MIN_S &&
			!is_hold(&class)) {
			/* Refused only to the classes that were just left out. */
			(void)!pst_ratchet_set_escrowed(vault->ring, class.retention, true);
		}
	}
}

int pst_vault_escrow_write(struct pst_vault *vault, struct pst_error *error)
{
	uint8_t bytes[PST_ESCROW_SIZE_MAX];
	size_t size;

	if (!vault->has_recovery) {
		return 0;
	}
	int status = pst_escrow_seal(vault->ring, vault->recovery_key, vault->now_s, bytes, &size);
	if (status < 0) {
		return pst_error_set(
			error, status, "%s: %s", vault->escrow_path, pst_status_text(status));
	}
	return pst_vault_replace_file(vault, vault->escrow_path, bytes, size, error);
}

int pst_vault_recovery_set(struct pst_vault *vault,
	const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE], int64_t now_s, struct pst_error *error)
{
	uint8_t row[ROW_SIZE];
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(row, sizeof(row))};
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0 && !pst_box_is_usable(public_key)) {
		status = pst_error_set(error, -EINVAL, "this is no recovery key");
	}
	if (status == 0) {
		status = pst_vault_begin(vault, error);
	}
	if (status < 0) {
		return status;
	}
	make_row(vault->ring, public_key, row);
	status = pst_vault_db_exec(&vault->db,
		"INSERT OR REPLACE INTO meta(key, value) VALUES('recovery', ?)", values, 1, error);
	status = pst_vault_end(vault, status, error);
	if (status < 0) {
		return status;
	}
	memcpy(vault->recovery_key, public_key, sizeof(vault->recovery_key));
	vault->has_recovery = true;
	status = pst_vault_write_state(vault, error);
	/* The write of the state does not fail for a full disk's sake; this call does. */
	return status == 0 ? pst_vault_escrow_write(vault, error) : status;
}

int pst_vault_recovery_read(
	struct pst_vault *vault, struct pst_vault_recovery *ret_recovery, struct pst_error *error)
{
	struct pst_escrow escrow;
	uint8_t *data = NULL;
	size_t size = 0;
	int status = read_row(vault, error);

	*ret_recovery = (struct pst_vault_recovery){.is_set = status == 1};
	if (status != 1) {
		return status;
	}
	memcpy(ret_recovery->public_key, vault->recovery_key, sizeof(ret_recovery->public_key));
	if (pst_fd_read_file(vault->escrow_path, PST_ESCROW_SIZE_MAX, &data, &size, NULL) == 0 &&
		pst_escrow_check(vault->ring, data, size, &escrow) == 0 &&
		memcmp(escrow.public_key, vault->recovery_key, sizeof(escrow.public_key)) == 0) {
		ret_recovery->is_good = true;
		ret_recovery->made_s = escrow.made_s;
		ret_recovery->classes = escrow.classes;
	}
	free(data);
	return 0;
}

/* A ring with the classes of the escrow, in a vault of nothing else. */
static int open_escrow(struct pst_vault *vault, const char *dir, const struct pst_key_source *key,
	const char *recovery_key, struct pst_escrow *ret_escrow, struct pst_error *error)
{
	uint8_t *data = NULL;
	size_t size = 0;
	const char *reason = NULL;
	int status = pst_text_path(vault->keys_path, PATH_MAX, dir, "vault.keys") < 0 ||
				     pst_text_path(vault->escrow_path, PATH_MAX, dir,
					     PST_VAULT_ESCROW_NAME) < 0
			     ? pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir)
			     : 0;

	if (status == 0) {
		status = pst_vault_open_keys(vault, key, error);
	}
	if (status == 0) {
		status = pst_fd_read_file(
			vault->escrow_path, PST_ESCROW_SIZE_MAX, &data, &size, error);
	}
	if (status == 0) {
		status =
			pst_escrow_open(vault->ring, recovery_key, data, size, ret_escrow, &reason);
		if (status < 0) {
			bool about_key = status != PST_E_CORRUPT && status != PST_E_VAULT;

			status = pst_error_set(error, PST_E_VAULT, "%s: %s",
				about_key ? recovery_key : vault->escrow_path, reason);
		}
	}
	free(data);
	return status;
}

static int make_state(struct pst_vault *vault, const char *dir, int64_t now_s,
	const struct pst_escrow *escrow, struct pst_error *error)
{
	struct pst_ratchet_stamp stamp = {
		.clock_s = now_s > escrow->made_s ? now_s : escrow->made_s};
	char path[PATH_MAX];

	if (pst_text_path(path, sizeof(path), dir, STATE_NAME) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	pst_ratchet_step(vault->ring, stamp.clock_s);
	return pst_vault_state_create(path, vault->ring, &stamp, error);
}

/* Records of classes that have no state any more. */
static int find_lost(
	struct pst_vault *vault, struct pst_vault_graves *lost, struct pst_error *error)
{
	sqlite3_stmt *row;
	int status =
		pst_vault_db_prepare(&vault->db, "SELECT header FROM record", NULL, 0, &row, error);

	while (status == 0) {
		uint8_t bytes[PST_SEAL_HEADER_SIZE];
		struct pst_vault_grave grave = {0};
		struct pst_vault_header header;
		struct pst_vault_lives lives;
		struct pst_ratchet_class class;

		status = pst_vault_db_step(&vault->db, row, error);
		if (status != 1) {
			break;
		}
		status = 0;
		if (pst_vault_db_blob(row, 0, bytes, sizeof(bytes)) < 0 ||
			pst_vault_header_decode(bytes, &header) < 0 ||
			pst_vault_lives(vault, &header, &lives) < 0 ||
			pst_ratchet_find(vault->ring, lives.place.retention, &class) == 0) {
			continue;
		}
		memcpy(grave.record, header.record, sizeof(grave.record));
		if (pst_vault_graves_add(lost, &grave) < 0) {
			status = pst_error_set(error, -ENOMEM, "%s: out of memory", vault->db_path);
		}
	}
	(void)sqlite3_finalize(row);
	return status;
}

static int delete_lost(
	struct pst_vault *vault, const struct pst_vault_graves *lost, struct pst_error *error)
{
	int status = pst_vault_begin(vault, error);

	if (status < 0) {
		return status;
	}
	for (size_t i = 0; i < lost->count && status >= 0; i++) {
		struct pst_vault_db_value values[] = {
			PST_VAULT_BLOB(lost->grave[i].record, PST_VAULT_ID_SIZE)};

		status = pst_vault_hold_drop(vault, lost->grave[i].record, error);
		if (status == 0) {
			status = pst_vault_delete(vault, "id=?", values, 1, error);
		}
	}
	status = pst_vault_end(vault, status, error);
	if (status >= 0) {
		status = pst_vault_hold_count(vault, error);
	}
	return status < 0 ? status : pst_vault_truncate_log(vault, error);
}

static int settle(const char *dir, const struct pst_key_source *key,
	struct pst_vault_recovered *result, struct pst_error *error)
{
	struct pst_vault *vault = NULL;
	struct pst_vault_graves lost = {0};
	int status = pst_vault_open_part(&vault, dir, DB_NAME, key, error);

	if (status == 0) {
		status = find_lost(vault, &lost, error);
	}
	if (status == 0) {
		status = delete_lost(vault, &lost, error);
	}
	if (status == 0) {
		result->lost = lost.count;
		result->records = vault->sum.records;
	}
	pst_vault_graves_finish(&lost);
	pst_vault_close(&vault);
	return status;
}

static int check_lost(const char *dir, const struct pst_key_source *key, struct pst_error *error)
{
	struct pst_vault *vault = NULL;

	if (pst_vault_open_part(&vault, dir, DB_NAME, key, NULL) == 0) {
		pst_vault_close(&vault);
		return pst_error_set(error, -EEXIST,
			"%s/" STATE_NAME ": the state file is there and opens; nothing to recover",
			dir);
	}
	return 0;
}

int pst_vault_recover(const char *dir, const struct pst_key_source *key, const char *recovery_key,
	int64_t now_s, bool dry_run, struct pst_vault_recovered *ret_recovered,
	struct pst_error *error)
{
	struct pst_vault *vault = calloc(1, sizeof(*vault));
	int lock = -1;
	int status = vault ? pst_vault_take_lock(dir, &lock, error)
			   : pst_error_set(error, -ENOMEM, "%s: out of memory", dir);

	*ret_recovered = (struct pst_vault_recovered){0};
	if (vault) {
		vault->lock_fd = -1;
		vault->state.fd = -1;
	}
	if (status == 0) {
		status = check_lost(dir, key, error);
	}
	if (status == 0) {
		status = open_escrow(vault, dir, key, recovery_key, &ret_recovered->escrow, error);
	}
	if (status == 0 && !dry_run) {
		status = make_state(vault, dir, now_s, &ret_recovered->escrow, error);
	}
	pst_vault_close(&vault);
	if (status == 0 && !dry_run) {
		status = settle(dir, key, ret_recovered, error);
	}
	pst_fd_close(&lock);
	return status;
}
