/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_VAULT_STATE_KEYS_H
#define PST_TEST_VAULT_STATE_KEYS_H

#include "fixture.h"

#include "vault/record.h"
#include "vault/state.h"

/* What the keys that are left open, without the vault and its own look at the time. */

/** The ring of the fixture's vault with the ratchets of its state file; the vault is closed. */
static inline struct pst_keyring *state_keys_open(void)
{
	struct pst_keyring *ring;
	struct pst_vault_state_file state;
	struct pst_ratchet_stamp stamp;
	uint8_t *file;
	size_t size;

	cr_assert_eq(pst_fd_read_file(fixture_path("vault.keys"), 1u << 20, &file, &size, NULL), 0);
	cr_assert_eq(pst_keyring_open(&ring, &fixture_key, file, size, NULL), 0);
	cr_assert_eq(
		pst_vault_state_open(&state, fixture_path("vault.state"), ring, &stamp, &error), 0,
		"%s", error.text);
	pst_vault_state_close(&state);
	free(file);
	return ring;
}

/** Tries the row that a statement (header, wrap, body) stands on. @return what pst_unseal() did */
static inline int state_keys_try(
	const struct pst_keyring *ring, sqlite3_stmt *row, struct pst_vault_header *ret_header)
{
	static uint8_t plain[4096];
	const uint8_t *bytes = sqlite3_column_blob(row, 0);

	cr_assert_eq(pst_vault_header_decode(bytes, ret_header), 0);
	cr_assert_lt(ret_header->plain_size, sizeof(plain));
	struct pst_seal_place place = {.retention = ret_header->retention};
	if (ret_header->bucket) {
		place.bucket = ret_header->bucket;
		place.retention = pst_ratchet_number(ret_header->retention,
			(uint32_t)(ret_header->expires_s / ret_header->bucket));
	}
	return pst_unseal(ring, place, bytes, sqlite3_column_blob(row, 1),
		sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2), plain);
}

/** Calls for every row of a database file beside the fixture's. @return rows */
static inline unsigned state_keys_each(const struct pst_keyring *ring, const char *name,
	void (*each)(const struct pst_vault_header *header, int status))
{
	sqlite3 *db;
	sqlite3_stmt *row;
	unsigned count = 0;

	cr_assert_eq(sqlite3_open(fixture_path(name), &db), SQLITE_OK);
	cr_assert_eq(
		sqlite3_prepare_v2(db, "SELECT header, wrap, body FROM record", -1, &row, NULL),
		SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW) {
		struct pst_vault_header header;
		int status = state_keys_try(ring, row, &header);

		each(&header, status);
		count++;
	}
	(void)sqlite3_finalize(row);
	(void)sqlite3_close(db);
	return count;
}

/** Copies a file of the fixture's folder to another name in it. */
static inline void state_keys_copy(const char *from, const char *to)
{
	uint8_t *data;
	size_t size;

	cr_assert_eq(pst_fd_read_file(fixture_path(from), 1u << 24, &data, &size, NULL), 0);
	int fd = open(fixture_path(to), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cr_assert(fd >= 0);
	cr_assert_eq(pst_fd_write_full(fd, data, size), 0);
	(void)close(fd);
	free(data);
}

/** Puts a copy of the database in its place. */
static inline void state_keys_restore(const char *copy)
{
	state_keys_copy(copy, "vault.db");
	(void)unlink(fixture_path("vault.db-wal"));
}

#endif
