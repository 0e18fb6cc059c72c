/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/recompute.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/cosigned.h"
#include "base/fd.h"

#define SMALL_FILE_MAX 4096u
#define SKIPPED_MAX (UINT64_C(1) << 30) /* steps: some minutes */

static int found(struct pst_audit_report *report, enum pst_audit_finding finding, const char *text)
{
	report->finding = finding;
	(void)snprintf(report->text, sizeof(report->text), "%s", text);
	return finding == PST_AUDIT_FINDING_OK ? 0 : PST_E_CORRUPT;
}

static int found_at(struct pst_audit_report *report, enum pst_audit_finding finding,
	uint64_t sequence, uint64_t offset, const char *what)
{
	report->bad_sequence = sequence;
	report->bad_offset = offset;
	char text[sizeof(report->text)];

	(void)snprintf(text, sizeof(text), "entry %" PRIu64 " (byte %" PRIu64 "): %s", sequence,
		offset, what);
	return found(report, finding, text);
}

static int found_in(struct pst_audit_recompute *work, const struct pst_audit_entry *entry,
	enum pst_audit_finding finding, const char *what)
{
	return found_at(
		work->report, finding, entry->sequence, work->scan.offset - entry->size, what);
}

static void take_head(struct pst_audit_recompute *work, const char *text, size_t size)
{
	work->head_known.given =
		strlen(text) == size && pst_audit_head_parse(text, &work->head) == 0;
	work->head_broken = !work->head_known.given;
	work->head_known.sequence = work->head.sequence;
	memcpy(work->head_known.hash, work->head.hash, sizeof(work->head.hash));
}

/* Before the log: a head is never newer than the entries that are read after it. */
static int load_head(struct pst_audit_recompute *work, struct pst_error *error)
{
	uint8_t *text = NULL;
	size_t size = 0;
	struct pst_error quiet = {0};

	if (!work->head_path) {
		return 0;
	}
	int status = pst_fd_read_file(work->head_path, SMALL_FILE_MAX, &text, &size, &quiet);
	if (status == -ENOENT) {
		return 0;
	}
	if (status < 0 && status != -EFBIG) {
		return pst_error_set(error, status, "%s", quiet.text);
	}
	take_head(work, status == 0 ? (const char *)text : "", size);
	free(text);
	return 0;
}

static void meet(struct pst_audit_known *known, uint64_t sequence, const uint8_t *hash)
{
	if (known->given && known->sequence == sequence) {
		known->met = memcmp(known->hash, hash, sizeof(known->hash)) == 0;
	}
}

/* The seed of the epoch in force, stepped to the entry with this number. */
static int load_seed(struct pst_audit_recompute *work, uint64_t sequence, struct pst_error *error)
{
	struct pst_mac_name name = {.epoch = work->scan.epoch};
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
	const char *reason = "";
	char text[200];

	memcpy(name.log, work->scan.header.log, sizeof(name.log));
	pst_mac_close(&work->seed_mac);
	int status = pst_mac_load(&work->seed_mac, &name, work->seeds, &reason);
	if (status == PST_E_NOT_FOUND) {
		(void)snprintf(text, sizeof(text),
			"MAC key %" PRIu32 " counts from here, and is not in the verification key "
			"given; where nobody began it on purpose, what follows is not to be "
			"trusted",
			name.epoch);
		return found_at(work->report, PST_AUDIT_FINDING_MAC, sequence, 0, text);
	}
	if (status < 0) {
		return pst_error_set(error, status, "%s: %s", work->seeds, reason);
	}
	pst_mac_commitment(work->seed_mac, commitment);
	if (memcmp(commitment, work->scan.commitment, sizeof(commitment)) != 0) {
		return found_at(work->report, PST_AUDIT_FINDING_MAC, sequence, 0,
			"the log names another MAC key than the verification key given");
	}
	uint64_t skipped = sequence - work->scan.epoch_first;
	if (skipped > SKIPPED_MAX) {
		return found(work->report, PST_AUDIT_FINDING_HEADER,
			"begins too far behind the first entry of its MAC key; export more of it");
	}
	pst_mac_skip(work->seed_mac, skipped);
	return 0;
}

static int check_tag(struct pst_audit_recompute *work, const struct pst_audit_entry *entry,
	struct pst_error *error)
{
	struct pst_mac *mac = work->mac;
	int status = 0;

	if (work->seeds) {
		if (entry->type == PST_AUDIT_TYPE_MAC) {
			status = load_seed(work, entry->sequence, error);
		}
		mac = work->seed_mac;
	} else if (entry->sequence <= work->mac_after) {
		return 0;
	}
	if (status < 0 || !mac || work->scan.epoch == 0) {
		return status;
	}
	if (pst_audit_entry_check_tag(entry, work->scan.buffer, mac) < 0) {
		return found_in(work, entry, PST_AUDIT_FINDING_MAC,
			"its tag is not of the MAC key: written anew by who had no right to it");
	}
	work->report->tagged++;
	return 0;
}

static int check_checkpoint(struct pst_audit_recompute *work, const struct pst_audit_entry *entry)
{
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	uint8_t bytes[PST_AUDIT_CHECKPOINT_SIGNED];
	struct pst_audit_checkpoint checkpoint;
	struct pst_audit_report *report = work->report;
	int status = pst_audit_checkpoint_parse(entry, &checkpoint, signature);

	if (status == 0) {
		size_t size = pst_audit_checkpoint_bytes(
			work->scan.header.log, entry, &checkpoint, bytes);

		status = pst_sign_verify(report->public_key, bytes, size, signature);
	}
	if (status < 0) {
		return found_in(work, entry, PST_AUDIT_FINDING_SIGNATURE,
			"the checkpoint is not signed by the key; entries before it may be "
			"changed");
	}
	if (checkpoint.epoch != work->scan.epoch ||
		memcmp(checkpoint.commitment, work->scan.commitment,
			sizeof(checkpoint.commitment)) != 0) {
		return found_in(work, entry, PST_AUDIT_FINDING_MAC,
			"the checkpoint signs another MAC key than the one in force");
	}
	report->checkpoints++;
	report->signed_entries = entry->sequence;
	memcpy(report->signed_head, entry->hash, sizeof(report->signed_head));
	work->checkpoints_after += entry->sequence > work->mac_after;
	if (checkpoint.has_state) {
		report->has_state = true;
		report->state = checkpoint.state;
		report->state_sequence = entry->sequence;
	}
	return 0;
}

static int take_entry(struct pst_audit_recompute *work, const struct pst_audit_entry *entry,
	struct pst_error *error)
{
	struct pst_audit_report *report = work->report;

	if (report->entries == 0) {
		report->first_s = entry->wall_s;
	}
	report->entries++;
	report->last_s = entry->wall_s;
	meet(&work->head_known, entry->sequence, entry->hash);
	meet(&work->cosigned, entry->sequence, entry->hash);
	meet(&work->mac_known, entry->sequence, entry->hash);
	int status = check_tag(work, entry, error);
	if (status == 0 && entry->type == PST_AUDIT_TYPE_CHECKPOINT) {
		status = check_checkpoint(work, entry);
	}
	return status;
}

static int check_head_file(struct pst_audit_recompute *work)
{
	struct pst_audit_report *report = work->report;
	uint8_t bytes[PST_AUDIT_HEAD_SIGNED];

	pst_audit_head_bytes(work->scan.header.log, &work->head, bytes);
	if (work->head_broken ||
		(work->head_known.given && pst_sign_verify(report->public_key, bytes, sizeof(bytes),
						   work->head.signature) < 0)) {
		return found(report, PST_AUDIT_FINDING_SIGNATURE,
			PST_AUDIT_HEAD " is damaged or not signed by the key; it shows whether "
				       "the log was cut short");
	}
	bool needs_head = report->checkpoints > 0 || (work->scan.epoch > 0 && !work->is_new);
	if (work->head_path && !work->head_known.given && needs_head) {
		report->bad_sequence = work->scan.sequence + 1;
		return found(report, PST_AUDIT_FINDING_CUT,
			PST_AUDIT_HEAD " is missing, so nothing shows whether the log was cut");
	}
	return 0;
}

/* How many entries are known from elsewhere to have been written. */
static uint64_t known_entries(const struct pst_audit_recompute *work)
{
	const struct pst_audit_known *known[] = {&work->head_known, &work->cosigned};
	uint64_t most = work->at_least;

	for (size_t i = 0; i < 2; i++) {
		if (known[i]->given && known[i]->sequence > most) {
			most = known[i]->sequence;
		}
	}
	if (work->scan.is_bundle) {
		uint64_t last = work->scan.bundle.first + work->scan.bundle.count - 1;

		most = last > most ? last : most;
	}
	return most;
}

static int check_end(struct pst_audit_recompute *work)
{
	struct pst_audit_report *report = work->report;
	const struct pst_audit_scan *scan = &work->scan;
	char text[sizeof(report->text)];
	int status = check_head_file(work);

	if (status < 0) {
		return status;
	}
	uint64_t known = known_entries(work);
	if (known > scan->sequence) {
		(void)snprintf(text, sizeof(text),
			"the log ends after entry %" PRIu64 ", but %" PRIu64 " were written",
			scan->sequence, known);
		report->bad_sequence = scan->sequence + 1;
		report->bad_offset = scan->offset;
		return found(report, PST_AUDIT_FINDING_CUT, text);
	}
	if (scan->is_bundle && scan->offset - scan->start != scan->bundle.bytes) {
		return found(report, PST_AUDIT_FINDING_HEADER,
			"the bundle's own number of bytes is wrong");
	}
	if (scan->is_bundle && scan->sequence != scan->bundle.first + scan->bundle.count - 1) {
		return found_at(report, PST_AUDIT_FINDING_SEQUENCE,
			scan->bundle.first + scan->bundle.count, 0,
			"more entries than the bundle says");
	}
	if (work->head_known.given && !work->head_known.met) {
		return found_at(report, PST_AUDIT_FINDING_SEQUENCE, work->head.sequence, 0,
			"not the entry that " PST_AUDIT_HEAD " names: the log was rewritten");
	}
	if (work->cosigned.given && !work->cosigned.met) {
		return found_at(report, PST_AUDIT_FINDING_WITNESS, work->cosigned.sequence, 0,
			"not the entry that the witness signed: it or one before it was "
			"rewritten");
	}
	if (work->seeds && scan->epoch == 0) {
		return found_at(report, PST_AUDIT_FINDING_MAC, scan->first, 0,
			"no entry carries a tag, so the verification key shows nothing");
	}
	return 0;
}

static int check_walk(struct pst_audit_recompute *work)
{
	static const char *const texts[PST_AUDIT_FINDING_COUNT] = {
		[PST_AUDIT_FINDING_EDITED] =
			"the content does not give its hash: edited or damaged",
		[PST_AUDIT_FINDING_SEQUENCE] = "missing: another entry stands in its place",
		[PST_AUDIT_FINDING_MAC] =
			"no tag where one is due, or a MAC key that does not follow",
	};
	const struct pst_audit_scan *scan = &work->scan;

	if (!texts[scan->finding]) {
		return 0;
	}
	return found_at(work->report, scan->finding, scan->sequence + 1, scan->offset,
		texts[scan->finding]);
}

static int conclude(struct pst_audit_recompute *work)
{
	struct pst_audit_report *report = work->report;
	const struct pst_audit_scan *scan = &work->scan;
	char text[sizeof(report->text)];

	memcpy(report->head, scan->head, sizeof(report->head));
	report->bytes = scan->offset;
	report->mac_epoch = scan->epoch;
	report->is_part = scan->is_bundle && !work->head_known.given;
	int status = check_walk(work);
	if (status == 0) {
		status = check_end(work);
	}
	if (status < 0) {
		return status;
	}
	if (scan->finding == PST_AUDIT_FINDING_TORN) {
		return found_at(report, scan->finding, scan->sequence + 1, scan->offset,
			"incomplete, as after a crash; the next lane sets it aside");
	}
	uint64_t unsigned_entries =
		report->entries -
		(report->signed_entries ? report->signed_entries - scan->first + 1 : 0);
	(void)snprintf(text, sizeof(text),
		"%" PRIu64 " entries verify, %" PRIu64 " of them signed (%" PRIu64 " checkpoints)",
		report->entries, report->entries - unsigned_entries, report->checkpoints);
	return found(report, PST_AUDIT_FINDING_OK, text);
}

static int check_key(struct pst_audit_recompute *work, struct pst_error *error)
{
	struct pst_audit_report *report = work->report;
	const uint8_t *own = work->scan.header.public_key;

	report->key_given = work->public_key != NULL;
	memcpy(report->log, work->scan.header.log, sizeof(report->log));
	memcpy(report->public_key, work->public_key ? work->public_key : own,
		sizeof(report->public_key));
	if (!work->public_key && work->key_path) {
		int status = pst_audit_read_public(work->key_path, report->public_key, error);

		if (status < 0) {
			return status;
		}
	}
	if (memcmp(report->public_key, own, sizeof(report->public_key)) != 0) {
		return found(report, PST_AUDIT_FINDING_KEY,
			"the log belongs to another key; give the one it was begun with, or "
			"another "
			"state directory");
	}
	return 0;
}

/* What the witness signed last. That it signed nothing, or that something is not its own, is a
 * finding: then nothing is known. */
static int find_cosigned(struct pst_audit_recompute *work, struct pst_error *error)
{
	struct pst_audit_report *report = work->report;
	struct pst_audit_cosignature newest;
	struct pst_error detail = {0};

	if (!work->witness) {
		return 0;
	}
	int status = pst_audit_cosigned_newest(
		work->cosignatures, work->scan.header.log, work->witness, &newest, &detail);
	if (status == PST_E_CORRUPT || status == PST_E_NOT_FOUND) {
		char text[sizeof(report->text)];

		(void)snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, detail.text);
		return found(report, PST_AUDIT_FINDING_WITNESS, text);
	}
	if (status < 0) {
		return pst_error_set(error, status, "%s", detail.text);
	}
	work->cosigned.given = true;
	work->cosigned.sequence = newest.sequence;
	memcpy(work->cosigned.hash, newest.hash, sizeof(newest.hash));
	report->cosigned = newest.sequence;
	report->cosigned_s = newest.seen_s;
	return 0;
}

/* Where the walk begins: at the first entry, or behind a place that is known to be good. */
static int begin(struct pst_audit_recompute *work, struct pst_error *error)
{
	struct pst_audit_scan *scan = &work->scan;
	int status = 0;

	if (work->place) {
		status = pst_audit_scan_seek(scan, work->place);
		if (status == PST_E_CORRUPT) {
			return found_at(work->report, PST_AUDIT_FINDING_SEQUENCE,
				work->place->sequence, work->place->offset,
				"not the entry that ends there: the log was cut or rewritten");
		}
	}
	if (status == 0 && scan->is_bundle && scan->bundle.head[0]) {
		take_head(work, scan->bundle.head, strlen(scan->bundle.head));
	}
	if (status == 0) {
		status = find_cosigned(work, error);
	}
	if (status == 0 && work->cosigned.given && work->cosigned.sequence + 1 < scan->first) {
		return pst_error_set(error, PST_E_USAGE,
			"%s: begins with entry %" PRIu64 ", behind entry %" PRIu64
			" that the witness signed; export from there on",
			work->path, scan->first, work->cosigned.sequence);
	}
	work->report->first = scan->first;
	meet(&work->head_known, scan->sequence, scan->head);
	meet(&work->cosigned, scan->sequence, scan->head);
	meet(&work->mac_known, scan->sequence, scan->head);
	if (status == 0 && work->seeds && scan->epoch > 0) {
		status = load_seed(work, scan->first, error);
	}
	return status;
}

static int walk(struct pst_audit_recompute *work, struct pst_error *error)
{
	struct pst_audit_entry entry;
	int status = check_key(work, error);

	if (status == 0) {
		status = begin(work, error);
	}
	while (status == 0) {
		status = pst_audit_scan_next(&work->scan, &entry);
		if (status == 0) {
			return conclude(work);
		}
		if (status == 1) {
			status = take_entry(work, &entry, error);
		}
	}
	return status;
}

int pst_audit_recompute(struct pst_audit_recompute *work, struct pst_audit_report *ret_report,
	struct pst_error *error)
{
	work->report = ret_report;
	memset(ret_report, 0, sizeof(*ret_report));
	int status = load_head(work, error);
	if (status == 0) {
		status = pst_audit_scan_open(&work->scan, work->path, error);
	}
	if (status == PST_E_CORRUPT) {
		status = found(ret_report, PST_AUDIT_FINDING_HEADER,
			"not an audit log, or of a version this program does not know");
	} else if (status == 0) {
		status = walk(work, error);
	}
	pst_audit_scan_close(&work->scan);
	pst_mac_close(&work->seed_mac);
	if (status == PST_E_CORRUPT) {
		return pst_error_set(error, status, "%s: %s", work->path, ret_report->text);
	}
	return status < 0
		       ? pst_error_set(error, status, "%s: %s", work->path, pst_status_text(status))
		       : 0;
}
