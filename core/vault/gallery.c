/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "vault/inside.h"
#include "vault/name.h"

static int find_gallery(
	struct pst_vault *vault, const char *gallery, uint16_t *ret_number, struct pst_error *error)
{
	int status = pst_vault_name_find(
		&vault->db, vault->ring, PST_VAULT_NAME_GALLERY, gallery, ret_number, error);

	if (status == PST_E_NOT_FOUND) {
		return pst_error_set(error, status, "no gallery '%s' in the vault", gallery);
	}
	return status;
}

/* @return count removed; inside a transaction */
static int remove_rows(
	struct pst_vault *vault, uint16_t gallery, const char *subject, struct pst_error *error)
{
	uint8_t pseudonym[PST_KEYRING_PSEUDONYM_SIZE];
	struct pst_vault_db_value values[] = {
		PST_VAULT_INT(gallery), PST_VAULT_BLOB(pseudonym, sizeof(pseudonym))};

	if (subject) {
		pst_vault_pseudonym(vault, subject, pseudonym);
		return pst_vault_delete(vault, "gallery=? AND subject=?", values, 2, error);
	}
	int removed = pst_vault_delete(vault, "gallery=?", values, 1, error);
	if (removed < 0) {
		return removed;
	}
	int status = pst_vault_name_retire(&vault->db, PST_VAULT_NAME_GALLERY, gallery, error);
	return status < 0 ? status : removed;
}

static int remove_once(
	struct pst_vault *vault, uint16_t gallery, const char *subject, struct pst_error *error)
{
	int removed = pst_vault_begin(vault, error);

	if (removed < 0) {
		return removed;
	}
	removed = remove_rows(vault, gallery, subject, error);
	return pst_vault_end(vault, removed, error);
}

int pst_vault_gallery_remove(struct pst_vault *vault, const char *gallery, const char *subject,
	int64_t now_s, struct pst_error *error)
{
	uint16_t number = 0;
	struct pst_error detail = {0};
	int removed = pst_vault_advance(vault, now_s, error);

	if (removed == 0) {
		removed = find_gallery(vault, gallery, &number, error);
	}
	if (removed < 0) {
		return removed;
	}
	removed = remove_once(vault, number, subject, &detail);
	if (removed == -ENOSPC && pst_vault_ballast_drop(vault)) {
		detail = (struct pst_error){0};
		removed = remove_once(vault, number, subject, &detail);
	}
	if (removed == 0 && subject) {
		removed = pst_error_set(&detail, PST_E_NOT_FOUND,
			"the subject has no reference in gallery '%s'", gallery);
	}
	if (removed > 0) {
		int status = pst_vault_truncate_log(vault, &detail);

		removed = status < 0 ? status : removed;
	}
	pst_vault_ballast_keep(vault);
	return removed < 0 ? pst_error_set(error, removed, "%s", detail.text) : removed;
}

struct walk {
	const uint8_t *contract;
	pst_vault_template_fn open;
	void *user;
	int given;
	int other; /* references of another contract or transform */
};

static int give(struct pst_vault *vault, sqlite3_stmt *statement, struct walk *walk,
	struct pst_error *error)
{
	struct pst_vault_row row;
	int status = pst_vault_row_open(vault, statement, &row);

	if (status == PST_E_EXPIRED) {
		return 0;
	}
	if (status < 0) {
		char hex[2 * PST_VAULT_ID_SIZE + 1];

		pst_bytes_to_hex(row.id, sizeof(row.id), hex);
		return pst_error_set(error, status == -ENOMEM ? status : PST_E_VAULT,
			"record %s does not open: damaged or changed; remove it or restore a "
			"backup",
			hex);
	}
	if (walk->contract && (row.header.transform != vault->turn ||
				      memcmp(walk->contract, row.header.contract,
					      sizeof(row.header.contract)) != 0)) {
		walk->other++;
	} else {
		walk->given++;
		status = walk->open(walk->user, pst_vault_pseudonym_key(row.header.subject),
			vault->plain, row.header.plain_size);
	}
	pst_vault_row_close(vault, &row);
	return status;
}

int pst_vault_gallery_each(struct pst_vault *vault, const char *gallery, const uint8_t *contract,
	int64_t now_s, pst_vault_template_fn open, void *user, struct pst_error *error)
{
	struct walk walk = {.contract = contract, .open = open, .user = user};
	sqlite3_stmt *statement = NULL;
	uint16_t number = 0;
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0) {
		status = find_gallery(vault, gallery, &number, error);
	}
	if (status < 0) {
		return status;
	}
	struct pst_vault_db_value values[] = {PST_VAULT_INT(number)};
	status = pst_vault_db_prepare(&vault->db,
		/* The numbers first: to sort whole rows would hold all of them in memory. */
		"SELECT " PST_VAULT_ROW_COLUMNS " FROM"
		" (SELECT place AS at FROM record WHERE gallery=? ORDER BY place LIMIT -1)"
		" CROSS JOIN record ON record.place = at",
		values, 1, &statement, error);
	while (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
		if (status != 1) {
			break;
		}
		status = give(vault, statement, &walk, error);
	}
	(void)sqlite3_finalize(statement);
	pst_vault_note_time(vault);
	if (status != 0) {
		return status;
	}
	if (walk.given == 0 && walk.other > 0) {
		return pst_error_set(error, PST_E_MISMATCH,
			"gallery '%s' holds %d references of another extractor or model, none of "
			"this one; enrol again",
			gallery, walk.other);
	}
	return walk.given;
}
