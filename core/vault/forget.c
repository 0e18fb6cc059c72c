/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/forget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vault/hold.h"
#include "vault/inside.h"
#include "vault/tombstone.h"

int pst_vault_graves_add(struct pst_vault_graves *graves, const struct pst_vault_grave *grave)
{
	if (graves->count == graves->room) {
		size_t room = graves->room ? 2 * graves->room : 16;
		struct pst_vault_grave *grown = reallocarray(graves->grave, room, sizeof(*grown));

		if (!grown) {
			return -ENOMEM;
		}
		graves->grave = grown;
		graves->room = room;
	}
	graves->grave[graves->count++] = *grave;
	graves->held += grave->held;
	return 0;
}

static bool is_allowed_by(const struct pst_vault_header *header, const struct pst_vault_whom *whom)
{
	for (size_t i = 0; i < whom->count; i++) {
		if (header->audit_sequence == whom->audit_sequences[i]) {
			return true;
		}
	}
	return whom->all || whom->subject || whom->record;
}

/* A damaged header says nothing of whose the record is, but where its columns do, that suffices. */
static int read_header(
	sqlite3_stmt *row, const struct pst_vault_whom *whom, struct pst_vault_header *ret_header)
{
	uint8_t bytes[PST_SEAL_HEADER_SIZE];

	if (pst_vault_db_blob(row, 1, bytes, sizeof(bytes)) == 0 &&
		pst_vault_header_decode(bytes, ret_header) == 0) {
		return 0;
	}
	*ret_header = (struct pst_vault_header){.expires_s = sqlite3_column_int64(row, 2)};
	return whom->all || whom->subject || whom->record ? 0 : PST_E_CORRUPT;
}

static int take_row(struct pst_vault *vault, sqlite3_stmt *row, const struct pst_vault_whom *whom,
	struct pst_vault_graves *graves, struct pst_error *error)
{
	struct pst_vault_header header;
	struct pst_vault_hold hold;

	if (read_header(row, whom, &header) < 0 || !is_allowed_by(&header, whom)) {
		return 0;
	}
	if (pst_vault_db_blob(row, 0, header.record, sizeof(header.record)) < 0) {
		return pst_error_set(
			error, PST_E_VAULT, "%s: a record's id is damaged", vault->db_path);
	}
	int status = pst_vault_hold_of(vault, header.record, &hold, error);
	struct pst_vault_grave grave = {.tombstone.until_s = header.expires_s, .held = status == 1};
	memcpy(grave.record, header.record, sizeof(grave.record));
	pst_vault_tombstone_hash(vault->ring, grave.record, grave.tombstone.hash);
	if (status >= 0 && pst_vault_graves_add(graves, &grave) < 0) {
		status = pst_error_set(error, -ENOMEM, "%s: out of memory", vault->db_path);
	}
	return status < 0 ? status : 0;
}

static int prepare_rows(struct pst_vault *vault, const struct pst_vault_whom *whom,
	uint8_t pseudonym[PST_KEYRING_PSEUDONYM_SIZE], sqlite3_stmt **ret_rows,
	struct pst_error *error)
{
	static const char all[] = "SELECT id, header, expires FROM record";
	static const char of_subject[] =
		"SELECT id, header, expires FROM record WHERE subject=? ORDER BY place";
	static const char one[] = "SELECT id, header, expires FROM record WHERE id=?";
	struct pst_vault_db_value value = {0};

	if (whom->all) {
		return pst_vault_db_prepare(&vault->db, all, NULL, 0, ret_rows, error);
	}
	if (whom->subject) {
		pst_vault_pseudonym(vault, whom->subject, pseudonym);
		value = PST_VAULT_BLOB(pseudonym, PST_KEYRING_PSEUDONYM_SIZE);
		return pst_vault_db_prepare(&vault->db, of_subject, &value, 1, ret_rows, error);
	}
	if (whom->record) {
		value = PST_VAULT_BLOB(whom->record, PST_VAULT_ID_SIZE);
		return pst_vault_db_prepare(&vault->db, one, &value, 1, ret_rows, error);
	}
	return pst_vault_db_prepare(&vault->db, all, NULL, 0, ret_rows, error);
}

int pst_vault_find(struct pst_vault *vault, const struct pst_vault_whom *whom, int64_t now_s,
	struct pst_vault_graves *ret_graves, struct pst_error *error)
{
	uint8_t pseudonym[PST_KEYRING_PSEUDONYM_SIZE];
	sqlite3_stmt *rows = NULL;

	*ret_graves = (struct pst_vault_graves){0};
	int status = pst_vault_advance(vault, now_s, error);
	if (status == 0) {
		status = prepare_rows(vault, whom, pseudonym, &rows, error);
	}
	while (status == 0) {
		status = pst_vault_db_step(&vault->db, rows, error);
		if (status != 1) {
			break;
		}
		status = take_row(vault, rows, whom, ret_graves, error);
	}
	(void)sqlite3_finalize(rows);
	return status < 0 ? status : (int)ret_graves->count;
}

void pst_vault_graves_finish(struct pst_vault_graves *graves)
{
	free(graves->grave);
	*graves = (struct pst_vault_graves){0};
}

static int bury(
	struct pst_vault *vault, const struct pst_vault_grave *grave, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(grave->record, sizeof(grave->record))};
	int deleted = pst_vault_delete(vault, "id=?", values, 1, error);

	if (deleted > 0) {
		int status = pst_vault_tombstone_add(vault, &grave->tombstone, error);

		deleted = status < 0 ? status : deleted;
	}
	return deleted;
}

static int bury_all(
	struct pst_vault *vault, const struct pst_vault_graves *graves, struct pst_error *error)
{
	int deleted = 0;
	int status = pst_vault_begin(vault, error);

	if (status < 0) {
		return status;
	}
	for (size_t i = 0; i < graves->count && status >= 0; i++) {
		status = bury(vault, &graves->grave[i], error);
		deleted += status > 0 ? status : 0;
	}
	status = pst_vault_end(vault, status, error);
	return status < 0 ? status : deleted;
}

int pst_vault_forget(struct pst_vault *vault, const struct pst_vault_graves *graves, int64_t now_s,
	struct pst_error *error)
{
	struct pst_error detail = {0};
	int deleted = pst_vault_advance(vault, now_s, error);

	if (deleted < 0) {
		return deleted;
	}
	deleted = bury_all(vault, graves, &detail);
	if (deleted == -ENOSPC && pst_vault_ballast_drop(vault)) {
		detail = (struct pst_error){0};
		deleted = bury_all(vault, graves, &detail);
	}
	if (deleted >= 0) {
		int status = pst_vault_truncate_log(vault, &detail);

		deleted = status < 0 ? status : deleted;
	}
	pst_vault_ballast_keep(vault);
	return deleted < 0 ? pst_error_set(error, deleted, "%s", detail.text) : deleted;
}
