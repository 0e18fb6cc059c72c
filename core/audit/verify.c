/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/elsewhere.h"
#include "audit/recompute.h"
#include "base/fd.h"
#include "base/text.h"

#define SMALL_FILE_MAX 4096u

const char *pst_audit_finding_name(enum pst_audit_finding finding)
{
	static const char *const names[PST_AUDIT_FINDING_COUNT] = {"unset", "ok", "edited",
		"sequence", "signature", "cut", "torn", "key", "header", "mac", "witness"};

	return names[finding];
}

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

int pst_audit_verify_all(const struct pst_audit_trust *trust, struct pst_audit_report *ret_report,
	struct pst_error *error)
{
	char log[PATH_MAX], head[PATH_MAX], key[PATH_MAX];
	struct pst_audit_recompute work = {
		.path = trust->file,
		.public_key = trust->public_key,
		.at_least = trust->at_least,
		.seeds = trust->seeds,
		.witness = trust->witness,
		.cosignatures = trust->cosignatures,
	};

	memset(ret_report, 0, sizeof(*ret_report));
	if (trust->file) {
		return pst_audit_recompute(&work, ret_report, error);
	}
	if (pst_text_path(log, sizeof(log), trust->dir, PST_AUDIT_LOG) < 0 ||
		pst_text_path(head, sizeof(head), trust->dir, PST_AUDIT_HEAD) < 0 ||
		pst_text_path(key, sizeof(key), trust->dir, PST_AUDIT_PUBLIC) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", trust->dir);
	}
	work.path = log;
	work.head_path = head;
	work.key_path = key;
	return pst_audit_recompute(&work, ret_report, error);
}

int pst_audit_verify(const char *dir, const uint8_t *public_key, uint64_t at_least,
	struct pst_audit_report *ret_report, struct pst_error *error)
{
	const struct pst_audit_trust trust = {
		.dir = dir, .public_key = public_key, .at_least = at_least};

	return pst_audit_verify_all(&trust, ret_report, error);
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
