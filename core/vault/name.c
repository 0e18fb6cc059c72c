/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/name.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"

static const char *kind_text(enum pst_vault_name_kind kind)
{
	static const char *const texts[] = {
		"name", "store", "retention class", "category", "purpose", "gallery", "lane"};

	return texts[kind];
}

static uint16_t number_max(enum pst_vault_name_kind kind)
{
	return kind == PST_VAULT_NAME_STORE || kind == PST_VAULT_NAME_RETENTION ||
			       kind == PST_VAULT_NAME_PURPOSE
		       ? UINT8_MAX
		       : UINT16_MAX;
}

/* Binds name, kind and number together under the vault's key. */
static void tag_of(const struct pst_keyring *ring, enum pst_vault_name_kind kind, uint64_t number,
	const char *text, uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	uint8_t row[16 + PST_VAULT_NAME_SIZE] = "name";
	size_t length = strlen(text);

	row[5] = (uint8_t)kind;
	pst_bytes_put64(row + 8, number);
	memcpy(row + 16, text, length + 1);
	pst_keyring_tag(ring, row, 16 + length, ret_tag);
}

static int check_tag(struct pst_vault_db *db, const struct pst_keyring *ring, sqlite3_stmt *row,
	enum pst_vault_name_kind kind, uint64_t number, const char *text, struct pst_error *error)
{
	uint8_t stored[PST_KEYRING_TAG_SIZE];
	uint8_t expected[PST_KEYRING_TAG_SIZE];

	tag_of(ring, kind, number, text, expected);
	if (pst_vault_db_blob(row, 1, stored, sizeof(stored)) < 0 ||
		pst_secret_compare(stored, expected, sizeof(stored)) != 0) {
		return pst_error_set(error, PST_E_VAULT, "%s: the name of %s %llu was changed",
			db->path, kind_text(kind), (unsigned long long)number);
	}
	return 0;
}

int pst_vault_name_find(struct pst_vault_db *db, const struct pst_keyring *ring,
	enum pst_vault_name_kind kind, const char *text, uint16_t *ret_number,
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(kind), PST_VAULT_TEXT(text)};
	sqlite3_stmt *row;

	if (!text || !pst_text_is_id(text)) {
		return pst_error_set(error, -EINVAL,
			"'%s' is no %s name: 1 to 64 letters, digits, - _ .", text ? text : "",
			kind_text(kind));
	}
	int status = pst_vault_db_keep(
		db, "SELECT number, tag FROM name WHERE kind=? AND text=?", values, 2, &row, error);
	if (status == 0) {
		status = pst_vault_db_step(db, row, error);
	}
	if (status == 1) {
		int64_t number = sqlite3_column_int64(row, 0);

		status = check_tag(db, ring, row, kind, (uint64_t)number, text, error);
		*ret_number = (uint16_t)number;
	} else if (status == 0) {
		status = PST_E_NOT_FOUND;
	}
	pst_vault_db_release(db, row);
	return status;
}

static int next_number(struct pst_vault_db *db, enum pst_vault_name_kind kind, int64_t *ret_number,
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(kind)};
	sqlite3_stmt *row;
	int status = pst_vault_db_prepare(db,
		"SELECT ifnull(max(number), 0) + 1 FROM name WHERE kind=?", values, 1, &row, error);

	if (status == 0) {
		status = pst_vault_db_step(db, row, error);
	}
	*ret_number = status == 1 ? sqlite3_column_int64(row, 0) : 0;
	(void)sqlite3_finalize(row);
	return status < 0 ? status : 0;
}

int pst_vault_name_number(struct pst_vault_db *db, const struct pst_keyring *ring,
	enum pst_vault_name_kind kind, const char *text, uint16_t *ret_number,
	struct pst_error *error)
{
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int64_t number;
	int status = pst_vault_name_find(db, ring, kind, text, ret_number, error);

	if (status != PST_E_NOT_FOUND) {
		return status;
	}
	status = next_number(db, kind, &number, error);
	if (status < 0) {
		return status;
	}
	if (number <= 0 || number > number_max(kind)) {
		return pst_error_set(error, -EINVAL, "no room for another %s: %u are in use",
			kind_text(kind), number_max(kind));
	}
	tag_of(ring, kind, (uint64_t)number, text, tag);
	struct pst_vault_db_value values[] = {PST_VAULT_INT(kind), PST_VAULT_INT(number),
		PST_VAULT_TEXT(text), PST_VAULT_BLOB(tag, sizeof(tag))};
	status = pst_vault_db_exec(
		db, "INSERT INTO name(kind, number, text, tag) VALUES(?,?,?,?)", values, 4, error);
	*ret_number = (uint16_t)number;
	return status < 0 ? status : 0;
}

int pst_vault_name_text(struct pst_vault_db *db, const struct pst_keyring *ring,
	enum pst_vault_name_kind kind, uint64_t number, char ret_text[PST_VAULT_NAME_SIZE],
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(kind), PST_VAULT_INT((int64_t)number)};
	sqlite3_stmt *row;
	int status = pst_vault_db_keep(
		db, "SELECT text, tag FROM name WHERE kind=? AND number=?", values, 2, &row, error);

	if (status == 0) {
		status = pst_vault_db_step(db, row, error);
	}
	if (status == 1) {
		bool is_text = sqlite3_column_type(row, 0) == SQLITE_TEXT;
		const char *text = (const char *)sqlite3_column_text(row, 0);

		if (!is_text || !text || strlen(text) != (size_t)sqlite3_column_bytes(row, 0) ||
			pst_text_copy(ret_text, PST_VAULT_NAME_SIZE, text) < 0 ||
			check_tag(db, ring, row, kind, number, ret_text, NULL) < 0) {
			status = PST_E_CORRUPT;
		} else {
			status = 0;
		}
	} else if (status == 0) {
		status = PST_E_CORRUPT;
	}
	pst_vault_db_release(db, row);
	return status;
}

int pst_vault_name_retire(struct pst_vault_db *db, enum pst_vault_name_kind kind, uint16_t number,
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(kind), PST_VAULT_INT(number)};
	int status = pst_vault_db_exec(
		db, "UPDATE name SET text=NULL WHERE kind=? AND number=?", values, 2, error);

	return status < 0 ? status : 0;
}
