/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/review.h"
#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/vault.h"

#define RECEIPT_MAX 262144u /* bytes of a receipt's file */

static int read_hash(const json_t *value, uint8_t ret_hash[PST_VAULT_ID_SIZE])
{
	const char *text = json_string_value(value);

	return text ? pst_bytes_from_hex(text, ret_hash, PST_VAULT_ID_SIZE) : -EINVAL;
}

/* "vault.forgotten": pairs of hash and time. */
static int take_forgotten(struct pst_vault_told *told, const json_t *entry)
{
	const json_t *list = json_object_get(entry, "tombstones"), *pair;
	size_t i;

	json_array_foreach(list, i, pair)
	{
		struct pst_vault_tombstone tombstone = {
			.until_s = json_integer_value(json_array_get(pair, 1))};

		if (read_hash(json_array_get(pair, 0), tombstone.hash) == 0 &&
			pst_vault_told_tombstone(told, &tombstone) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* "vault.held" and "vault.released": hashes; the latter says no end. */
static int take_holds(struct pst_vault_told *told, const json_t *entry)
{
	const json_t *list = json_object_get(entry, "records"), *hash;
	const char *reason = json_string_value(json_object_get(entry, "reason"));
	size_t i;

	json_array_foreach(list, i, hash)
	{
		struct pst_vault_told_hold hold = {
			.until_s = json_integer_value(json_object_get(entry, "until"))};

		if (read_hash(hash, hold.hash) == 0 &&
			pst_text_copy(hold.reason, sizeof(hold.reason), reason ? reason : "") ==
				0 &&
			pst_vault_told_hold(told, &hold) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

/* "vault.lane-revoked": public keys. */
static int take_revoked(struct pst_vault_told *told, const json_t *entry)
{
	const json_t *list = json_object_get(entry, "keys"), *key;
	size_t i;

	json_array_foreach(list, i, key)
	{
		const char *text = json_string_value(key);
		uint8_t bytes[PST_SIGN_PUBLIC_SIZE];

		if (text && pst_bytes_from_hex(text, bytes, sizeof(bytes)) == 0 &&
			pst_vault_told_revoked(told, bytes) < 0) {
			return -ENOMEM;
		}
	}
	return 0;
}

static int take_entry(void *user, const struct pst_audit_item *item)
{
	static const struct {
		const char *kind;
		int (*take)(struct pst_vault_told *told, const json_t *entry);
	} kinds[] = {
		{"vault.forgotten", take_forgotten},
		{"vault.held", take_holds},
		{"vault.released", take_holds},
		{"vault.lane-revoked", take_revoked},
	};
	int status = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!item->is_checkpoint && strcmp(item->kind, kinds[i].kind) == 0) {
			json_t *entry = json_loads(item->json, 0, NULL);

			status = entry ? kinds[i].take(user, entry) : -ENOMEM;
			json_decref(entry);
		}
	}
	return status;
}

static bool has_log(const struct vault_line *line)
{
	char path[PATH_MAX];

	return pst_text_path(path, sizeof(path), line->state, PST_AUDIT_LOG) == 0 &&
	       access(path, F_OK) == 0;
}

static void take_state(struct pst_vault_told *told, const struct pst_audit_report *report)
{
	told->has_set = report->has_state;
	told->set.records = report->state.records;
	told->set.counter = report->state.counter;
	memcpy(told->set.hash, report->state.hash, sizeof(told->set.hash));
}

int vault_read_log(const struct vault_line *line, struct pst_vault_told *ret_told,
	struct pst_audit_report *ret_report, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	struct pst_error detail = {0};

	*ret_told = (struct pst_vault_told){0};
	*ret_report = (struct pst_audit_report){0};
	if (!has_log(line)) {
		return 0;
	}
	if (line->vault) {
		pst_sign_public(pst_vault_signer(line->vault), public_key);
	}
	int verified = pst_audit_verify(
		line->state, line->vault ? public_key : NULL, 0, ret_report, &detail);
	/* A torn last entry was never acknowledged: what it says did not happen. */
	if (verified == PST_E_CORRUPT && ret_report->finding != PST_AUDIT_FINDING_TORN) {
		verified = pst_error_set(
			error, PST_E_UNSAFE, "the audit log does not verify: %s", ret_report->text);
	} else if (verified == PST_E_CORRUPT) {
		verified = 0;
	} else if (verified < 0) {
		return pst_error_set(error, verified, "%s", detail.text);
	}
	int status = pst_audit_each(line->state, take_entry, ret_told, &detail);
	if (status < 0 && status != PST_E_CORRUPT) {
		return pst_error_set(error, status, "%s", detail.text);
	}
	if (verified == 0) {
		take_state(ret_told, ret_report);
	}
	pst_vault_told_sort(ret_told);
	return verified;
}

/* An encounter under way, and whether its receipt is the one. */
struct search {
	struct vault_receipt *receipt;
	struct encounter {
		char lane[72];
		json_int_t number;
		uint64_t sequence[8];
		size_t count;
	} encounter[16];
	size_t next; /* place of the next one; the oldest goes */
	bool found;
};

static struct encounter *encounter_of(struct search *search, const char *lane, json_int_t number)
{
	for (size_t i = 0; i < sizeof(search->encounter) / sizeof(search->encounter[0]); i++) {
		struct encounter *encounter = &search->encounter[i];

		if (encounter->number == number && strcmp(encounter->lane, lane) == 0) {
			return encounter;
		}
	}
	struct encounter *encounter = &search->encounter[search->next];
	search->next =
		(search->next + 1) % (sizeof(search->encounter) / sizeof(search->encounter[0]));
	*encounter = (struct encounter){.number = number};
	(void)!pst_text_copy(encounter->lane, sizeof(encounter->lane), lane);
	return encounter;
}

static void forget_lane(struct search *search, const char *lane)
{
	for (size_t i = 0; i < sizeof(search->encounter) / sizeof(search->encounter[0]); i++) {
		if (strcmp(search->encounter[i].lane, lane) == 0) {
			search->encounter[i] = (struct encounter){0};
		}
	}
}

static void take_encounter(struct search *search, const struct pst_audit_item *item,
	const json_t *entry, const char *lane)
{
	const char *receipt = json_string_value(json_object_get(entry, "receipt"));
	json_int_t number = json_integer_value(json_object_get(entry, "encounter"));
	struct encounter *encounter = encounter_of(search, lane, number);
	size_t room = sizeof(encounter->sequence) / sizeof(encounter->sequence[0]);

	if (encounter->count < room) {
		encounter->sequence[encounter->count++] = item->sequence;
	}
	if (receipt && strcmp(item->kind, "encounter.closed") == 0 &&
		strcmp(receipt, search->receipt->id) == 0) {
		memcpy(search->receipt->sequence, encounter->sequence, sizeof(encounter->sequence));
		search->receipt->count = encounter->count;
		search->found = true;
	}
}

static int look_at(void *user, const struct pst_audit_item *item)
{
	static const char *const kinds[] = {
		"lane.opened", "permit.granted", "encounter.decided", "encounter.closed", NULL};
	struct search *search = user;

	if (item->is_checkpoint || search->found || pst_text_index(kinds, item->kind) < 0) {
		return 0;
	}
	json_t *entry = json_loads(item->json, 0, NULL);
	const char *lane = json_string_value(json_object_get(entry, "lane"));
	if (lane && strcmp(item->kind, "lane.opened") == 0) {
		forget_lane(search, lane);
	} else if (lane) {
		take_encounter(search, item, entry, lane);
	}
	json_decref(entry);
	return 0;
}

static int read_id(const char *which, char ret_id[PST_RECEIPT_ID_SIZE], struct pst_error *error)
{
	struct pst_receipt *receipt = NULL;
	uint8_t *data = NULL;
	size_t size = 0;

	if (pst_review_is_receipt(which)) {
		return pst_text_copy(ret_id, PST_RECEIPT_ID_SIZE, which);
	}
	int status = pst_fd_read_file(which, RECEIPT_MAX, &data, &size, error);
	if (status == 0) {
		status = pst_receipt_open((const char *)data, size, &receipt, error);
	}
	if (status == 0 && pst_text_copy(ret_id, PST_RECEIPT_ID_SIZE, receipt->info.id) < 0) {
		status = pst_error_set(error, PST_E_FORMAT, "%s: a receipt without an id", which);
	}
	pst_receipt_close(&receipt);
	free(data);
	return status;
}

int vault_find_receipt(const struct vault_line *line, const char *which,
	struct vault_receipt *ret_receipt, struct pst_error *error)
{
	struct search search = {.receipt = ret_receipt};

	*ret_receipt = (struct vault_receipt){0};
	int status = read_id(which, ret_receipt->id, error);
	if (status == 0) {
		status = pst_audit_each(line->state, look_at, &search, error);
	}
	if (status == 0 && !search.found) {
		status = pst_error_set(error, PST_E_NOT_FOUND,
			"%s: the audit log holds no encounter with receipt %s", line->state,
			ret_receipt->id);
	}
	return status;
}
