/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "vault/held.h"
#include "vault/inside.h"
#include "vault/name.h"

#define PLAIN_ROOM_MIN 4096u
#define SUBJECT_MAX 256u /* bytes */

/* Columns of PST_VAULT_ROW_COLUMNS. */
enum column {
	COLUMN_PLACE,
	COLUMN_ID,
	COLUMN_GALLERY,
	COLUMN_SUBJECT,
	COLUMN_CONTRACT,
	COLUMN_EXPIRES,
	COLUMN_HEADER,
	COLUMN_WRAP,
	COLUMN_BODY,
};

int pst_vault_make_room(struct pst_vault *vault, size_t size)
{
	void *memory = vault->plain;

	if (size <= vault->plain_room) {
		return 0;
	}
	size = size < PLAIN_ROOM_MIN ? PLAIN_ROOM_MIN : size;
	pst_secret_free(&memory);
	int status = pst_secret_alloc_template(size, &memory);
	vault->plain = memory;
	vault->plain_room = status == 0 ? size : 0;
	return status;
}

static int same_blob(sqlite3_stmt *statement, int column, const uint8_t expected[16])
{
	uint8_t stored[16];
	int status = pst_vault_db_blob(statement, column, stored, sizeof(stored));

	return status == 0 && memcmp(stored, expected, sizeof(stored)) == 0 ? 0 : PST_E_CORRUPT;
}

/* A text that reads as the number sorts elsewhere: a search or a purge would pass it by. */
static bool is_number(sqlite3_stmt *statement, int column, int64_t expected)
{
	return sqlite3_column_type(statement, column) == SQLITE_INTEGER &&
	       sqlite3_column_int64(statement, column) == expected;
}

static bool columns_agree(const struct pst_vault *vault, sqlite3_stmt *statement,
	const struct pst_vault_header *header)
{
	return same_blob(statement, COLUMN_ID, header->record) == 0 &&
	       same_blob(statement, COLUMN_SUBJECT, header->subject) == 0 &&
	       same_blob(statement, COLUMN_CONTRACT, header->contract) == 0 &&
	       is_number(statement, COLUMN_GALLERY, header->gallery) &&
	       is_number(statement, COLUMN_EXPIRES, header->expires_s) &&
	       memcmp(header->vault, pst_keyring_id(vault->ring), sizeof(header->vault)) == 0;
}

int pst_vault_row_open(
	struct pst_vault *vault, sqlite3_stmt *statement, struct pst_vault_row *ret_row)
{
	uint8_t header[PST_SEAL_HEADER_SIZE];
	uint8_t wrap[PST_SEAL_WRAP_SIZE];
	struct pst_vault_header decoded;
	struct pst_vault_lives lives;

	memset(ret_row, 0, sizeof(*ret_row));
	ret_row->place = sqlite3_column_int64(statement, COLUMN_PLACE);
	if (pst_vault_db_blob(statement, COLUMN_ID, ret_row->id, sizeof(ret_row->id)) < 0 ||
		pst_vault_db_blob(statement, COLUMN_HEADER, header, sizeof(header)) < 0 ||
		pst_vault_db_blob(statement, COLUMN_WRAP, wrap, sizeof(wrap)) < 0 ||
		pst_vault_header_decode(header, &decoded) < 0 ||
		!columns_agree(vault, statement, &decoded)) {
		return PST_E_CORRUPT;
	}
	int status = pst_vault_lives(vault, &decoded, &lives);
	if (status < 0) {
		return status;
	}
	/* A clock that is held has no say over keys, but nobody reads what it calls expired. */
	if (lives.until_s <= vault->clock.shown_s) {
		ret_row->header = decoded;
		return PST_E_EXPIRED;
	}
	const uint8_t *body = sqlite3_column_blob(statement, COLUMN_BODY);
	size_t size = (size_t)sqlite3_column_bytes(statement, COLUMN_BODY);
	if (!body || size != decoded.plain_size + (size_t)PST_SEAL_OVERHEAD) {
		return PST_E_CORRUPT;
	}
	status = pst_vault_make_room(vault, decoded.plain_size);
	if (status == 0) {
		status = pst_unseal(
			vault->ring, lives.place, header, wrap, body, size, vault->plain);
		/* A header that names a dead bucket or another class, and a time to come. */
		status = status < 0 ? PST_E_CORRUPT : 0;
	}
	if (status == 0) {
		ret_row->header = decoded;
	}
	return status;
}

void pst_vault_row_close(struct pst_vault *vault, const struct pst_vault_row *row)
{
	pst_secret_wipe(vault->plain, row->header.plain_size);
}

static int check_info(const struct pst_vault_record_info *info, const char *gallery, size_t size,
	struct pst_error *error)
{
	size_t subject = info->subject ? strlen(info->subject) : 0;

	if (size == 0 || size > PST_SEAL_PLAIN_MAX) {
		return pst_error_set(error, -EINVAL, "a template has 1 to %u bytes, not %zu",
			PST_SEAL_PLAIN_MAX, size);
	}
	if (info->template_format > UINT8_MAX) {
		return pst_error_set(
			error, -EINVAL, "a template of an unknown type %u", info->template_format);
	}
	if (info->retention_s < 0 || info->retention_s > PST_VAULT_RETENTION_MAX_S) {
		return pst_error_set(error, -EINVAL,
			"retention '%s': %lld seconds is out of range (at most 100 years)",
			info->retention ? info->retention : "", (long long)info->retention_s);
	}
	if (subject > SUBJECT_MAX || (info->subject && subject == 0) || (gallery && subject == 0)) {
		return pst_error_set(error, -EINVAL, "a subject has 1 to %u bytes", SUBJECT_MAX);
	}
	return 0;
}

struct name_field {
	const char *text;
	enum pst_vault_name_kind kind;
	uint16_t number;
};

static int number_names(
	struct pst_vault *vault, struct name_field *fields, size_t count, struct pst_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (!fields[i].text && (fields[i].kind == PST_VAULT_NAME_LANE ||
					       fields[i].kind == PST_VAULT_NAME_GALLERY)) {
			continue;
		}
		int status = pst_vault_name_number(&vault->db, vault->ring, fields[i].kind,
			fields[i].text, &fields[i].number, error);
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

int pst_vault_make_header(struct pst_vault *vault, const struct pst_vault_record_info *info,
	const char *gallery, size_t size, struct pst_vault_header *ret_header,
	struct pst_error *error)
{
	struct name_field names[] = {
		{info->store, PST_VAULT_NAME_STORE, 0},
		{info->retention, PST_VAULT_NAME_RETENTION, 0},
		{info->category, PST_VAULT_NAME_CATEGORY, 0},
		{info->purpose, PST_VAULT_NAME_PURPOSE, 0},
		{info->lane, PST_VAULT_NAME_LANE, 0},
		{gallery, PST_VAULT_NAME_GALLERY, 0},
	};
	int status = check_info(info, gallery, size, error);

	if (status == 0) {
		status = number_names(vault, names, sizeof(names) / sizeof(names[0]), error);
	}
	if (status == 0) {
		status = pst_vault_class_need(
			vault, (uint8_t)names[1].number, info->retention_s, error);
	}
	if (status < 0) {
		return status;
	}
	int64_t until_s = vault->now_s + info->retention_s;
	*ret_header = (struct pst_vault_header){
		.store = (uint8_t)names[0].number,
		.retention = (uint8_t)names[1].number,
		.category = names[2].number,
		.purpose = (uint8_t)names[3].number,
		.lane = names[4].number,
		.gallery = names[5].number,
		.role = gallery ? PST_VAULT_ROLE_REFERENCE : PST_VAULT_ROLE_CAPTURED,
		.created_s = vault->now_s,
		.bucket = pst_vault_place((uint8_t)names[1].number, info->retention_s, until_s)
				  .bucket,
		.expires_s = pst_vault_round_expiry(info->retention_s, until_s),
		.format = (uint8_t)info->template_format,
		.transform = (uint8_t)vault->turn,
		.audit_sequence = info->audit_sequence,
		.plain_size = (uint32_t)size,
	};
	memcpy(ret_header->vault, pst_keyring_id(vault->ring), sizeof(ret_header->vault));
	pst_random_bytes(ret_header->record, sizeof(ret_header->record));
	memcpy(ret_header->contract, info->contract, sizeof(ret_header->contract));
	memcpy(ret_header->permit, info->permit, sizeof(ret_header->permit));
	if (info->subject) {
		pst_vault_pseudonym(vault, info->subject, ret_header->subject);
	}
	return 0;
}

/* @param ret_body  the caller's to finish, whatever this returns */
static int seal(struct pst_vault *vault, struct pst_seal_place place,
	const struct pst_vault_header *header, const uint8_t *template,
	uint8_t ret_bytes[PST_SEAL_HEADER_SIZE], uint8_t ret_wrap[PST_SEAL_WRAP_SIZE],
	struct pst_bytes *ret_body, struct pst_error *error)
{
	pst_vault_header_encode(header, ret_bytes);
	int status = pst_bytes_reserve(ret_body, header->plain_size + (size_t)PST_SEAL_OVERHEAD);
	if (status == 0) {
		status = pst_seal(vault->ring, place, ret_bytes, template, header->plain_size,
			ret_wrap, ret_body->data);
	}
	if (status < 0) {
		return pst_error_set(
			error, status, "%s: %s", vault->db_path, pst_status_text(status));
	}
	return 0;
}

int pst_vault_insert(struct pst_vault *vault, const struct pst_vault_header *header,
	const uint8_t *template, struct pst_error *error)
{
	uint8_t bytes[PST_SEAL_HEADER_SIZE];
	uint8_t wrap[PST_SEAL_WRAP_SIZE];
	struct pst_bytes body = {0};
	int status = pst_vault_check_clock(vault, error);

	if (status == 0) {
		status = seal(vault, pst_vault_header_place(header), header, template, bytes, wrap,
			&body, error);
	}

	if (status == 0) {
		struct pst_vault_db_value values[] = {
			PST_VAULT_BLOB(header->record, sizeof(header->record)),
			PST_VAULT_INT(header->gallery),
			PST_VAULT_BLOB(header->subject, sizeof(header->subject)),
			PST_VAULT_BLOB(header->contract, sizeof(header->contract)),
			PST_VAULT_INT(header->expires_s),
			PST_VAULT_BLOB(bytes, sizeof(bytes)),
			PST_VAULT_BLOB(wrap, sizeof(wrap)),
			PST_VAULT_BLOB(body.data, (int)(header->plain_size + PST_SEAL_OVERHEAD)),
		};

		status = pst_vault_db_exec(&vault->db,
			"INSERT INTO record(id, gallery, subject, contract, expires, header, wrap,"
			" body) VALUES(?,?,?,?,?,?,?,?)",
			values, 8, error);
	}
	pst_bytes_finish(&body);
	if (status >= 0) {
		pst_vault_sum_add(&vault->sum, vault->ring, PST_VAULT_ELEMENT_RECORD, bytes);
		vault->sum_changed = true;
	}
	return status < 0 ? status : 0;
}

int pst_vault_replace(struct pst_vault *vault, const struct pst_vault_row *row,
	const struct pst_vault_header *header, const uint8_t *template, struct pst_error *error)
{
	uint8_t before[PST_SEAL_HEADER_SIZE], bytes[PST_SEAL_HEADER_SIZE];
	uint8_t wrap[PST_SEAL_WRAP_SIZE];
	struct pst_bytes body = {0};
	struct pst_vault_lives lives;
	int status = pst_vault_lives(vault, &row->header, &lives);

	if (status < 0) {
		return pst_error_set(
			error, PST_E_VAULT, "%s: %s", vault->db_path, pst_status_text(status));
	}
	status = seal(vault, lives.place, header, template, bytes, wrap, &body, error);
	if (status == 0) {
		struct pst_vault_db_value values[] = {
			PST_VAULT_BLOB(bytes, sizeof(bytes)),
			PST_VAULT_BLOB(wrap, sizeof(wrap)),
			PST_VAULT_BLOB(body.data, (int)(header->plain_size + PST_SEAL_OVERHEAD)),
			PST_VAULT_INT(row->place),
		};

		status = pst_vault_db_exec(&vault->db,
			"UPDATE record SET header=?, wrap=?, body=? WHERE place=?", values, 4,
			error);
	}
	pst_bytes_finish(&body);
	if (status >= 0) {
		pst_vault_header_encode(&row->header, before);
		pst_vault_sum_remove(&vault->sum, vault->ring, PST_VAULT_ELEMENT_RECORD, before);
		pst_vault_sum_add(&vault->sum, vault->ring, PST_VAULT_ELEMENT_RECORD, bytes);
		vault->sum_changed = true;
	}
	return status < 0 ? status : 0;
}

/* A row whose columns do not say what its header says is not taken off the sum: whoever changed a
 * column to have the row deleted is found by what the sum then lacks. */
static int take_off_sum(struct pst_vault *vault, sqlite3_stmt *statement, struct pst_error *error)
{
	uint8_t bytes[PST_SEAL_HEADER_SIZE], id[PST_VAULT_ID_SIZE];
	char hex[2 * PST_VAULT_ID_SIZE + 1];
	struct pst_vault_header header;
	struct pst_vault_hold hold;

	if (pst_vault_db_blob(statement, COLUMN_ID, id, sizeof(id)) == 0) {
		int status = pst_vault_hold_of(vault, id, &hold, error);

		if (status == 1) {
			pst_bytes_to_hex(id, sizeof(id), hex);
			status = pst_error_set(error, PST_E_UNSAFE,
				"record %s is under legal hold (%s); release it first", hex,
				hold.reason);
		}
		if (status < 0) {
			return status;
		}
	}

	if (pst_vault_db_blob(statement, COLUMN_HEADER, bytes, sizeof(bytes)) == 0 &&
		pst_vault_header_decode(bytes, &header) == 0 &&
		columns_agree(vault, statement, &header)) {
		pst_vault_sum_remove(&vault->sum, vault->ring, PST_VAULT_ELEMENT_RECORD, bytes);
		vault->sum_changed = true;
	}
	return 0;
}

int pst_vault_delete(struct pst_vault *vault, const char *where,
	const struct pst_vault_db_value *values, int count, struct pst_error *error)
{
	char sql[512];
	sqlite3_stmt *rows;
	int length = snprintf(sql, sizeof(sql),
		"SELECT " PST_VAULT_HEADER_COLUMNS " FROM record WHERE %s", where);

	assert(length > 0 && (size_t)length < sizeof(sql));
	int status = pst_vault_db_prepare(&vault->db, sql, values, count, &rows, error);
	while (status == 0) {
		status = pst_vault_db_step(&vault->db, rows, error);
		if (status != 1) {
			break;
		}
		status = take_off_sum(vault, rows, error);
	}
	(void)sqlite3_finalize(rows);
	if (status < 0) {
		return status;
	}
	(void)snprintf(sql, sizeof(sql), "DELETE FROM record WHERE %s", where);
	return pst_vault_db_exec(&vault->db, sql, values, count, error);
}

int pst_vault_read(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE], int64_t now_s,
	pst_vault_template_fn open, void *user, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(record, PST_VAULT_ID_SIZE)};
	struct pst_vault_row row;
	sqlite3_stmt *statement = NULL;
	char hex[2 * PST_VAULT_ID_SIZE + 1];
	int status = pst_vault_advance(vault, now_s, error);

	pst_bytes_to_hex(record, PST_VAULT_ID_SIZE, hex);
	if (status == 0) {
		status = pst_vault_db_prepare(&vault->db,
			"SELECT " PST_VAULT_ROW_COLUMNS " FROM record WHERE id=?", values, 1,
			&statement, error);
	}
	if (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
		if (status == 0) {
			status = pst_error_set(error, PST_E_NOT_FOUND, "no record %s", hex);
		}
	}
	if (status == 1) {
		status = pst_vault_row_open(vault, statement, &row);
		if (status == 0) {
			status = open(user, pst_vault_pseudonym_key(row.header.subject),
				vault->plain, row.header.plain_size);
			pst_vault_row_close(vault, &row);
		} else if (status == PST_E_EXPIRED) {
			(void)pst_error_set(error, status, "record %s is past its retention", hex);
		} else {
			status = pst_error_set(error, status == -ENOMEM ? status : PST_E_VAULT,
				"record %s does not open: damaged or changed", hex);
		}
	}
	(void)sqlite3_finalize(statement);
	pst_vault_note_time(vault);
	return status;
}
