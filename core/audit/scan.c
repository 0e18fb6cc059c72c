/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BUFFER 262144u

static int read_header(struct pst_audit_scan *scan)
{
	uint8_t bytes[PST_AUDIT_HEADER_SIZE];

	if (fread(bytes, 1, sizeof(bytes), scan->file) != sizeof(bytes) ||
		pst_audit_header_decode(bytes, &scan->header) < 0) {
		scan->finding = PST_AUDIT_FINDING_HEADER;
		return ferror(scan->file) ? -EIO : PST_E_CORRUPT;
	}
	pst_chain_start(bytes, sizeof(bytes), scan->head);
	scan->offset = sizeof(bytes);
	return 0;
}

int pst_audit_scan_open(struct pst_audit_scan *scan, const char *path, struct pst_error *error)
{
	memset(scan, 0, sizeof(*scan));
	scan->file = fopen(path, "rbe");
	if (!scan->file) {
		return pst_error_set(error, -errno, "%s: %s", path,
			errno == ENOENT ? "no audit log here" : strerror(errno));
	}
	(void)setvbuf(scan->file, NULL, _IOFBF, FILE_BUFFER);
	scan->buffer = malloc(PST_AUDIT_ENTRY_MAX);
	int status = scan->buffer ? read_header(scan) : -ENOMEM;
	if (status < 0 && status != PST_E_CORRUPT) {
		pst_audit_scan_close(scan);
		return pst_error_set(error, status, "%s: %s", path, strerror(-status));
	}
	return status;
}

void pst_audit_scan_close(struct pst_audit_scan *scan)
{
	if (scan->file) {
		(void)fclose(scan->file);
	}
	free(scan->buffer);
	scan->file = NULL;
	scan->buffer = NULL;
}

/* What a file system may leave behind the last whole entry when power fails. */
static bool only_zeroes(struct pst_audit_scan *scan, size_t got)
{
	for (size_t i = 0; i < got; i++) {
		if (scan->buffer[i] != 0) {
			return false;
		}
	}
	for (int c = getc(scan->file); c != EOF; c = getc(scan->file)) {
		if (c != 0) {
			return false;
		}
	}
	return true;
}

static int end(struct pst_audit_scan *scan, enum pst_audit_finding finding)
{
	scan->finding = finding;
	return ferror(scan->file) ? -EIO : 0;
}

static int accept(struct pst_audit_scan *scan, const struct pst_audit_entry *entry)
{
	if (pst_audit_entry_check(entry, scan->buffer) < 0) {
		return end(scan, PST_AUDIT_FINDING_EDITED);
	}
	if (entry->sequence != scan->sequence + 1 ||
		memcmp(entry->before, scan->head, sizeof(scan->head)) != 0) {
		return end(scan, PST_AUDIT_FINDING_SEQUENCE);
	}
	memcpy(scan->head, entry->hash, sizeof(scan->head));
	scan->sequence = entry->sequence;
	scan->offset += entry->size;
	return 1;
}

int pst_audit_scan_next(struct pst_audit_scan *scan, struct pst_audit_entry *ret_entry)
{
	size_t got = fread(scan->buffer, 1, PST_AUDIT_ENTRY_FIXED, scan->file);

	if (got == 0) {
		return end(scan, PST_AUDIT_FINDING_OK);
	}
	int status = pst_audit_entry_decode(scan->buffer, got, ret_entry);
	if (status == 0 && got == PST_AUDIT_ENTRY_FIXED) {
		size_t rest = pst_bytes_get32(scan->buffer) - PST_AUDIT_ENTRY_FIXED;

		got += fread(scan->buffer + got, 1, rest, scan->file);
		status = pst_audit_entry_decode(scan->buffer, got, ret_entry);
	}
	if (status == 1) {
		return accept(scan, ret_entry);
	}
	if (status == 0 || only_zeroes(scan, got)) {
		return end(scan, PST_AUDIT_FINDING_TORN);
	}
	return end(scan, PST_AUDIT_FINDING_EDITED);
}
