/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BUFFER 262144u

static int bad_header(struct pst_audit_scan *scan)
{
	scan->finding = PST_AUDIT_FINDING_HEADER;
	return ferror(scan->file) ? -EIO : PST_E_CORRUPT;
}

static void begin_epoch(struct pst_audit_scan *scan, uint32_t epoch, uint64_t first,
	const uint8_t commitment[PST_MAC_COMMITMENT_SIZE])
{
	scan->epoch = epoch;
	scan->epoch_first = first;
	memcpy(scan->commitment, commitment, sizeof(scan->commitment));
}

static int begin_bundle(struct pst_audit_scan *scan, int size)
{
	const struct pst_audit_bundle *bundle = &scan->bundle;
	uint8_t bytes[PST_AUDIT_HEADER_SIZE];

	scan->is_bundle = true;
	scan->header = bundle->header;
	scan->first = bundle->first;
	scan->sequence = bundle->first - 1;
	memcpy(scan->head, bundle->before, sizeof(scan->head));
	begin_epoch(scan, bundle->epoch, bundle->epoch_first, bundle->commitment);
	scan->start = scan->offset = (uint64_t)size;
	if (bundle->first == 1) {
		size_t header = pst_audit_header_encode(&scan->header, bytes);

		pst_chain_start(bytes, header, scan->head);
	}
	return memcmp(scan->head, bundle->before, sizeof(scan->head)) == 0 ? 0 : bad_header(scan);
}

static int read_start(struct pst_audit_scan *scan)
{
	uint8_t bytes[PST_AUDIT_BUNDLE_START_MAX];
	size_t got = fread(bytes, 1, sizeof(bytes), scan->file);
	bool is_bundle = pst_audit_is_bundle(bytes, got);
	int size = is_bundle ? pst_audit_bundle_decode(bytes, got, &scan->bundle)
			     : pst_audit_header_decode(bytes, got, &scan->header);

	if (size < 0 || fseeko(scan->file, size, SEEK_SET) < 0) {
		return bad_header(scan);
	}
	if (is_bundle) {
		return begin_bundle(scan, size);
	}
	pst_chain_start(bytes, (size_t)size, scan->head);
	if (scan->header.version != 1) {
		begin_epoch(scan, 1, 1, scan->header.commitment);
	}
	scan->first = 1;
	scan->start = scan->offset = (uint64_t)size;
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
	int status = scan->buffer ? read_start(scan) : -ENOMEM;
	if (status < 0 && status != PST_E_CORRUPT) {
		pst_audit_scan_close(scan);
		return pst_error_set(error, status, "%s: %s", path, strerror(-status));
	}
	return status;
}

int pst_audit_scan_seek(struct pst_audit_scan *scan, const struct pst_audit_place *place)
{
	uint8_t hash[PST_CHAIN_SIZE];

	if (place->offset < scan->offset + (place->sequence ? PST_AUDIT_ENTRY_MIN : 0) ||
		place->offset > INT64_MAX) {
		return PST_E_CORRUPT;
	}
	if (place->sequence > 0) {
		if (fseeko(scan->file, (off_t)(place->offset - sizeof(hash)), SEEK_SET) < 0) {
			return -errno;
		}
		if (fread(hash, 1, sizeof(hash), scan->file) != sizeof(hash) ||
			memcmp(hash, place->hash, sizeof(hash)) != 0) {
			return ferror(scan->file) ? -EIO : PST_E_CORRUPT;
		}
		memcpy(scan->head, hash, sizeof(hash));
	}
	scan->sequence = place->sequence;
	scan->first = place->sequence + 1;
	scan->offset = place->offset;
	begin_epoch(scan, place->epoch, 0, place->commitment);
	return 0;
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

/* From the first MAC key on, no entry goes without a tag. @return whether it may stand here */
static bool take_version(struct pst_audit_scan *scan, const struct pst_audit_entry *entry)
{
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
	uint32_t epoch;

	if (entry->type != PST_AUDIT_TYPE_MAC) {
		return entry->version == (scan->epoch == 0 ? 1 : PST_AUDIT_VERSION);
	}
	if (pst_audit_mac_parse(entry, &epoch, commitment) < 0 || scan->epoch == UINT32_MAX ||
		epoch != scan->epoch + 1) {
		return false;
	}
	begin_epoch(scan, epoch, entry->sequence, commitment);
	return true;
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
	if (!take_version(scan, entry)) {
		return end(scan, PST_AUDIT_FINDING_MAC);
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
