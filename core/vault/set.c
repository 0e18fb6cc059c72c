/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/set.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"

#define AT_SUM 16
#define AT_TAG 48

_Static_assert(AT_TAG + PST_KEYRING_TAG_SIZE == PST_VAULT_SET_ROW_SIZE, "row layout");

static size_t size_of(enum pst_vault_element element)
{
	return element == PST_VAULT_ELEMENT_RECORD ? PST_SEAL_HEADER_SIZE : PST_KEYRING_TAG_SIZE;
}

static void hash_of(const struct pst_keyring *ring, enum pst_vault_element element,
	const uint8_t *data, uint64_t ret_hash[4])
{
	uint8_t bound[8 + PST_SEAL_HEADER_SIZE] = "element";
	uint8_t hash[PST_KEYRING_TAG_SIZE];
	size_t size = size_of(element);

	bound[7] = (uint8_t)element;
	memcpy(bound + 8, data, size);
	pst_keyring_tag(ring, bound, 8 + size, hash);
	for (size_t i = 0; i < 4; i++) {
		ret_hash[i] = pst_bytes_get64(hash + 8 * i);
	}
}

void pst_vault_sum_add(struct pst_vault_sum *sum, const struct pst_keyring *ring,
	enum pst_vault_element element, const uint8_t *data)
{
	uint64_t hash[4];
	bool carry = false;

	hash_of(ring, element, data, hash);
	for (size_t i = 0; i < 4; i++) {
		bool over = __builtin_add_overflow(sum->sum[i], hash[i], &sum->sum[i]);
		bool more = __builtin_add_overflow(sum->sum[i], (uint64_t)carry, &sum->sum[i]);

		carry = over || more;
	}
	sum->records += element == PST_VAULT_ELEMENT_RECORD;
}

void pst_vault_sum_remove(struct pst_vault_sum *sum, const struct pst_keyring *ring,
	enum pst_vault_element element, const uint8_t *data)
{
	uint64_t hash[4];
	bool borrow = false;

	hash_of(ring, element, data, hash);
	for (size_t i = 0; i < 4; i++) {
		bool under = __builtin_sub_overflow(sum->sum[i], hash[i], &sum->sum[i]);
		bool more = __builtin_sub_overflow(sum->sum[i], (uint64_t)borrow, &sum->sum[i]);

		borrow = under || more;
	}
	sum->records -= element == PST_VAULT_ELEMENT_RECORD;
}

static int add_table(struct pst_vault_db *db, const struct pst_keyring *ring, const char *sql,
	enum pst_vault_element element, struct pst_vault_sum *sum, struct pst_error *error)
{
	sqlite3_stmt *rows;
	int status = pst_vault_db_prepare(db, sql, NULL, 0, &rows, error);

	while (status == 0) {
		uint8_t data[PST_SEAL_HEADER_SIZE];

		status = pst_vault_db_step(db, rows, error);
		if (status != 1) {
			break;
		}
		status = pst_vault_db_blob(rows, 0, data, (int)size_of(element));
		if (status == 0) {
			pst_vault_sum_add(sum, ring, element, data);
		} else {
			status = pst_error_set(error, PST_E_VAULT,
				"%s: a row is damaged; 'postern vault verify' says which",
				db->path);
		}
	}
	(void)sqlite3_finalize(rows);
	return status;
}

int pst_vault_sum_compute(struct pst_vault_db *db, const struct pst_keyring *ring,
	struct pst_vault_sum *sum, struct pst_error *error)
{
	struct pst_vault_sum all = {.counter = sum->counter};
	int status = add_table(
		db, ring, "SELECT header FROM record", PST_VAULT_ELEMENT_RECORD, &all, error);

	if (status == 0) {
		status = add_table(
			db, ring, "SELECT tag FROM hold", PST_VAULT_ELEMENT_HOLD, &all, error);
	}
	if (status == 0) {
		status = add_table(db, ring, "SELECT tag FROM tombstone",
			PST_VAULT_ELEMENT_TOMBSTONE, &all, error);
	}
	if (status == 0) {
		status = add_table(
			db, ring, "SELECT tag FROM lane_key", PST_VAULT_ELEMENT_LANE, &all, error);
	}
	if (status == 0) {
		*sum = all;
	}
	return status;
}

static void encode(const struct pst_vault_sum *sum, const struct pst_keyring *ring,
	uint8_t ret_row[PST_VAULT_SET_ROW_SIZE])
{
	uint8_t bound[8 + AT_TAG] = "set";

	pst_bytes_put64(ret_row, sum->records);
	pst_bytes_put64(ret_row + 8, sum->counter);
	for (size_t i = 0; i < 4; i++) {
		pst_bytes_put64(ret_row + AT_SUM + 8 * i, sum->sum[i]);
	}
	memcpy(bound + 8, ret_row, AT_TAG);
	pst_keyring_tag(ring, bound, sizeof(bound), ret_row + AT_TAG);
}

int pst_vault_sum_read(struct pst_vault_db *db, const struct pst_keyring *ring,
	struct pst_vault_sum *ret_sum, struct pst_error *error)
{
	uint8_t stored[PST_VAULT_SET_ROW_SIZE] = {0};
	uint8_t expected[PST_VAULT_SET_ROW_SIZE];
	struct pst_vault_sum sum = {0};
	int status = pst_vault_db_meta(db, "set", stored, sizeof(stored), error);

	if (status < 0) {
		return status;
	}
	sum.records = pst_bytes_get64(stored);
	sum.counter = pst_bytes_get64(stored + 8);
	for (size_t i = 0; i < 4; i++) {
		sum.sum[i] = pst_bytes_get64(stored + AT_SUM + 8 * i);
	}
	encode(&sum, ring, expected);
	if (pst_secret_compare(stored, expected, sizeof(stored)) != 0) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: the vault's count of its records was changed", db->path);
	}
	*ret_sum = sum;
	return 0;
}

int pst_vault_sum_write(struct pst_vault_db *db, const struct pst_keyring *ring,
	const struct pst_vault_sum *sum, struct pst_error *error)
{
	uint8_t row[PST_VAULT_SET_ROW_SIZE];
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(row, sizeof(row))};

	encode(sum, ring, row);
	int status = pst_vault_db_exec(
		db, "INSERT OR REPLACE INTO meta(key, value) VALUES('set', ?)", values, 1, error);
	return status < 0 ? status : 0;
}

void pst_vault_sum_tell(const struct pst_vault_sum *sum, const struct pst_keyring *ring,
	struct pst_vault_set *ret_set)
{
	uint8_t row[PST_VAULT_SET_ROW_SIZE];

	encode(sum, ring, row);
	ret_set->records = sum->records;
	ret_set->counter = sum->counter;
	memcpy(ret_set->hash, row + AT_TAG, sizeof(ret_set->hash));
}
