/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/lane_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/secret.h"
#include "vault/bulletin.h"
#include "vault/lane_row.h"
#include "vault/name.h"

#define GRANT_SIZE 12u
#define GRANTS_MAX (8192u * GRANT_SIZE)

/* Columns of ROW_COLUMNS. */
enum column {
	COLUMN_KEY,
	COLUMN_LANE,
	COLUMN_SINCE,
	COLUMN_UNTIL,
	COLUMN_REVOKED,
	COLUMN_GRANTS,
	COLUMN_TAG,
};
#define ROW_COLUMNS "key, lane, since, until, revoked, grants, tag"

static int tag_of(const struct pst_vault *vault, const struct pst_vault_lane_row *row,
	uint8_t ret_tag[PST_KEYRING_TAG_SIZE])
{
	uint8_t fixed[8 + PST_SIGN_PUBLIC_SIZE + 32] = "lanekey";
	uint8_t *at = fixed + 8 + PST_SIGN_PUBLIC_SIZE;
	struct pst_bytes bound = {0};

	memcpy(fixed + 8, row->key, sizeof(row->key));
	pst_bytes_put64(at, row->lane);
	pst_bytes_put64(at + 8, (uint64_t)row->since_s);
	pst_bytes_put64(at + 16, (uint64_t)row->until_s);
	pst_bytes_put64(at + 24, (uint64_t)row->revoked_s);
	int status = pst_bytes_append(&bound, fixed, sizeof(fixed));
	if (status == 0) {
		status = pst_bytes_append(&bound, row->grants.data, row->grants.size);
	}
	if (status == 0) {
		pst_keyring_tag(vault->ring, bound.data, bound.size, ret_tag);
	}
	pst_bytes_finish(&bound);
	return status;
}

static int read_grants(sqlite3_stmt *statement, struct pst_bytes *ret_grants)
{
	const void *grants = sqlite3_column_blob(statement, COLUMN_GRANTS);
	int size = sqlite3_column_bytes(statement, COLUMN_GRANTS);

	if (!grants || size <= 0 || (unsigned)size > GRANTS_MAX ||
		(unsigned)size % GRANT_SIZE != 0) {
		return PST_E_CORRUPT;
	}
	return pst_bytes_append(ret_grants, grants, (size_t)size);
}

/* @return 0, PST_E_CORRUPT, -ENOMEM; the key is filled in any case, all else only on 0 */
static int read_row(
	const struct pst_vault *vault, sqlite3_stmt *statement, struct pst_vault_lane_row *ret_row)
{
	struct pst_vault_lane_row row = {
		.lane = (uint16_t)sqlite3_column_int64(statement, COLUMN_LANE),
		.since_s = sqlite3_column_int64(statement, COLUMN_SINCE),
		.until_s = sqlite3_column_int64(statement, COLUMN_UNTIL),
		.revoked_s = sqlite3_column_int64(statement, COLUMN_REVOKED),
	};
	uint8_t stored[PST_KEYRING_TAG_SIZE], expected[PST_KEYRING_TAG_SIZE];
	int status = pst_vault_db_blob(statement, COLUMN_KEY, row.key, sizeof(row.key));

	*ret_row = (struct pst_vault_lane_row){0};
	memcpy(ret_row->key, row.key, sizeof(row.key));
	if (status == 0 && sqlite3_column_int64(statement, COLUMN_LANE) != row.lane) {
		status = PST_E_CORRUPT;
	}
	if (status == 0) {
		status = pst_vault_db_blob(statement, COLUMN_TAG, stored, sizeof(stored));
	}
	if (status == 0) {
		status = read_grants(statement, &row.grants);
	}
	if (status == 0) {
		status = tag_of(vault, &row, expected);
	}
	if (status == 0 && pst_secret_compare(stored, expected, sizeof(stored)) != 0) {
		status = PST_E_CORRUPT;
	}
	if (status < 0) {
		pst_bytes_finish(&row.grants);
		return status;
	}
	*ret_row = row;
	return 0;
}

int pst_vault_lane_row_find(struct pst_vault *vault, const uint8_t key[PST_SIGN_PUBLIC_SIZE],
	struct pst_vault_lane_row *ret_row, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(key, PST_SIGN_PUBLIC_SIZE)};
	sqlite3_stmt *statement;

	*ret_row = (struct pst_vault_lane_row){0};
	int status = pst_vault_db_prepare(&vault->db,
		"SELECT " ROW_COLUMNS " FROM lane_key WHERE key=?", values, 1, &statement, error);
	if (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
		status = status == 1   ? read_row(vault, statement, ret_row)
			 : status == 0 ? PST_E_NOT_FOUND
				       : status;
	}
	(void)sqlite3_finalize(statement);
	return status;
}

void pst_vault_lane_row_finish(struct pst_vault_lane_row *row)
{
	pst_bytes_finish(&row->grants);
	*row = (struct pst_vault_lane_row){0};
}

bool pst_vault_lane_row_grants(const struct pst_vault_lane_row *row, enum pst_vault_name_kind kind,
	uint16_t number, int64_t seconds)
{
	for (size_t at = 0; at < row->grants.size; at += GRANT_SIZE) {
		const uint8_t *grant = row->grants.data + at;

		if (grant[0] == kind && pst_bytes_get16(grant + 2) == number &&
			seconds <= (int64_t)pst_bytes_get64(grant + 4)) {
			return true;
		}
	}
	return false;
}

static int grant(struct pst_vault_lane_row *row, enum pst_vault_name_kind kind, uint16_t number,
	int64_t seconds)
{
	uint8_t bytes[GRANT_SIZE] = {(uint8_t)kind};

	if (pst_vault_lane_row_grants(row, kind, number, seconds)) {
		return 0;
	}
	if (row->grants.size >= GRANTS_MAX) {
		return -EINVAL;
	}
	pst_bytes_put16(bytes + 2, number);
	pst_bytes_put64(bytes + 4, (uint64_t)seconds);
	return pst_bytes_append(&row->grants, bytes, sizeof(bytes));
}

/* One that was changed from outside stays in the sum, which shows it. */
static int take_off_sum(
	struct pst_vault *vault, const uint8_t key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	struct pst_vault_lane_row before;
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int status = pst_vault_lane_row_find(vault, key, &before, error);

	if (status == 0) {
		status = tag_of(vault, &before, tag);
	}
	if (status == 0) {
		pst_vault_sum_remove(&vault->sum, vault->ring, PST_VAULT_ELEMENT_LANE, tag);
	}
	pst_vault_lane_row_finish(&before);
	return status == PST_E_NOT_FOUND || status == PST_E_CORRUPT ? 0 : status;
}

static int write_row(
	struct pst_vault *vault, const struct pst_vault_lane_row *row, struct pst_error *error)
{
	uint8_t tag[PST_KEYRING_TAG_SIZE];
	int status = take_off_sum(vault, row->key, error);

	if (status == 0) {
		status = tag_of(vault, row, tag);
	}
	if (status < 0) {
		return pst_error_set(error, status, "%s: out of memory", vault->db_path);
	}
	struct pst_vault_db_value values[] = {
		PST_VAULT_BLOB(row->key, sizeof(row->key)),
		PST_VAULT_INT(row->lane),
		PST_VAULT_INT(row->since_s),
		PST_VAULT_INT(row->until_s),
		PST_VAULT_INT(row->revoked_s),
		PST_VAULT_BLOB(row->grants.data, (int)row->grants.size),
		PST_VAULT_BLOB(tag, sizeof(tag)),
	};
	status = pst_vault_db_exec(&vault->db,
		"INSERT OR REPLACE INTO lane_key(" ROW_COLUMNS ") VALUES(?,?,?,?,?,?,?)", values, 7,
		error);
	if (status >= 0) {
		pst_vault_sum_add(&vault->sum, vault->ring, PST_VAULT_ELEMENT_LANE, tag);
		vault->sum_changed = true;
	}
	return status < 0 ? status : 0;
}

/* @return 0; -EEXIST: a key that is not revoked is the lane's, other than this one */
static int check_only_key(struct pst_vault *vault, const char *lane, uint16_t number,
	const uint8_t key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	struct pst_vault_db_value values[] = {
		PST_VAULT_INT(number), PST_VAULT_BLOB(key, PST_SIGN_PUBLIC_SIZE)};
	sqlite3_stmt *statement;
	int status = pst_vault_db_prepare(&vault->db,
		"SELECT 1 FROM lane_key WHERE lane=? AND key<>? AND revoked=0", values, 2,
		&statement, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
	}
	(void)sqlite3_finalize(statement);
	if (status == 1) {
		return pst_error_set(error, -EEXIST,
			"lane '%s' has another key; revoke it first (vault lane-key revoke %s)",
			lane, lane);
	}
	return status;
}

/* The key's row as it is, or a new one. */
static int take_row(struct pst_vault *vault, const struct pst_vault_lane_order *order,
	struct pst_vault_lane_row *ret_row, struct pst_error *error)
{
	uint16_t number = 0;
	int status = pst_vault_name_number(
		&vault->db, vault->ring, PST_VAULT_NAME_LANE, order->lane, &number, error);

	if (status == 0) {
		status = pst_vault_lane_row_find(vault, order->key, ret_row, error);
	}
	if (status == PST_E_NOT_FOUND) {
		*ret_row = (struct pst_vault_lane_row){.lane = number, .since_s = vault->now_s};
		memcpy(ret_row->key, order->key, sizeof(ret_row->key));
		return check_only_key(vault, order->lane, number, order->key, error);
	}
	if (status == PST_E_CORRUPT) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: what is written of this lane's key was changed; restore a backup",
			vault->db_path);
	}
	if (status == 0 && ret_row->revoked_s != 0) {
		return pst_error_set(error, PST_E_EXPIRED,
			"this key of lane '%s' was revoked; make a new one on the lane "
			"(vault lane-key new)",
			order->lane);
	}
	if (status == 0 && ret_row->lane != number) {
		return pst_error_set(error, -EEXIST,
			"this key is registered for another lane than '%s'; each has its own",
			order->lane);
	}
	return status;
}

/* A bulletin while it is put together. */
struct draft {
	struct pst_vault *vault;
	struct pst_vault_lane_row row;
	struct pst_bulletin bulletin;
	size_t name_room;
};

static int add_names(struct draft *draft, enum pst_vault_name_kind kind, const char *const *texts,
	struct pst_error *error)
{
	for (size_t i = 0; texts && texts[i]; i++) {
		uint16_t number = 0;
		int status = pst_vault_name_number(
			&draft->vault->db, draft->vault->ring, kind, texts[i], &number, error);

		if (status == 0 && draft->bulletin.name_count == draft->name_room) {
			status = pst_error_set(error, -EINVAL, "too many names for one lane");
		}
		if (status == 0) {
			status = grant(&draft->row, kind, number, 0);
		}
		if (status < 0) {
			return status;
		}
		if (pst_bulletin_number(&draft->bulletin, (uint8_t)kind, texts[i]) != 0) {
			continue;
		}
		struct pst_bulletin_name *name =
			&draft->bulletin.names[draft->bulletin.name_count++];
		*name = (struct pst_bulletin_name){.kind = (uint8_t)kind, .number = number};
		memcpy(name->text, texts[i], strlen(texts[i]));
	}
	return 0;
}

static int add_class(
	struct draft *draft, const struct pst_vault_lane_class *wanted, struct pst_error *error)
{
	struct pst_vault *vault = draft->vault;
	uint16_t number = 0;
	int status = pst_vault_name_number(
		&vault->db, vault->ring, PST_VAULT_NAME_RETENTION, wanted->text, &number, error);

	if (status == 0 &&
		(wanted->retention_s <= 0 || wanted->retention_s > PST_VAULT_RETENTION_MAX_S)) {
		status = pst_error_set(error, -EINVAL, "class '%s': %lld s is out of range",
			wanted->text, (long long)wanted->retention_s);
	}
	if (status == 0) {
		status = pst_vault_class_need(vault, (uint8_t)number, wanted->retention_s, error);
	}
	if (status == 0) {
		status = grant(&draft->row, PST_VAULT_NAME_RETENTION, number, wanted->retention_s);
	}
	if (status < 0) {
		return status;
	}
	struct pst_bulletin_class *class = &draft->bulletin.classes[draft->bulletin.class_count++];
	*class = (struct pst_bulletin_class){
		.number = (uint8_t)number, .retention_s = wanted->retention_s};
	memcpy(class->text, wanted->text, strlen(wanted->text));
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct pst_bulletin_name *x = a, *y = b;

	return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1)
				  : (x->number > y->number) - (x->number < y->number);
}

static int by_class(const void *a, const void *b)
{
	const struct pst_bulletin_class *x = a, *y = b;

	return x->number != y->number
		       ? (x->number < y->number ? -1 : 1)
		       : (x->retention_s > y->retention_s) - (x->retention_s < y->retention_s);
}

/* Two stores may keep a class equally long. */
static void sort_lists(struct pst_bulletin *bulletin)
{
	size_t kept = 0;

	qsort(bulletin->names, bulletin->name_count, sizeof(*bulletin->names), by_number);
	qsort(bulletin->classes, bulletin->class_count, sizeof(*bulletin->classes), by_class);
	for (size_t i = 0; i < bulletin->class_count; i++) {
		if (kept == 0 ||
			by_class(&bulletin->classes[kept - 1], &bulletin->classes[i]) != 0) {
			bulletin->classes[kept++] = bulletin->classes[i];
		}
	}
	bulletin->class_count = kept;
}

/* Which keys a class needs: for all that can be kept while the bulletin is valid. */
static int span_class(
	struct draft *draft, struct pst_bulletin_class *class, struct pst_error *error)
{
	const struct pst_seal_place last = pst_vault_place(class->number, class->retention_s,
		draft->bulletin.valid_until_s + class->retention_s);
	struct pst_ratchet_class ratchet;
	int status = pst_ratchet_find(draft->vault->ring, last.retention, &ratchet);

	if (status < 0) {
		return pst_error_set(
			error, PST_E_VAULT, "class '%s': no key in the vault", class->text);
	}
	class->width_s = ratchet.width_s;
	class->first = ratchet.bucket;
	class->count = last.bucket - ratchet.bucket + 1;
	if (class->count > PST_BULLETIN_KEYS_MAX) {
		return pst_error_set(error, -EINVAL,
			"class '%s' needs %u keys for so long, at most %u are possible; "
			"a shorter time, please",
			class->text, class->count, PST_BULLETIN_KEYS_MAX);
	}
	return 0;
}

static int fill_class(
	struct draft *draft, struct pst_bulletin_class *class, struct pst_error *error)
{
	uint8_t key[PST_RATCHET_PUBLIC_SIZE];
	struct pst_seal_place place = pst_vault_place(
		class->number, class->retention_s, (int64_t) class->first * class->width_s);
	int status = 0;

	for (uint32_t i = 0; status == 0 && i < class->count; i++) {
		place.bucket = class->first + i;
		status = pst_ratchet_public(draft->vault->ring, place, key);
		if (status == 0) {
			status = pst_bytes_append(&draft->bulletin.keys, key, sizeof(key));
		}
	}
	return status < 0 ? pst_error_set(error, status, "class '%s': %s", class->text,
				    pst_status_text(status))
			  : 0;
}

static int fill_keys(struct draft *draft, struct pst_error *error)
{
	struct pst_bulletin *bulletin = &draft->bulletin;
	size_t size = 0, at = 0;
	int status = 0;

	for (size_t i = 0; status == 0 && i < bulletin->class_count; i++) {
		status = span_class(draft, &bulletin->classes[i], error);
		size += (size_t)bulletin->classes[i].count * PST_RATCHET_PUBLIC_SIZE;
	}
	if (status == 0) {
		status = pst_bytes_reserve(&bulletin->keys, size);
	}
	for (size_t i = 0; status == 0 && i < bulletin->class_count; i++) {
		status = fill_class(draft, &bulletin->classes[i], error);
		bulletin->classes[i].keys = bulletin->keys.data + at;
		at = bulletin->keys.size;
	}
	return status;
}

static int begin_draft(struct draft *draft, struct pst_vault *vault,
	const struct pst_vault_lane_order *order, struct pst_error *error)
{
	*draft = (struct draft){.vault = vault, .name_room = PST_BULLETIN_NAMES_MAX};
	struct pst_bulletin *bulletin = &draft->bulletin;

	if (order->class_count == 0 || order->class_count > PST_BULLETIN_CLASSES_MAX) {
		return pst_error_set(error, -EINVAL,
			"a lane needs 1 to %d classes that keep something, not %zu",
			PST_BULLETIN_CLASSES_MAX, order->class_count);
	}
	if (order->valid_s < PST_VAULT_LANE_VALID_MIN_S ||
		order->valid_s > PST_VAULT_LANE_VALID_MAX_S) {
		return pst_error_set(error, -EINVAL,
			"a bulletin is valid for an hour to 366 days, not %lld s",
			(long long)order->valid_s);
	}
	bulletin->names = calloc(draft->name_room, sizeof(*bulletin->names));
	bulletin->classes = calloc(order->class_count, sizeof(*bulletin->classes));
	if (!bulletin->names || !bulletin->classes) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	bulletin->issued_s = vault->now_s;
	bulletin->valid_until_s = vault->now_s + order->valid_s;
	memcpy(bulletin->vault, pst_keyring_id(vault->ring), sizeof(bulletin->vault));
	pst_sign_public(pst_keyring_signer(vault->ring), bulletin->vault_key);
	memcpy(bulletin->lane_key, order->key, sizeof(bulletin->lane_key));
	return 0;
}

/* In a transaction: names, classes, the key's row. */
static int register_lane(
	struct draft *draft, const struct pst_vault_lane_order *order, struct pst_error *error)
{
	struct pst_bulletin *bulletin = &draft->bulletin;
	struct pst_vault_lane_row *row = &draft->row;
	int status = take_row(draft->vault, order, row, error);

	if (status == 0) {
		bulletin->lane_number = row->lane;
		memcpy(bulletin->lane, order->lane, strlen(order->lane) + 1);
		status = add_names(draft, PST_VAULT_NAME_STORE, order->stores, error);
	}
	if (status == 0) {
		status = add_names(draft, PST_VAULT_NAME_CATEGORY, order->categories, error);
	}
	if (status == 0) {
		status = add_names(draft, PST_VAULT_NAME_PURPOSE, order->purposes, error);
	}
	if (status == 0) {
		status = add_names(draft, PST_VAULT_NAME_GALLERY, order->galleries, error);
	}
	for (size_t i = 0; status == 0 && i < order->class_count; i++) {
		status = add_class(draft, &order->classes[i], error);
	}
	if (status < 0) {
		return status;
	}
	row->until_s =
		bulletin->valid_until_s > row->until_s ? bulletin->valid_until_s : row->until_s;
	return write_row(draft->vault, row, error);
}

int pst_vault_lane_issue(struct pst_vault *vault, const struct pst_vault_lane_order *order,
	int64_t now_s, struct pst_bytes *ret_bytes, struct pst_error *error)
{
	struct draft draft = {0};
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0) {
		status = begin_draft(&draft, vault, order, error);
	}
	if (status == 0) {
		status = pst_vault_begin(vault, error);
	}
	if (status == 0) {
		status = register_lane(&draft, order, error);
		status = pst_vault_end(vault, status, error);
	}
	if (status == 0) {
		sort_lists(&draft.bulletin);
		status = fill_keys(&draft, error);
	}
	if (status == 0) {
		status = pst_bulletin_encode(
			&draft.bulletin, pst_keyring_signer(vault->ring), ret_bytes);
		if (status < 0) {
			(void)pst_error_set(error, status, "bulletin: %s", pst_status_text(status));
		}
	}
	pst_vault_lane_row_finish(&draft.row);
	pst_bulletin_finish(&draft.bulletin);
	return status;
}

static int tell(struct pst_vault *vault, sqlite3_stmt *statement, pst_vault_lane_fn each,
	void *user, struct pst_error *error)
{
	struct pst_vault_lane_row row;
	char name[PST_VAULT_NAME_SIZE] = "?";
	int status = read_row(vault, statement, &row);

	if (status == 0) {
		status = pst_vault_name_text(
			&vault->db, vault->ring, PST_VAULT_NAME_LANE, row.lane, name, NULL);
	}
	if (status == -ENOMEM) {
		return pst_error_set(error, status, "%s: out of memory", vault->db_path);
	}
	struct pst_vault_lane_item item = {.lane = status == 0 ? name : "?",
		.since_s = row.since_s,
		.until_s = row.until_s,
		.revoked_s = row.revoked_s,
		.damaged = status < 0};
	memcpy(item.key, row.key, sizeof(item.key));
	pst_vault_lane_row_finish(&row);
	return each(user, &item);
}

int pst_vault_lane_each(struct pst_vault *vault, int64_t now_s, pst_vault_lane_fn each, void *user,
	struct pst_error *error)
{
	sqlite3_stmt *statement = NULL;
	int count = 0;
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0) {
		status = pst_vault_db_prepare(&vault->db,
			"SELECT " ROW_COLUMNS " FROM lane_key ORDER BY lane, since, key", NULL, 0,
			&statement, error);
	}
	while (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
		if (status != 1) {
			break;
		}
		count++;
		status = tell(vault, statement, each, user, error);
	}
	(void)sqlite3_finalize(statement);
	return status < 0 ? status : count;
}

/* @return 1 and the next key of the lane that is not revoked, 0 none, or a status */
static int next_key(struct pst_vault *vault, uint16_t lane, uint8_t ret_key[PST_SIGN_PUBLIC_SIZE],
	struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(lane)};
	sqlite3_stmt *statement;
	int status = pst_vault_db_prepare(&vault->db,
		"SELECT key FROM lane_key WHERE lane=? AND revoked=0 LIMIT 1", values, 1,
		&statement, error);

	if (status == 0) {
		status = pst_vault_db_step(&vault->db, statement, error);
	}
	if (status == 1 && pst_vault_db_blob(statement, 0, ret_key, PST_SIGN_PUBLIC_SIZE) < 0) {
		status = PST_E_CORRUPT;
	}
	(void)sqlite3_finalize(statement);
	return status;
}

int pst_vault_lane_row_revoke(
	struct pst_vault *vault, const uint8_t key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	static const uint8_t nothing[GRANT_SIZE];
	struct pst_vault_lane_row row;
	int status = pst_vault_lane_row_find(vault, key, &row, error);

	/* One that was changed from outside: of no lane, and granted nothing. */
	if (status == PST_E_CORRUPT) {
		memcpy(row.key, key, sizeof(row.key));
		row.since_s = vault->now_s;
		status = pst_bytes_append(&row.grants, nothing, sizeof(nothing));
	}
	if (status == 0 && row.revoked_s == 0) {
		row.revoked_s = vault->now_s;
		status = write_row(vault, &row, error);
		status = status < 0 ? status : 1;
	}
	pst_vault_lane_row_finish(&row);
	return status == PST_E_NOT_FOUND ? 0 : status;
}

int pst_vault_lane_revoke(
	struct pst_vault *vault, const char *lane, int64_t now_s, struct pst_error *error)
{
	uint8_t key[PST_SIGN_PUBLIC_SIZE];
	uint16_t number = 0;
	int revoked = 0;
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0) {
		status = pst_vault_name_find(
			&vault->db, vault->ring, PST_VAULT_NAME_LANE, lane, &number, error);
		if (status == PST_E_NOT_FOUND) {
			return pst_error_set(error, status, "no lane '%s' in the vault", lane);
		}
	}
	if (status == 0) {
		status = pst_vault_begin(vault, error);
	}
	if (status < 0) {
		return status;
	}
	while ((status = next_key(vault, number, key, error)) == 1) {
		status = pst_vault_lane_row_revoke(vault, key, error);
		if (status < 0) {
			break;
		}
		revoked++;
	}
	status = pst_vault_end(vault, status, error);
	if (status == 0 && revoked == 0) {
		return pst_error_set(
			error, PST_E_NOT_FOUND, "lane '%s' has no key that is not revoked", lane);
	}
	return status < 0 ? status : revoked;
}
