/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/hold.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "vault/held.h"
#include "vault/inside.h"
#include "vault/name.h"
#include "vault/tombstone.h"

#define HOLD_COLUMNS "record, until, since, reason, tag"

static void tag_of(const struct pst_keyring *ring, const struct pst_vault_hold *hold,
	uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	uint8_t bound[8 + PST_VAULT_ID_SIZE + 16 + PST_VAULT_HOLD_REASON_SIZE] = "hold";

	memcpy(bound + 8, hold->record, PST_VAULT_ID_SIZE);
	pst_bytes_put64(bound + 24, (uint64_t)hold->until_s);
	pst_bytes_put64(bound + 32, (uint64_t)hold->since_s);
	memcpy(bound + 40, hold->reason, strlen(hold->reason));
	pst_keyring_tag(ring, bound, sizeof(bound), ret_tag);
}

/* Reads a row of HOLD_COLUMNS. @return 0, PST_E_CORRUPT */
static int read_row(const struct pst_vault *vault, sqlite3_stmt *row,
	struct pst_vault_hold *ret_hold, uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	uint8_t expected[PST_KEYRING_TAG_SIZE];

	*ret_hold = (struct pst_vault_hold){.damaged = true};
	const char *reason = (const char *)sqlite3_column_text(row, 3);
	if (pst_vault_db_blob(row, 0, ret_hold->record, sizeof(ret_hold->record)) < 0 ||
		pst_vault_db_blob(row, 4, ret_tag, PST_KEYRING_TAG_SIZE) < 0 || !reason ||
		pst_text_copy(ret_hold->reason, sizeof(ret_hold->reason), reason) < 0) {
		return PST_E_CORRUPT;
	}
	ret_hold->until_s = sqlite3_column_int64(row, 1);
	ret_hold->since_s = sqlite3_column_int64(row, 2);
	pst_vault_tombstone_hash(vault->ring, ret_hold->record, ret_hold->hash);
	tag_of(vault->ring, ret_hold, expected);
	if (pst_secret_compare(ret_tag, expected, sizeof(expected)) != 0) {
		return PST_E_CORRUPT;
	}
	ret_hold->damaged = false;
	return 0;
}

/* The row of a record, whether its end is ahead or not. @return 1, 0, or a status */
static int find_row(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	struct pst_vault_hold *ret_hold, uint8_t ret_tag[PST_KEYRING_TAG_SIZE],
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(record, PST_VAULT_ID_SIZE)};
	sqlite3_stmt *row;

	if (vault->holds == 0) {
		return 0;
	}
	int status = pst_vault_db_keep(&vault->db,
		"SELECT " HOLD_COLUMNS " FROM hold WHERE record=?", values, 1, &row, error);
	if (status == 0) {
		status = pst_vault_db_step(&vault->db, row, error);
	}
	if (status == 1 && read_row(vault, row, ret_hold, ret_tag) < 0) {
		status = pst_error_set(
			error, PST_E_VAULT, "%s: a legal hold was changed", vault->db_path);
	}
	pst_vault_db_release(&vault->db, row);
	return status;
}

int pst_vault_hold_of(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	struct pst_vault_hold *ret_hold, struct pst_error *error)
{
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int status = find_row(vault, record, ret_hold, tag, error);

	return status == 1 ? ret_hold->until_s > vault->now_s : status;
}

static int64_t day_up(int64_t time_s)
{
	return (time_s + PST_VAULT_HOLD_DAY_S - 1) / PST_VAULT_HOLD_DAY_S;
}

/* A hold that ends before the record's own expiry is wrapped for as long as that. */
static int place_of(struct pst_vault *vault, const struct pst_vault_header *header,
	const struct pst_vault_hold *hold, struct pst_vault_lives *ret_lives)
{
	uint16_t number = 0;
	int64_t until_s = hold->until_s > header->expires_s ? hold->until_s : header->expires_s;
	int status = pst_vault_name_find(&vault->db, vault->ring, PST_VAULT_NAME_RETENTION,
		PST_VAULT_HOLD_CLASS, &number, NULL);

	*ret_lives = (struct pst_vault_lives){
		.place = {.retention = pst_ratchet_number((uint8_t)number, PST_VAULT_HOLD_DAY_S),
			.bucket = (uint32_t)day_up(until_s)},
		.until_s = until_s};
	return status < 0 ? PST_E_CORRUPT : 0;
}

int pst_vault_lives(struct pst_vault *vault, const struct pst_vault_header *header,
	struct pst_vault_lives *ret_lives)
{
	struct pst_vault_hold hold;
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int status = find_row(vault, header->record, &hold, tag, NULL);

	*ret_lives = (struct pst_vault_lives){
		.place = pst_vault_header_place(header), .until_s = header->expires_s};
	if (status == 1) {
		status = place_of(vault, header, &hold, ret_lives);
	}
	return status == PST_E_VAULT ? PST_E_CORRUPT : status;
}

int pst_vault_hold_count(struct pst_vault *vault, struct pst_error *error)
{
	sqlite3_stmt *row;
	int status =
		pst_vault_db_prepare(&vault->db, "SELECT count(*) FROM hold", NULL, 0, &row, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, row, error);
	}
	if (status == 1) {
		vault->holds = (uint64_t)sqlite3_column_int64(row, 0);
		status = 0;
	}
	(void)sqlite3_finalize(row);
	return status;
}

/* The counted number of holds follows a transaction that may still be rolled back: too many cost
 * a look, too few would open a record with the wrong key, so it only grows here. */
static int put_row(
	struct pst_vault *vault, const struct pst_vault_hold *hold, struct pst_error *error)
{
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(hold->record, sizeof(hold->record)),
		PST_VAULT_INT(hold->until_s), PST_VAULT_INT(hold->since_s),
		PST_VAULT_TEXT(hold->reason), PST_VAULT_BLOB(tag, sizeof(tag))};

	tag_of(vault->ring, hold, tag);
	int status = pst_vault_db_exec(&vault->db,
		"INSERT INTO hold(" HOLD_COLUMNS ") VALUES(?,?,?,?,?)", values, 5, error);
	if (status >= 0) {
		pst_vault_sum_add(&vault->sum, vault->ring, PST_VAULT_ELEMENT_HOLD, tag);
		vault->sum_changed = true;
		vault->holds++;
	}
	return status < 0 ? status : 0;
}

static int drop_row(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	const uint8_t tag[PST_KEYRING_TAG_SIZE], struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(record, PST_VAULT_ID_SIZE)};
	int status =
		pst_vault_db_exec(&vault->db, "DELETE FROM hold WHERE record=?", values, 1, error);

	if (status > 0) {
		pst_vault_sum_remove(&vault->sum, vault->ring, PST_VAULT_ELEMENT_HOLD, tag);
		vault->sum_changed = true;
	}
	return status < 0 ? status : 0;
}

int pst_vault_hold_drop(
	struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE], struct pst_error *error)
{
	struct pst_vault_hold hold;
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int status = find_row(vault, record, &hold, tag, error);

	return status == 1 ? drop_row(vault, record, tag, error) : status;
}

/* A record's row as its wrap needs it. @return 0, PST_E_NOT_FOUND, PST_E_VAULT */
static int read_wrap(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	uint8_t header[PST_SEAL_HEADER_SIZE], uint8_t wrap[PST_SEAL_WRAP_SIZE],
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(record, PST_VAULT_ID_SIZE)};
	sqlite3_stmt *row;
	int status = pst_vault_db_keep(
		&vault->db, "SELECT header, wrap FROM record WHERE id=?", values, 1, &row, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, row, error);
		if (status == 0) {
			status = pst_error_set(error, PST_E_NOT_FOUND, "no such record");
		}
	}
	if (status == 1 && (pst_vault_db_blob(row, 0, header, PST_SEAL_HEADER_SIZE) < 0 ||
				   pst_vault_db_blob(row, 1, wrap, PST_SEAL_WRAP_SIZE) < 0)) {
		status = pst_error_set(
			error, PST_E_VAULT, "%s: a record is damaged", vault->db_path);
	}
	pst_vault_db_release(&vault->db, row);
	return status < 0 ? status : 0;
}

static int rewrap(struct pst_vault *vault, const struct pst_vault_header *header,
	struct pst_seal_place from, struct pst_seal_place to, struct pst_error *error)
{
	uint8_t bytes[PST_SEAL_HEADER_SIZE], wrap[PST_SEAL_WRAP_SIZE];
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(wrap, sizeof(wrap)),
		PST_VAULT_BLOB(header->record, sizeof(header->record))};
	char hex[2 * PST_VAULT_ID_SIZE + 1];
	int status = read_wrap(vault, header->record, bytes, wrap, error);

	if (status < 0) {
		return status;
	}
	if (pst_seal_rewrap(vault->ring, from, to, bytes, wrap, wrap) < 0) {
		pst_bytes_to_hex(header->record, sizeof(header->record), hex);
		return pst_error_set(error, PST_E_VAULT,
			"record %s does not open: expired, damaged or changed", hex);
	}
	status = pst_vault_db_exec(
		&vault->db, "UPDATE record SET wrap=? WHERE id=?", values, 2, error);
	return status < 0 ? status : 0;
}

static int read_header(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	struct pst_vault_header *ret_header, struct pst_error *error)
{
	uint8_t bytes[PST_SEAL_HEADER_SIZE], wrap[PST_SEAL_WRAP_SIZE];
	int status = read_wrap(vault, record, bytes, wrap, error);

	if (status == 0 && pst_vault_header_decode(bytes, ret_header) < 0) {
		status = pst_error_set(
			error, PST_E_VAULT, "%s: a record is damaged", vault->db_path);
	}
	return status;
}

static int hold_one(
	struct pst_vault *vault, const struct pst_vault_hold *hold, struct pst_error *error)
{
	struct pst_vault_header header;
	struct pst_vault_lives before = {0}, after = {0};
	struct pst_vault_hold old;
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int status = read_header(vault, hold->record, &header, error);

	if (status == 0) {
		status = pst_vault_lives(vault, &header, &before);
	}
	if (status == 0) {
		status = place_of(vault, &header, hold, &after);
	}
	if (status < 0) {
		return pst_error_set(error, PST_E_VAULT, "%s: a legal hold or a record is damaged",
			vault->db_path);
	}
	status = rewrap(vault, &header, before.place, after.place, error);
	if (status == 0) {
		status = find_row(vault, hold->record, &old, tag, error);
	}
	if (status == 1) {
		status = drop_row(vault, hold->record, tag, error);
	}
	return status == 0 ? put_row(vault, hold, error) : status;
}

static int check_hold(
	const struct pst_vault *vault, int64_t until_s, const char *reason, struct pst_error *error)
{
	if (until_s <= vault->now_s || until_s > vault->now_s + PST_VAULT_RETENTION_MAX_S ||
		until_s % PST_VAULT_HOLD_DAY_S != 0) {
		return pst_error_set(
			error, -EINVAL, "a hold ends on a day ahead, at most 100 years away");
	}
	if (!reason || !pst_text_is_id(reason)) {
		return pst_error_set(error, -EINVAL,
			"the reason is a case number or another id that names nobody: 1 to 64 "
			"letters, digits, - _ .");
	}
	return 0;
}

/* Holds have a ratchet of their own, whose buckets are days. */
static int need_class(struct pst_vault *vault, struct pst_error *error)
{
	uint16_t number = 0;
	int status = pst_vault_name_number(&vault->db, vault->ring, PST_VAULT_NAME_RETENTION,
		PST_VAULT_HOLD_CLASS, &number, error);
	const struct pst_ratchet_class class = {
		.retention = pst_ratchet_number((uint8_t)number, PST_VAULT_HOLD_DAY_S),
		.width_s = PST_VAULT_HOLD_DAY_S,
		.retention_s = PST_VAULT_RETENTION_MAX_S,
	};

	return status < 0 ? status : pst_vault_class_add(vault, &class, error);
}

static int hold_all(struct pst_vault *vault, const struct pst_vault_graves *graves, int64_t until_s,
	const char *reason, struct pst_error *error)
{
	int status = pst_vault_begin(vault, error);

	if (status < 0) {
		return status;
	}
	status = need_class(vault, error);
	for (size_t i = 0; i < graves->count && status == 0; i++) {
		struct pst_vault_hold hold = {.until_s = until_s, .since_s = vault->now_s};

		memcpy(hold.record, graves->grave[i].record, sizeof(hold.record));
		(void)!pst_text_copy(hold.reason, sizeof(hold.reason), reason);
		status = hold_one(vault, &hold, error);
	}
	return pst_vault_end(vault, status, error);
}

int pst_vault_hold_add(struct pst_vault *vault, const struct pst_vault_graves *graves,
	int64_t until_s, const char *reason, int64_t now_s, struct pst_error *error)
{
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0) {
		status = check_hold(vault, until_s, reason, error);
	}
	if (status == 0) {
		status = hold_all(vault, graves, until_s, reason, error);
	}
	/* The wraps of before must not stand in the log. */
	if (status == 0) {
		status = pst_vault_truncate_log(vault, error);
	}
	return status < 0 ? status : (int)graves->count;
}

/* @return 1 the hold ended, 0 there was none */
static int release_one(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE],
	int *deleted, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(record, PST_VAULT_ID_SIZE)};
	struct pst_vault_header header;
	struct pst_vault_lives lives = {0};
	struct pst_vault_hold hold;
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int status = find_row(vault, record, &hold, tag, error);

	if (status != 1) {
		return status;
	}
	status = read_header(vault, record, &header, error);
	if (status == 0) {
		status = place_of(vault, &header, &hold, &lives);
	}
	if (status == 0 && header.expires_s > vault->now_s) {
		status =
			rewrap(vault, &header, lives.place, pst_vault_header_place(&header), error);
	}
	if (status == 0) {
		status = drop_row(vault, record, tag, error);
	}
	if (status == 0 && header.expires_s <= vault->now_s) {
		status = pst_vault_delete(vault, "id=?", values, 1, error);
		*deleted += status > 0 ? status : 0;
	}
	return status < 0 ? status : 1;
}

int pst_vault_hold_release(struct pst_vault *vault, const struct pst_vault_graves *graves,
	int64_t now_s, int *ret_deleted, struct pst_error *error)
{
	int ended = 0;
	int status = pst_vault_advance(vault, now_s, error);

	*ret_deleted = 0;
	if (status == 0) {
		status = pst_vault_begin(vault, error);
	}
	if (status < 0) {
		return status;
	}
	for (size_t i = 0; i < graves->count && status >= 0; i++) {
		status = release_one(vault, graves->grave[i].record, ret_deleted, error);
		ended += status > 0;
	}
	status = pst_vault_end(vault, status, error);
	if (status >= 0) {
		status = pst_vault_truncate_log(vault, error);
	}
	if (status >= 0) {
		status = pst_vault_hold_count(vault, error);
	}
	return status < 0 ? status : ended;
}

/* As with records: what was edited stays in the sum, and is found by that. */
int pst_vault_hold_purge(struct pst_vault *vault, struct pst_error *error)
{
	static const char over[] = "until <= ?1 AND record NOT IN (SELECT id FROM record)";
	struct pst_vault_db_value values[] = {PST_VAULT_INT(vault->now_s)};
	char sql[160];
	sqlite3_stmt *row;

	if (vault->holds == 0) {
		return 0;
	}
	(void)snprintf(sql, sizeof(sql), "SELECT " HOLD_COLUMNS " FROM hold WHERE %s", over);
	int status = pst_vault_db_prepare(&vault->db, sql, values, 1, &row, error);
	while (status == 0) {
		struct pst_vault_hold hold;
		uint8_t tag[PST_KEYRING_TAG_SIZE];

		status = pst_vault_db_step(&vault->db, row, error);
		if (status != 1) {
			break;
		}
		status = 0;
		if (read_row(vault, row, &hold, tag) == 0) {
			pst_vault_sum_remove(&vault->sum, vault->ring, PST_VAULT_ELEMENT_HOLD, tag);
			vault->sum_changed = true;
		}
	}
	(void)sqlite3_finalize(row);
	if (status < 0) {
		return status;
	}
	(void)snprintf(sql, sizeof(sql), "DELETE FROM hold WHERE %s", over);
	status = pst_vault_db_exec(&vault->db, sql, values, 1, error);
	return status < 0 ? status : 0;
}

int pst_vault_holds(
	struct pst_vault *vault, pst_vault_hold_fn each, void *user, struct pst_error *error)
{
	sqlite3_stmt *row;
	int count = 0;
	int status = pst_vault_db_prepare(&vault->db,
		"SELECT " HOLD_COLUMNS " FROM hold ORDER BY until, record", NULL, 0, &row, error);

	while (status == 0) {
		struct pst_vault_hold hold;
		uint8_t tag[PST_KEYRING_TAG_SIZE];

		status = pst_vault_db_step(&vault->db, row, error);
		if (status != 1) {
			break;
		}
		(void)!read_row(vault, row, &hold, tag);
		status = each(user, &hold);
		count++;
	}
	(void)sqlite3_finalize(row);
	return status < 0 ? status : count;
}
