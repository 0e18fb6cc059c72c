/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/turn.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "vault/transform.h"

#define ROW_SIZE (4 + PST_KEYRING_TAG_SIZE)
#define FLOAT_SIZE sizeof(float)

static void make_row(const struct pst_keyring *ring, uint32_t number, uint8_t ret_row[ROW_SIZE])
{
	uint8_t bound[16] = "transform";

	pst_bytes_put32(bound + 12, number);
	memcpy(ret_row, bound + 12, 4);
	pst_keyring_tag(ring, bound, sizeof(bound), ret_row + 4);
}

int pst_vault_turn_write(struct pst_vault_db *db, const struct pst_keyring *ring, uint32_t number,
	struct pst_error *error)
{
	uint8_t row[ROW_SIZE];
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(row, sizeof(row))};

	make_row(ring, number, row);
	int status = pst_vault_db_exec(db,
		"INSERT OR REPLACE INTO meta(key, value) VALUES('transform', ?)", values, 1, error);
	return status < 0 ? status : 0;
}

int pst_vault_turn_read(struct pst_vault *vault, struct pst_error *error)
{
	uint8_t stored[ROW_SIZE];
	uint8_t expected[ROW_SIZE];
	int status = pst_vault_db_meta(&vault->db, "transform", stored, sizeof(stored), error);

	if (status < 0) {
		return status;
	}
	uint32_t number = pst_bytes_get32(stored);
	make_row(vault->ring, number, expected);
	if (number > PST_VAULT_TRANSFORMS_MAX ||
		pst_secret_compare(stored, expected, sizeof(stored)) != 0) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: the number of the vault's transform was changed", vault->db_path);
	}
	vault->turn = number;
	return 0;
}

uint32_t pst_vault_transform_number(const struct pst_vault *vault)
{
	return vault->turn;
}

static int check_kind(uint16_t format, size_t size, struct pst_error *error)
{
	if (format != PST_VAULT_FORMAT_FLOAT32 || size % FLOAT_SIZE != 0 || size < 2 * FLOAT_SIZE ||
		size / FLOAT_SIZE > PST_VAULT_TRANSFORM_FLOATS_MAX) {
		return pst_error_set(error, -EINVAL,
			"the vault transforms its templates: only those of 2 to %u float32 can be, "
			"such as arcface's",
			PST_VAULT_TRANSFORM_FLOATS_MAX);
	}
	return 0;
}

/* Has one matrix at hand: a vault's templates are of one extractor, or of very few. */
static int bring(struct pst_vault *vault, struct pst_vault_transform **at, uint32_t number,
	size_t size, struct pst_error *error)
{
	uint32_t dimension = (uint32_t)(size / FLOAT_SIZE);
	int status = 0;

	if (!pst_vault_transform_is(*at, number, dimension)) {
		pst_vault_transform_destroy(at);
		status = pst_vault_transform_create(at, vault->ring, number, dimension);
	}
	if (status < 0) {
		return pst_error_set(error, status, "%s: transform of %u values: %s",
			vault->db_path, dimension, pst_status_text(status));
	}
	return 0;
}

static int not_finite(struct pst_error *error)
{
	return pst_error_set(error, -EINVAL, "the template holds a value that is no number");
}

int pst_vault_turn(struct pst_vault *vault, uint16_t format, const uint8_t *template, size_t size,
	const uint8_t **ret_turned, struct pst_error *error)
{
	*ret_turned = template;
	if (vault->turn == 0) {
		return 0;
	}
	int status = check_kind(format, size, error);
	if (status == 0) {
		status = bring(vault, &vault->transform, vault->turn, size, error);
	}
	if (status == 0) {
		status = pst_vault_make_room(vault, size);
	}
	if (status < 0) {
		return status;
	}
	*ret_turned = vault->plain;
	return pst_vault_transform_apply(vault->transform, template, vault->plain) < 0
		       ? not_finite(error)
		       : 0;
}

void pst_vault_turn_done(struct pst_vault *vault, size_t size)
{
	if (vault->turn != 0 && size <= vault->plain_room) {
		pst_secret_wipe(vault->plain, size);
	}
}

int pst_vault_transform_probe(struct pst_vault *vault, uint16_t format, const uint8_t *template,
	size_t size, const uint8_t **ret_probe, struct pst_error *error)
{
	return pst_vault_turn(vault, format, template, size, ret_probe, error);
}

void pst_vault_transform_probe_done(struct pst_vault *vault, size_t size)
{
	pst_vault_turn_done(vault, size);
}

struct renewal {
	struct pst_vault *vault;
	uint32_t next;
	int renewed;
	struct pst_vault_transform *transform; /* of the next number */
	struct pst_error *error;
};

/* The opened template, from the old matrix to the next one. */
static int turn_opened(struct renewal *renewal, const struct pst_vault_header *header)
{
	struct pst_vault *vault = renewal->vault;
	int status = check_kind(header->format, header->plain_size, renewal->error);

	if (status == 0 && header->transform != 0) {
		status = bring(vault, &vault->transform, header->transform, header->plain_size,
			renewal->error);
		if (status == 0 && pst_vault_transform_undo(
					   vault->transform, vault->plain, vault->plain) < 0) {
			status = not_finite(renewal->error);
		}
	}
	if (status == 0) {
		status = bring(vault, &renewal->transform, renewal->next, header->plain_size,
			renewal->error);
	}
	if (status == 0 &&
		pst_vault_transform_apply(renewal->transform, vault->plain, vault->plain) < 0) {
		status = not_finite(renewal->error);
	}
	return status;
}

static int renew_row(struct renewal *renewal, sqlite3_stmt *statement)
{
	struct pst_vault *vault = renewal->vault;
	char hex[2 * PST_VAULT_ID_SIZE + 1];
	struct pst_vault_row row;
	int status = pst_vault_row_open(vault, statement, &row);

	if (status == PST_E_EXPIRED) {
		return 0;
	}
	if (status < 0) {
		pst_bytes_to_hex(row.id, sizeof(row.id), hex);
		return pst_error_set(renewal->error, status == -ENOMEM ? status : PST_E_VAULT,
			"record %s does not open: damaged or changed; nothing was renewed", hex);
	}
	status = turn_opened(renewal, &row.header);
	if (status == 0) {
		struct pst_vault_header header = row.header;

		header.transform = (uint8_t)renewal->next;
		status = pst_vault_replace(vault, &row, &header, vault->plain, renewal->error);
	}
	renewal->renewed += status == 0;
	pst_vault_row_close(vault, &row);
	return status;
}

/* One row at a time, so that none is read while it is written. */
static int renew_rows(struct renewal *renewal)
{
	struct pst_vault_db *db = &renewal->vault->db;
	int64_t place = -1;
	int status;

	do {
		struct pst_vault_db_value values[] = {PST_VAULT_INT(place)};
		sqlite3_stmt *statement;

		status = pst_vault_db_keep(db,
			"SELECT " PST_VAULT_ROW_COLUMNS
			" FROM record WHERE place > ? ORDER BY place LIMIT 1",
			values, 1, &statement, renewal->error);
		if (status == 0) {
			status = pst_vault_db_step(db, statement, renewal->error);
		}
		if (status == 1) {
			place = sqlite3_column_int64(statement, 0);
			int renewed = renew_row(renewal, statement);
			status = renewed < 0 ? renewed : 1;
		}
		pst_vault_db_release(db, statement);
	} while (status == 1);
	return status;
}

int pst_vault_transform_renew(struct pst_vault *vault, int64_t now_s, struct pst_error *error)
{
	struct renewal renewal = {.vault = vault, .next = vault->turn + 1, .error = error};
	int status = pst_vault_advance(vault, now_s, error);

	if (status == 0 && renewal.next > PST_VAULT_TRANSFORMS_MAX) {
		status = pst_error_set(error, -EINVAL,
			"the vault had %u transforms; make a new one", PST_VAULT_TRANSFORMS_MAX);
	}
	if (status == 0) {
		status = pst_vault_begin(vault, error);
	}
	if (status < 0) {
		return status;
	}
	status = renew_rows(&renewal);
	pst_vault_transform_destroy(&renewal.transform);
	if (status == 0) {
		status = pst_vault_turn_write(&vault->db, vault->ring, renewal.next, error);
	}
	status = pst_vault_end(vault, status, error);
	if (status < 0) {
		return status;
	}
	vault->turn = renewal.next;
	status = pst_vault_truncate_log(vault, error);
	return status < 0 ? status : renewal.renewed;
}
