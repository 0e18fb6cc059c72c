/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/scan.h"
#include "base/fd.h"
#include "base/text.h"

#define SMALL_FILE_MAX 4096u

int pst_audit_read_public(
	const char *path, uint8_t ret_public[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	uint8_t *text = NULL;
	size_t size = 0;
	int status = pst_fd_read_file(path, SMALL_FILE_MAX, &text, &size, error);

	if (status < 0) {
		return status;
	}
	if (size > 0 && text[size - 1] == '\n') {
		text[--size] = 0;
	}
	if (strlen((const char *)text) != size ||
		pst_bytes_from_hex((const char *)text, ret_public, PST_SIGN_PUBLIC_SIZE) < 0) {
		status = pst_error_set(
			error, PST_E_FORMAT, "%s: not a public key (64 hex digits)", path);
	}
	free(text);
	return status;
}

/* A verification in progress. */
struct verification {
	struct pst_audit_scan scan;
	struct pst_audit_report *report;
	struct pst_audit_head_file head;
	bool has_head;	  /* a head file that can be read */
	bool head_met;	  /* the log holds the entry that it names */
	bool head_broken; /* it cannot be read as one */
};

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

static int load_head(struct verification *v, const char *dir, struct pst_error *error)
{
	char path[PATH_MAX];
	uint8_t *text = NULL;
	size_t size = 0;
	struct pst_error quiet = {0};

	if (pst_text_path(path, sizeof(path), dir, PST_AUDIT_HEAD) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	int status = pst_fd_read_file(path, SMALL_FILE_MAX, &text, &size, &quiet);
	if (status == -ENOENT) {
		return 0;
	}
	if (status < 0 && status != -EFBIG) {
		return pst_error_set(error, status, "%s", quiet.text);
	}
	v->has_head = status == 0 && strlen((const char *)text) == size &&
		      pst_audit_head_parse((const char *)text, &v->head) == 0;
	v->head_broken = !v->has_head;
	free(text);
	return 0;
}

static int check_checkpoint(struct verification *v, const struct pst_audit_entry *entry)
{
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	uint8_t bytes[PST_AUDIT_CHECKPOINT_SIGNED];
	struct pst_audit_report *report = v->report;

	pst_audit_checkpoint_bytes(
		v->scan.header.log, entry->sequence, entry->before, entry->wall_s, bytes);
	if (pst_audit_checkpoint_signature(entry, signature) < 0 ||
		pst_sign_verify(report->public_key, bytes, sizeof(bytes), signature) < 0) {
		return found_at(report, PST_AUDIT_FINDING_SIGNATURE, entry->sequence,
			v->scan.offset - entry->size,
			"the checkpoint is not signed by the key; entries before it may be "
			"changed");
	}
	report->checkpoints++;
	report->signed_entries = entry->sequence;
	return 0;
}

static int take_entry(struct verification *v, const struct pst_audit_entry *entry)
{
	struct pst_audit_report *report = v->report;

	if (report->entries == 0) {
		report->first_s = entry->wall_s;
	}
	report->entries++;
	report->last_s = entry->wall_s;
	if (v->has_head && entry->sequence == v->head.sequence) {
		v->head_met = memcmp(v->head.hash, entry->hash, sizeof(v->head.hash)) == 0;
	}
	return entry->type == PST_AUDIT_TYPE_CHECKPOINT ? check_checkpoint(v, entry) : 0;
}

static int check_end(struct verification *v, uint64_t at_least)
{
	struct pst_audit_report *report = v->report;
	uint64_t next = v->scan.sequence + 1;
	uint8_t bytes[PST_AUDIT_HEAD_SIGNED];
	char text[sizeof(report->text)];

	pst_audit_head_bytes(v->scan.header.log, &v->head, bytes);
	if (v->head_broken || (v->has_head && pst_sign_verify(report->public_key, bytes,
						      sizeof(bytes), v->head.signature) < 0)) {
		return found(report, PST_AUDIT_FINDING_SIGNATURE,
			PST_AUDIT_HEAD " is damaged or not signed by the key; it shows whether "
				       "the log was cut short");
	}
	if (!v->has_head && report->checkpoints > 0) {
		return found(report, PST_AUDIT_FINDING_CUT,
			PST_AUDIT_HEAD " is missing, so nothing shows whether the log was cut");
	}
	uint64_t known = v->has_head && v->head.sequence > at_least ? v->head.sequence : at_least;
	if (known > v->scan.sequence) {
		(void)snprintf(text, sizeof(text),
			"the log ends after entry %" PRIu64 ", but %" PRIu64 " were written",
			v->scan.sequence, known);
		report->bad_sequence = next;
		report->bad_offset = v->scan.offset;
		return found(report, PST_AUDIT_FINDING_CUT, text);
	}
	if (v->has_head && !v->head_met) {
		return found_at(report, PST_AUDIT_FINDING_SEQUENCE, v->head.sequence, 0,
			"not the entry that " PST_AUDIT_HEAD " names: the log was rewritten");
	}
	return 0;
}

static int conclude(struct verification *v, uint64_t at_least)
{
	struct pst_audit_report *report = v->report;
	uint64_t next = v->scan.sequence + 1;
	uint64_t offset = v->scan.offset;
	char text[sizeof(report->text)];

	memcpy(report->head, v->scan.head, sizeof(report->head));
	report->bytes = offset;
	if (v->scan.finding == PST_AUDIT_FINDING_EDITED) {
		return found_at(report, v->scan.finding, next, offset,
			"the content does not give its hash: edited or damaged");
	}
	if (v->scan.finding == PST_AUDIT_FINDING_SEQUENCE) {
		return found_at(report, v->scan.finding, next, offset,
			"missing: another entry stands in its place");
	}
	int status = check_end(v, at_least);
	if (status < 0) {
		return status;
	}
	if (v->scan.finding == PST_AUDIT_FINDING_TORN) {
		return found_at(report, v->scan.finding, next, offset,
			"incomplete, as after a crash; the next lane sets it aside");
	}
	(void)snprintf(text, sizeof(text),
		"%" PRIu64 " entries verify, %" PRIu64 " of them signed (%" PRIu64 " checkpoints)",
		report->entries, report->signed_entries, report->checkpoints);
	return found(report, PST_AUDIT_FINDING_OK, text);
}

static int walk(struct verification *v, uint64_t at_least)
{
	struct pst_audit_entry entry;
	struct pst_audit_report *report = v->report;

	if (memcmp(report->public_key, v->scan.header.public_key, sizeof(report->public_key)) !=
		0) {
		return found(report, PST_AUDIT_FINDING_KEY,
			"the log belongs to another key; give the one it was begun with, or "
			"another "
			"state directory");
	}
	v->head_met = v->has_head && v->head.sequence == 0 &&
		      memcmp(v->head.hash, v->scan.head, sizeof(v->head.hash)) == 0;
	for (;;) {
		int status = pst_audit_scan_next(&v->scan, &entry);

		if (status == 1) {
			status = take_entry(v, &entry);
		} else if (status == 0) {
			return conclude(v, at_least);
		}
		if (status < 0) {
			return status;
		}
	}
}

static int find_key(const char *dir, const uint8_t *public_key, struct pst_audit_report *report,
	struct pst_error *error)
{
	char path[PATH_MAX];

	if (public_key) {
		memcpy(report->public_key, public_key, sizeof(report->public_key));
		report->key_given = true;
		return 0;
	}
	if (pst_text_path(path, sizeof(path), dir, PST_AUDIT_PUBLIC) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	return pst_audit_read_public(path, report->public_key, error);
}

int pst_audit_verify(const char *dir, const uint8_t *public_key, uint64_t at_least,
	struct pst_audit_report *ret_report, struct pst_error *error)
{
	struct verification v = {.report = ret_report};
	char path[PATH_MAX];

	memset(ret_report, 0, sizeof(*ret_report));
	if (pst_text_path(path, sizeof(path), dir, PST_AUDIT_LOG) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	int status = pst_audit_scan_open(&v.scan, path, error);
	if (status == PST_E_CORRUPT) {
		status = found(ret_report, PST_AUDIT_FINDING_HEADER,
			"not an audit log, or of a version this program does not know");
	} else if (status == 0) {
		status = find_key(dir, public_key, ret_report, error);
		if (status == 0) {
			status = load_head(&v, dir, error);
		}
		if (status == 0) {
			status = walk(&v, at_least);
		}
	}
	pst_audit_scan_close(&v.scan);
	if (status == PST_E_CORRUPT) {
		return pst_error_set(error, status, "%s: %s", path, ret_report->text);
	}
	return status < 0 ? pst_error_set(error, status, "%s: %s", path, pst_status_text(status))
			  : 0;
}

/* Copies an entry's texts out, with their ends marked. */
static int show(
	const struct pst_audit_entry *entry, char *texts, pst_audit_item_fn each, void *user)
{
	char *json = texts + entry->kind_size + 1;

	memcpy(texts, entry->kind, entry->kind_size);
	texts[entry->kind_size] = 0;
	memcpy(json, entry->payload, entry->payload_size);
	json[entry->payload_size] = 0;
	struct pst_audit_item item = {
		.sequence = entry->sequence,
		.wall_s = entry->wall_s,
		.is_checkpoint = entry->type == PST_AUDIT_TYPE_CHECKPOINT,
		.kind = texts,
		.json = json,
		.hash = entry->hash,
	};
	return each(user, &item);
}

int pst_audit_each(const char *dir, pst_audit_item_fn each, void *user, struct pst_error *error)
{
	struct pst_audit_scan scan;
	struct pst_audit_entry entry;
	char path[PATH_MAX];
	char *texts = NULL;

	if (pst_text_path(path, sizeof(path), dir, PST_AUDIT_LOG) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	int status = pst_audit_scan_open(&scan, path, error);
	if (status == 0) {
		texts = malloc(PST_AUDIT_ENTRY_MAX);
		status = texts ? 0 : -ENOMEM;
	}
	while (status == 0) {
		status = pst_audit_scan_next(&scan, &entry);
		if (status != 1) {
			break;
		}
		status = show(&entry, texts, each, user);
	}
	if (status == 0 && scan.finding != PST_AUDIT_FINDING_OK) {
		status = pst_error_set(error, PST_E_CORRUPT,
			"%s: entry %" PRIu64 " does not verify; see 'postern audit verify'", path,
			scan.sequence + 1);
	} else if (status < 0) {
		(void)pst_error_set(error, status, "%s: %s", path, pst_status_text(status));
	}
	free(texts);
	pst_audit_scan_close(&scan);
	return status;
}
