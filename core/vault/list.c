/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "vault/backup.h"
#include "vault/ballast.h"
#include "vault/held.h"
#include "vault/inside.h"
#include "vault/name.h"

/* The names of one item, while its callback runs. */
struct item_texts {
	char store[PST_VAULT_NAME_SIZE];
	char retention[PST_VAULT_NAME_SIZE];
	char category[PST_VAULT_NAME_SIZE];
	char purpose[PST_VAULT_NAME_SIZE];
	char gallery[PST_VAULT_NAME_SIZE];
	char lane[PST_VAULT_NAME_SIZE];
};

static int look_up(struct pst_vault *vault, enum pst_vault_name_kind kind, uint64_t number,
	char text[PST_VAULT_NAME_SIZE], const char **ret_text)
{
	text[0] = 0;
	*ret_text = NULL;
	if (number == 0 && (kind == PST_VAULT_NAME_GALLERY || kind == PST_VAULT_NAME_LANE)) {
		return 0;
	}
	*ret_text = text;
	return pst_vault_name_text(&vault->db, vault->ring, kind, number, text, NULL);
}

static int look_up_all(struct pst_vault *vault, const struct pst_vault_header *header,
	struct item_texts *texts, struct pst_vault_item *item)
{
	const struct {
		enum pst_vault_name_kind kind;
		uint64_t number;
		char *text;
		const char **to;
	} fields[] = {
		{PST_VAULT_NAME_STORE, header->store, texts->store, &item->store},
		{PST_VAULT_NAME_RETENTION, header->retention, texts->retention, &item->retention},
		{PST_VAULT_NAME_CATEGORY, header->category, texts->category, &item->category},
		{PST_VAULT_NAME_PURPOSE, header->purpose, texts->purpose, &item->purpose},
		{PST_VAULT_NAME_GALLERY, header->gallery, texts->gallery, &item->gallery},
		{PST_VAULT_NAME_LANE, header->lane, texts->lane, &item->lane},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		int status = look_up(
			vault, fields[i].kind, fields[i].number, fields[i].text, fields[i].to);

		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static void damaged_item(const struct pst_vault_row *row, struct pst_vault_item *ret_item)
{
	*ret_item = (struct pst_vault_item){
		.state = PST_VAULT_STATE_DAMAGED,
		.store = "?",
		.retention = "?",
		.category = "?",
		.purpose = "?",
	};
	memcpy(ret_item->record, row->id, sizeof(ret_item->record));
}

static int describe(struct pst_vault *vault, sqlite3_stmt *statement, struct item_texts *texts,
	struct pst_vault_item *ret_item)
{
	static const uint8_t nobody[16];
	struct pst_vault_row row;
	const struct pst_vault_header *header = &row.header;
	int status = pst_vault_row_open(vault, statement, &row);

	if (status == 0) {
		pst_vault_row_close(vault, &row);
	}
	if (status != 0 && status != PST_E_CORRUPT && status != PST_E_EXPIRED) {
		return status;
	}
	*ret_item = (struct pst_vault_item){
		.state = status == 0 ? PST_VAULT_STATE_OPENS : PST_VAULT_STATE_EXPIRED,
		.role = (enum pst_vault_role)header->role,
		.created_s = header->created_s,
		.expires_s = header->expires_s,
		.audit_sequence = header->audit_sequence,
		.size = header->plain_size,
		.transform = header->transform,
	};
	memcpy(ret_item->record, row.id, sizeof(ret_item->record));
	memcpy(ret_item->contract, header->contract, sizeof(ret_item->contract));
	if (memcmp(header->subject, nobody, sizeof(nobody)) != 0) {
		ret_item->subject_key = pst_vault_pseudonym_key(header->subject);
	}
	status = status == PST_E_CORRUPT ? status : look_up_all(vault, header, texts, ret_item);
	if (status == PST_E_CORRUPT) {
		damaged_item(&row, ret_item);
	}
	return status == PST_E_CORRUPT ? 0 : status;
}

int pst_vault_list(struct pst_vault *vault, const char *gallery, int64_t now_s,
	pst_vault_item_fn each, void *user, struct pst_error *error)
{
	sqlite3_stmt *statement = NULL;
	uint16_t number = 0;
	int count = 0;
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0 && gallery) {
		status = pst_vault_name_find(
			&vault->db, vault->ring, PST_VAULT_NAME_GALLERY, gallery, &number, error);
		if (status == PST_E_NOT_FOUND) {
			(void)pst_error_set(error, status, "no gallery '%s' in the vault", gallery);
		}
	}
	if (status < 0) {
		return status;
	}
	struct pst_vault_db_value values[] = {PST_VAULT_INT(number)};
	status = pst_vault_db_prepare(&vault->db,
		"SELECT " PST_VAULT_ROW_COLUMNS
		" FROM record WHERE ?1=0 OR gallery=?1 ORDER BY place",
		values, 1, &statement, error);
	while (status == 0) {
		struct item_texts texts;
		struct pst_vault_item item;

		status = pst_vault_db_step(&vault->db, statement, error);
		if (status != 1) {
			break;
		}
		status = describe(vault, statement, &texts, &item);
		if (status == 0) {
			count++;
			status = each(user, &item);
		} else {
			(void)pst_error_set(
				error, status, "%s: %s", vault->db_path, pst_status_text(status));
		}
	}
	(void)sqlite3_finalize(statement);
	pst_vault_note_time(vault);
	return status == 0 ? count : status;
}

static int count_rows(struct pst_vault *vault, const char *sql, int64_t parameter,
	int64_t *ret_value, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(parameter)};
	sqlite3_stmt *statement;
	int status = pst_vault_db_prepare(&vault->db, sql, values, 1, &statement, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
		*ret_value = status == 1 ? sqlite3_column_int64(statement, 0) : 0;
	}
	(void)sqlite3_finalize(statement);
	return status < 0 ? status : 0;
}

int pst_vault_status(struct pst_vault *vault, int64_t now_s, struct pst_vault_status *ret_status,
	struct pst_error *error)
{
	int64_t records = 0, expired = 0, galleries = 0, next = 0, held = 0, tombstones = 0;
	struct stat st = {0};
	int status = pst_vault_advance(vault, now_s, error);

	memset(ret_status, 0, sizeof(*ret_status));
	if (status == 0) {
		status = count_rows(vault, "SELECT count(*) FROM record WHERE ?1 > 0", vault->now_s,
			&records, error);
	}
	if (status == 0) {
		status = count_rows(vault, "SELECT count(*) FROM record WHERE " PST_VAULT_EXPIRED,
			vault->now_s, &expired, error);
	}
	if (status == 0) {
		status = count_rows(vault,
			"SELECT count(*) FROM name WHERE kind=?1 AND text IS NOT NULL",
			PST_VAULT_NAME_GALLERY, &galleries, error);
	}
	if (status == 0) {
		status = count_rows(vault,
			"SELECT ifnull(min(expires), 0) FROM record WHERE expires > ?1",
			vault->now_s, &next, error);
	}
	if (status == 0) {
		status = count_rows(vault, "SELECT count(*) FROM hold WHERE until > ?1",
			vault->now_s, &held, error);
	}
	if (status == 0) {
		status = count_rows(vault, "SELECT count(*) FROM tombstone WHERE until > ?1",
			vault->now_s, &tombstones, error);
	}
	if (status < 0) {
		return status;
	}
	(void)stat(vault->db_path, &st);
	*ret_status = (struct pst_vault_status){
		.schema = PST_VAULT_SCHEMA,
		.transform = vault->turn,
		.key_slots = pst_keyring_slots(vault->ring),
		.records = (uint64_t)records,
		.expired = (uint64_t)expired,
		.held = (uint64_t)held,
		.tombstones = (uint64_t)tombstones,
		.galleries = (uint64_t)galleries,
		.bytes = (uint64_t)st.st_size,
		.ballast = pst_vault_ballast_is_there(vault->ballast_path),
		.purged_at_open = vault->purged_at_open,
		.now_s = vault->now_s,
		.clock_held = vault->clock.held,
		.next_expiry_s = next,
		.backup_s = pst_vault_backup_time(vault),
	};
	memcpy(ret_status->vault, pst_keyring_id(vault->ring), sizeof(ret_status->vault));
	return 0;
}
