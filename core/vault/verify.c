/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "vault/ballast.h"
#include "vault/escrow.h"
#include "vault/hold.h"
#include "vault/inside.h"
#include "vault/name.h"
#include "vault/tombstone.h"

struct verify {
	struct pst_vault *vault;
	const struct pst_vault_told *told;
	const struct pst_vault_listener *listener;
	struct pst_vault_verification *result;
	struct pst_vault_sum sum; /* of the rows as they are read */
};

const char *pst_vault_flaw_name(enum pst_vault_flaw flaw)
{
#define FLAW_NAME(name, text) text,
	static const char *const names[] = {PST_VAULT_FLAW_MAP(FLAW_NAME)};
#undef FLAW_NAME

	return names[flaw];
}

static void found(struct verify *verify, enum pst_vault_flaw flaw, const char *format, ...)
	PST_PRINTF(3, 4);

static void found(struct verify *verify, enum pst_vault_flaw flaw, const char *format, ...)
{
	char text[256];
	va_list arguments;

	verify->result->flaws[flaw]++;
	verify->result->found++;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (verify->listener && verify->listener->found) {
		verify->listener->found(verify->listener->user, flaw, text);
	}
}

/* Calls for each row of a query. */
static int each_row(struct verify *verify, const char *sql,
	int (*each)(struct verify *verify, sqlite3_stmt *row), struct pst_error *error)
{
	sqlite3_stmt *row;
	int status = pst_vault_db_prepare(&verify->vault->db, sql, NULL, 0, &row, error);

	while (status == 0) {
		status = pst_vault_db_step(&verify->vault->db, row, error);
		if (status != 1) {
			break;
		}
		status = each(verify, row);
		if (status < 0) {
			(void)pst_error_set(error, status, "%s: %s", verify->vault->db_path,
				pst_status_text(status));
		}
	}
	(void)sqlite3_finalize(row);
	return status;
}

static int take_integrity(struct verify *verify, sqlite3_stmt *row)
{
	const char *text = (const char *)sqlite3_column_text(row, 0);

	if (!text) {
		return -ENOMEM;
	}
	if (strcmp(text, "ok") != 0) {
		found(verify, PST_VAULT_FLAW_DATABASE, "%s", text);
	}
	return 0;
}

static int take_name(struct verify *verify, sqlite3_stmt *row)
{
	enum pst_vault_name_kind kind = (enum pst_vault_name_kind)sqlite3_column_int(row, 0);
	int64_t number = sqlite3_column_int64(row, 1);
	char text[PST_VAULT_NAME_SIZE];
	struct pst_vault *vault = verify->vault;

	int status = PST_E_CORRUPT;

	verify->result->names++;
	if (kind > PST_VAULT_NAME_UNSET && kind <= PST_VAULT_NAME_LANE && number > 0) {
		status = pst_vault_name_text(
			&vault->db, vault->ring, kind, (uint64_t)number, text, NULL);
	}
	if (status == PST_E_CORRUPT) {
		found(verify, PST_VAULT_FLAW_NAME, "name %d/%" PRId64 " was changed", (int)kind,
			number);
		return 0;
	}
	return status;
}

/* @return 0, PST_E_CORRUPT (one of them is gone), or a status */
static int check_names_of(struct pst_vault *vault, const struct pst_vault_header *header)
{
	const struct {
		enum pst_vault_name_kind kind;
		uint64_t number;
	} names[] = {
		{PST_VAULT_NAME_STORE, header->store},
		{PST_VAULT_NAME_RETENTION, header->retention},
		{PST_VAULT_NAME_CATEGORY, header->category},
		{PST_VAULT_NAME_PURPOSE, header->purpose},
		{PST_VAULT_NAME_GALLERY, header->gallery},
		{PST_VAULT_NAME_LANE, header->lane},
	};
	char text[PST_VAULT_NAME_SIZE];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int status = names[i].number == 0
				     ? 0
				     : pst_vault_name_text(&vault->db, vault->ring, names[i].kind,
					       names[i].number, text, NULL);
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static int check_forgotten(struct verify *verify, const struct pst_vault_row *row, const char *hex)
{
	uint8_t hash[PST_VAULT_ID_SIZE];
	int status = pst_vault_is_forgotten(verify->vault, row->id, NULL);

	pst_vault_tombstone_hash(verify->vault->ring, row->id, hash);
	if (status == 1 || (verify->told && pst_vault_told_forgotten(verify->told, hash))) {
		found(verify, PST_VAULT_FLAW_FORGOTTEN,
			"record %s was deleted and is there; delete it again ('postern vault "
			"forget --record %s')",
			hex, hex);
	}
	return status < 0 ? status : 0;
}

static int take_record(struct verify *verify, sqlite3_stmt *statement)
{
	struct pst_vault *vault = verify->vault;
	uint8_t header[PST_SEAL_HEADER_SIZE];
	char hex[2 * PST_VAULT_ID_SIZE + 1];
	struct pst_vault_hold hold;
	struct pst_vault_row row;
	int status = pst_vault_row_open(vault, statement, &row);

	if (pst_vault_db_blob(statement, 6, header, sizeof(header)) == 0) {
		pst_vault_sum_add(&verify->sum, vault->ring, PST_VAULT_ELEMENT_RECORD, header);
	}
	pst_bytes_to_hex(row.id, sizeof(row.id), hex);
	if (status == 0) {
		pst_vault_row_close(vault, &row);
	}
	if (status != 0 && status != PST_E_EXPIRED && status != PST_E_CORRUPT) {
		return status;
	}
	int named = status == PST_E_CORRUPT ? 0 : check_names_of(vault, &row.header);
	if (named != 0 && named != PST_E_CORRUPT) {
		return named;
	}
	if (status == PST_E_CORRUPT) {
		found(verify, PST_VAULT_FLAW_RECORD, "record %s does not open: damaged or changed",
			hex);
	} else if (named == PST_E_CORRUPT) {
		found(verify, PST_VAULT_FLAW_RECORD, "record %s has a name that is gone", hex);
	} else {
		verify->result->records++;
		verify->result->expired += status == PST_E_EXPIRED;
		verify->result->held += pst_vault_hold_of(vault, row.id, &hold, NULL) == 1;
	}
	return check_forgotten(verify, &row, hex);
}

static int check_records(struct verify *verify, struct pst_error *error)
{
	const struct pst_vault_listener *listener = verify->listener;
	uint64_t total = verify->vault->sum.records, done = 0;
	sqlite3_stmt *row;
	int status = pst_vault_db_prepare(&verify->vault->db,
		"SELECT " PST_VAULT_ROW_COLUMNS " FROM record ORDER BY place", NULL, 0, &row,
		error);

	while (status == 0) {
		status = pst_vault_db_step(&verify->vault->db, row, error);
		if (status != 1) {
			break;
		}
		status = take_record(verify, row);
		done++;
		if (status < 0) {
			(void)pst_error_set(error, status, "%s: %s", verify->vault->db_path,
				pst_status_text(status));
		} else if (listener && listener->progress) {
			listener->progress(listener->user, done, total > done ? total : done);
		}
	}
	(void)sqlite3_finalize(row);
	return status;
}

static int take_tombstone(void *user, const struct pst_vault_tombstone *tombstone)
{
	struct verify *verify = user;
	char hex[2 * PST_VAULT_ID_SIZE + 1];

	verify->result->tombstones++;
	if (tombstone->damaged) {
		pst_bytes_to_hex(tombstone->hash, sizeof(tombstone->hash), hex);
		found(verify, PST_VAULT_FLAW_TOMBSTONE, "tombstone %s was changed", hex);
	}
	return 0;
}

static int take_hold(void *user, const struct pst_vault_hold *hold)
{
	struct verify *verify = user;
	struct pst_vault_db_value values[] = {PST_VAULT_BLOB(hold->record, sizeof(hold->record))};
	char hex[2 * PST_VAULT_ID_SIZE + 1];
	sqlite3_stmt *row;

	pst_bytes_to_hex(hold->record, sizeof(hold->record), hex);
	if (hold->damaged) {
		found(verify, PST_VAULT_FLAW_HOLD, "the hold of record %s was changed", hex);
		return 0;
	}
	int status = pst_vault_db_prepare(
		&verify->vault->db, "SELECT 1 FROM record WHERE id=?", values, 1, &row, NULL);
	if (status == 0) {
		status = pst_vault_db_step(&verify->vault->db, row, NULL);
	}
	if (status == 0 && hold->until_s > verify->vault->now_s) {
		found(verify, PST_VAULT_FLAW_HOLD, "record %s is held and is not there", hex);
	}
	(void)sqlite3_finalize(row);
	return status < 0 ? status : 0;
}

static void add_tag(struct verify *verify, sqlite3_stmt *row, enum pst_vault_element element)
{
	uint8_t tag[PST_KEYRING_TAG_SIZE];

	if (pst_vault_db_blob(row, 0, tag, sizeof(tag)) == 0) {
		pst_vault_sum_add(&verify->sum, verify->vault->ring, element, tag);
	}
}

static int add_hold_tag(struct verify *verify, sqlite3_stmt *row)
{
	add_tag(verify, row, PST_VAULT_ELEMENT_HOLD);
	return 0;
}

static int add_tombstone_tag(struct verify *verify, sqlite3_stmt *row)
{
	add_tag(verify, row, PST_VAULT_ELEMENT_TOMBSTONE);
	return 0;
}

static int add_lane_tag(struct verify *verify, sqlite3_stmt *row)
{
	add_tag(verify, row, PST_VAULT_ELEMENT_LANE);
	return 0;
}

static int check_lists(struct verify *verify, struct pst_error *error)
{
	int status = pst_vault_tombstones(verify->vault, take_tombstone, verify, error);

	if (status >= 0) {
		status = pst_vault_holds(verify->vault, take_hold, verify, error);
	}
	if (status >= 0) {
		status = each_row(verify, "SELECT tag FROM hold", add_hold_tag, error);
	}
	if (status == 0) {
		status = each_row(verify, "SELECT tag FROM tombstone", add_tombstone_tag, error);
	}
	if (status == 0) {
		status = each_row(verify, "SELECT tag FROM lane_key", add_lane_tag, error);
	}
	return status < 0 ? status : 0;
}

static void check_set(struct verify *verify)
{
	const struct pst_vault_sum *kept = &verify->vault->sum;

	if (verify->sum.records != kept->records) {
		found(verify, PST_VAULT_FLAW_SET,
			"%" PRIu64 " records, %" PRIu64 " were counted: rows were deleted or "
			"inserted from outside",
			verify->sum.records, kept->records);
	} else if (memcmp(verify->sum.sum, kept->sum, sizeof(kept->sum)) != 0) {
		found(verify, PST_VAULT_FLAW_SET,
			"the rows are not those that the vault wrote: one was exchanged, or a "
			"damaged one was deleted");
	}
}

static void check_log_set(struct verify *verify)
{
	struct pst_vault_set set;
	const struct pst_vault_set *told = &verify->told->set;

	if (!verify->told->has_set) {
		return;
	}
	verify->result->compared = true;
	pst_vault_set(verify->vault, &set);
	if (set.counter < told->counter) {
		found(verify, PST_VAULT_FLAW_ROLLBACK,
			"the database is at change %" PRIu64 ", the audit log has seen change "
			"%" PRIu64 ": it was put back to an earlier state",
			set.counter, told->counter);
	} else if (set.counter == told->counter &&
		   memcmp(set.hash, told->hash, sizeof(set.hash)) != 0) {
		found(verify, PST_VAULT_FLAW_ROLLBACK,
			"at change %" PRIu64 " the audit log has seen other records than the "
			"database holds",
			set.counter);
	}
}

static int check_log_tombstones(struct verify *verify, struct pst_error *error)
{
	const struct pst_vault_told *told = verify->told;

	for (size_t i = 0; i < told->tombstones; i++) {
		const struct pst_vault_tombstone *tombstone = &told->tombstone[i];
		char hex[2 * PST_VAULT_ID_SIZE + 1];

		if (tombstone->until_s <= verify->vault->now_s) {
			continue;
		}
		int status = pst_vault_has_tombstone(verify->vault, tombstone->hash, error);
		if (status < 0) {
			return status;
		}
		if (status == 0) {
			pst_bytes_to_hex(tombstone->hash, sizeof(tombstone->hash), hex);
			found(verify, PST_VAULT_FLAW_TOMBSTONE,
				"tombstone %s stands in the audit log and not in the vault", hex);
		}
	}
	return 0;
}

static void check_state(struct verify *verify)
{
	struct pst_vault *vault = verify->vault;
	uint8_t slot[PST_RATCHET_SLOT_SIZE];

	for (unsigned i = 0; i < PST_VAULT_STATE_SLOTS; i++) {
		uint64_t counter = 0;

		if (pread(vault->state.fd, slot, sizeof(slot), (off_t)(i * sizeof(slot))) !=
				(ssize_t)sizeof(slot) ||
			pst_ratchet_check_slot(vault->ring, slot, &counter, NULL) < 0 ||
			counter != vault->state.counter) {
			found(verify, PST_VAULT_FLAW_STATE, "%s: slot %u is not good",
				vault->state.path, i);
		}
	}
}

static int check_files(struct verify *verify, struct pst_error *error)
{
	struct pst_vault_recovery recovery;
	struct pst_vault *vault = verify->vault;

	check_state(verify);
	if (!pst_vault_ballast_is_there(vault->ballast_path)) {
		found(verify, PST_VAULT_FLAW_BALLAST,
			"%s does not hold its place: a full disk may stop deletion",
			vault->ballast_path);
	}
	int status = pst_vault_recovery_read(vault, &recovery, NULL);
	if (status == -ENOMEM) {
		return pst_error_set(error, status, "%s: out of memory", vault->db_path);
	}
	if (status < 0) {
		found(verify, PST_VAULT_FLAW_ESCROW, "the recovery key was changed");
	} else if (recovery.is_set && !recovery.is_good) {
		found(verify, PST_VAULT_FLAW_ESCROW,
			"%s: missing, damaged, or sealed to another recovery key",
			vault->escrow_path);
	}
	return 0;
}

static int check_all(struct verify *verify, struct pst_error *error)
{
	int status = each_row(verify, "PRAGMA integrity_check(10)", take_integrity, error);

	if (status == 0) {
		status = each_row(verify, "SELECT kind, number FROM name WHERE text IS NOT NULL",
			take_name, error);
	}
	if (status == 0) {
		status = check_records(verify, error);
	}
	if (status == 0) {
		status = check_lists(verify, error);
	}
	if (status < 0) {
		return status;
	}
	check_set(verify);
	status = check_files(verify, error);
	if (status == 0 && verify->told) {
		check_log_set(verify);
		status = check_log_tombstones(verify, error);
	}
	return status;
}

int pst_vault_verify(struct pst_vault *vault, const struct pst_vault_told *told, int64_t now_s,
	const struct pst_vault_listener *listener, struct pst_vault_verification *ret_verification,
	struct pst_error *error)
{
	struct verify verify = {
		.vault = vault, .told = told, .listener = listener, .result = ret_verification};
	int status = pst_vault_advance(vault, now_s, error);

	*ret_verification = (struct pst_vault_verification){0};
	return status < 0 ? status : check_all(&verify, error);
}
