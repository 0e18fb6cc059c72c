/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/tombstone.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"

void pst_vault_tombstone_hash(const struct pst_keyring *ring,
	const uint8_t record[PST_VAULT_ID_SIZE], uint8_t ret_hash[PST_VAULT_ID_SIZE])
{
	uint8_t bound[8 + PST_VAULT_ID_SIZE] = "grave";
	uint8_t tag[PST_KEYRING_TAG_SIZE];

	memcpy(bound + 8, record, PST_VAULT_ID_SIZE);
	pst_keyring_tag(ring, bound, sizeof(bound), tag);
	memcpy(ret_hash, tag, PST_VAULT_ID_SIZE);
}

static void tag_of(const struct pst_keyring *ring, const struct pst_vault_tombstone *tombstone,
	uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	uint8_t bound[8 + PST_VAULT_ID_SIZE + 8] = "tomb";

	memcpy(bound + 8, tombstone->hash, PST_VAULT_ID_SIZE);
	pst_bytes_put64(bound + 8 + PST_VAULT_ID_SIZE, (uint64_t)tombstone->until_s);
	pst_keyring_tag(ring, bound, sizeof(bound), ret_tag);
}

/* Reads a row of hash, until, tag. @return 0, PST_E_CORRUPT */
static int read_row(const struct pst_keyring *ring, sqlite3_stmt *row,
	struct pst_vault_tombstone *ret_tombstone, uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	uint8_t expected[PST_KEYRING_TAG_SIZE];

	if (pst_vault_db_blob(row, 0, ret_tombstone->hash, sizeof(ret_tombstone->hash)) < 0 ||
		pst_vault_db_blob(row, 2, ret_tag, PST_KEYRING_TAG_SIZE) < 0) {
		return PST_E_CORRUPT;
	}
	ret_tombstone->until_s = sqlite3_column_int64(row, 1);
	tag_of(ring, ret_tombstone, expected);
	return pst_secret_compare(ret_tag, expected, sizeof(expected)) == 0 ? 0 : PST_E_CORRUPT;
}

int pst_vault_tombstone_add(struct pst_vault *vault, const struct pst_vault_tombstone *tombstone,
	struct pst_error *error)
{
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	struct pst_vault_db_value values[] = {
		PST_VAULT_BLOB(tombstone->hash, sizeof(tombstone->hash)),
		PST_VAULT_INT(tombstone->until_s), PST_VAULT_BLOB(tag, sizeof(tag))};

	tag_of(vault->ring, tombstone, tag);
	int added = pst_vault_db_exec(&vault->db,
		"INSERT OR IGNORE INTO tombstone(hash, until, tag) VALUES(?,?,?)", values, 3,
		error);
	if (added > 0) {
		pst_vault_sum_add(&vault->sum, vault->ring, PST_VAULT_ELEMENT_TOMBSTONE, tag);
		vault->sum_changed = true;
	}
	return added;
}

int pst_vault_is_forgotten(
	struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE], struct pst_error *error)
{
	uint8_t hash[PST_VAULT_ID_SIZE];

	pst_vault_tombstone_hash(vault->ring, record, hash);
	return pst_vault_has_tombstone(vault, hash, error);
}

int pst_vault_has_tombstone(
	struct pst_vault *vault, const uint8_t hash[PST_VAULT_ID_SIZE], struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(hash, PST_VAULT_ID_SIZE)};
	sqlite3_stmt *row;

	int status = pst_vault_db_keep(
		&vault->db, "SELECT 1 FROM tombstone WHERE hash=?", values, 1, &row, error);
	if (status == 0) {
		status = pst_vault_db_step(&vault->db, row, error);
	}
	pst_vault_db_release(&vault->db, row);
	return status;
}

/* As with records: what was edited stays in the sum, and is found by that. */
int pst_vault_tombstone_purge(struct pst_vault *vault, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(vault->now_s)};
	sqlite3_stmt *row;
	int status = pst_vault_db_keep(&vault->db,
		"SELECT hash, until, tag FROM tombstone WHERE until <= ?", values, 1, &row, error);

	while (status == 0) {
		struct pst_vault_tombstone tombstone;
		uint8_t tag[PST_KEYRING_TAG_SIZE];

		status = pst_vault_db_step(&vault->db, row, error);
		if (status != 1) {
			break;
		}
		status = 0;
		if (read_row(vault->ring, row, &tombstone, tag) == 0) {
			pst_vault_sum_remove(
				&vault->sum, vault->ring, PST_VAULT_ELEMENT_TOMBSTONE, tag);
			vault->sum_changed = true;
		}
	}
	pst_vault_db_release(&vault->db, row);
	return status < 0 ? status
			  : pst_vault_db_exec(&vault->db, "DELETE FROM tombstone WHERE until <= ?",
				    values, 1, error);
}

int pst_vault_tombstones(
	struct pst_vault *vault, pst_vault_tombstone_fn each, void *user, struct pst_error *error)
{
	sqlite3_stmt *row;
	int count = 0;
	int status = pst_vault_db_prepare(&vault->db,
		"SELECT hash, until, tag FROM tombstone ORDER BY until, hash", NULL, 0, &row,
		error);

	while (status == 0) {
		struct pst_vault_tombstone tombstone = {0};
		uint8_t tag[PST_KEYRING_TAG_SIZE];

		status = pst_vault_db_step(&vault->db, row, error);
		if (status != 1) {
			break;
		}
		tombstone.damaged = read_row(vault->ring, row, &tombstone, tag) < 0;
		status = each(user, &tombstone);
		count++;
	}
	(void)sqlite3_finalize(row);
	return status < 0 ? status : count;
}
