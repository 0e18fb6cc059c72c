/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "vault/turn.h"

/* One reference per gallery, subject and contract: the matcher then knows each key once. */
static int replace(
	struct pst_vault *vault, const struct pst_vault_header *header, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {
		PST_VAULT_INT(header->gallery),
		PST_VAULT_BLOB(header->subject, sizeof(header->subject)),
		PST_VAULT_BLOB(header->contract, sizeof(header->contract)),
	};

	return pst_vault_delete(vault, "gallery=? AND subject=? AND contract=?", values, 3, error);
}

int pst_vault_put(struct pst_vault *vault, const struct pst_vault_header *header,
	const uint8_t *template, struct pst_error *error)
{
	const uint8_t *turned;
	int replaced = 0;
	int status =
		pst_vault_turn(vault, header->format, template, header->plain_size, &turned, error);

	if (status == 0 && header->gallery != 0) {
		replaced = status = replace(vault, header, error);
	}
	if (status >= 0) {
		status = pst_vault_insert(vault, header, turned, error);
	}
	pst_vault_turn_done(vault, header->plain_size);
	return status < 0 ? status : replaced;
}

/* @return count replaced */
static int add_one(struct pst_vault *vault, const struct pst_vault_entry *entry,
	struct pst_vault_header *header, struct pst_error *error)
{
	int status = pst_vault_make_header(
		vault, entry->info, entry->gallery, entry->size, header, error);

	return status < 0 ? status : pst_vault_put(vault, header, entry->template, error);
}

/* @return count replaced; the count stored beside it */
static int add_each(struct pst_vault *vault, const struct pst_vault_entry *entries, size_t count,
	int *ret_stored, struct pst_error *error)
{
	int replaced = 0;

	for (size_t i = 0; i < count; i++) {
		struct pst_vault_header header = {0};

		if (entries[i].info->retention_s == 0) {
			continue;
		}
		int status = add_one(vault, &entries[i], &header, error);
		if (status < 0) {
			return status;
		}
		replaced += status;
		(*ret_stored)++;
		if (entries[i].ret_record) {
			memcpy(entries[i].ret_record, header.record, PST_VAULT_ID_SIZE);
		}
	}
	return replaced;
}

static void clear_ids(const struct pst_vault_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (entries[i].ret_record) {
			memset(entries[i].ret_record, 0, PST_VAULT_ID_SIZE);
		}
	}
}

static bool is_anything_kept(const struct pst_vault_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (entries[i].info->retention_s != 0) {
			return true;
		}
	}
	return false;
}

int pst_vault_add_many(struct pst_vault *vault, const struct pst_vault_entry *entries, size_t count,
	int64_t now_s, struct pst_error *error)
{
	int stored = 0;

	clear_ids(entries, count);
	int status = pst_vault_advance(vault, now_s, error);
	if (status < 0 || !is_anything_kept(entries, count)) {
		return status;
	}
	status = pst_vault_begin(vault, error);
	if (status < 0) {
		return status;
	}
	int replaced = status = add_each(vault, entries, count, &stored, error);
	status = pst_vault_end(vault, status, error);
	if (status < 0) {
		clear_ids(entries, count);
		return status;
	}
	/* The templates are stored, whether or not there is room to wipe those replaced now. */
	status = replaced > 0 ? pst_vault_truncate_log(vault, error) : 0;
	return status < 0 && status != -ENOSPC && status != -ENOMEM ? status : stored;
}

int pst_vault_add(struct pst_vault *vault, const struct pst_vault_record_info *info,
	const uint8_t *template, size_t size, int64_t now_s, uint8_t ret_record[PST_VAULT_ID_SIZE],
	struct pst_error *error)
{
	const struct pst_vault_entry entry = {
		.info = info, .template = template, .size = size, .ret_record = ret_record};

	return pst_vault_add_many(vault, &entry, 1, now_s, error);
}

int pst_vault_gallery_add(struct pst_vault *vault, const char *gallery,
	const struct pst_vault_record_info *info, const uint8_t *template, size_t size,
	int64_t now_s, uint8_t ret_record[PST_VAULT_ID_SIZE], struct pst_error *error)
{
	const struct pst_vault_entry entry = {.info = info,
		.gallery = gallery ? gallery : "",
		.template = template,
		.size = size,
		.ret_record = ret_record};

	return pst_vault_add_many(vault, &entry, 1, now_s, error);
}
