/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/bundle.h"
#include "audit/checkpoint.h"
#include "audit/elsewhere.h"
#include "audit/scan.h"
#include "base/fd.h"
#include "base/text.h"

#define SMALL_FILE_MAX 4096u

struct export
{
	uint64_t from;
	uint64_t to; /* 0: all */
	struct pst_audit_scan scan;
	struct pst_audit_bundle bundle;
	struct pst_audit_report *report;
	FILE *out;
};

/* Before the log: it is never newer than the entries that are read after it. */
static int read_head(const char *dir, struct pst_audit_bundle *bundle, struct pst_error *error)
{
	struct pst_audit_head_file head;
	char path[PATH_MAX];
	uint8_t *text = NULL;
	size_t size = 0;

	if (pst_text_path(path, sizeof(path), dir, PST_AUDIT_HEAD) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	int status = pst_fd_read_file(path, SMALL_FILE_MAX, &text, &size, error);
	if (status == 0 && (size > PST_AUDIT_HEAD_LINE_MAX ||
				   pst_audit_head_parse((const char *)text, &head) < 0)) {
		status = pst_error_set(error, PST_E_CORRUPT, "%s: damaged", path);
	}
	if (status == 0) {
		memcpy(bundle->head, text, size);
	}
	free(text);
	return status;
}

/* What the first entry of the bundle follows on. */
static void begin(struct export *export)
{
	const struct pst_audit_scan *scan = &export->scan;
	struct pst_audit_bundle *bundle = &export->bundle;

	bundle->header = scan->header;
	bundle->first = scan->sequence + 1;
	bundle->epoch = scan->epoch;
	bundle->epoch_first = scan->epoch_first;
	memcpy(bundle->before, scan->head, sizeof(bundle->before));
	memcpy(bundle->commitment, scan->commitment, sizeof(bundle->commitment));
	export->report->first = bundle->first;
}

static int take(struct export *export, const struct pst_audit_entry *entry)
{
	struct pst_audit_report *report = export->report;

	if (fwrite(export->scan.buffer, 1, entry->size, export->out) != entry->size) {
		return errno ? -errno : -EIO;
	}
	export->bundle.count++;
	export->bundle.bytes += entry->size;
	report->entries++;
	report->bytes += entry->size;
	if (entry->type == PST_AUDIT_TYPE_CHECKPOINT) {
		report->checkpoints++;
		report->signed_entries = entry->sequence;
	}
	return 0;
}

/* @return whether the bundle ends with this entry: at the checkpoint that signs the last one asked
 * for */
static bool is_end(const struct export *export, const struct pst_audit_entry *entry)
{
	return export->to > 0 && entry->sequence >= export->to &&
	       entry->type == PST_AUDIT_TYPE_CHECKPOINT;
}

static int copy(struct export *export)
{
	struct pst_audit_entry entry;
	int status = 0;

	if (export->from == 1) {
		begin(export);
	}
	while (status == 0) {
		status = pst_audit_scan_next(&export->scan, &entry);
		if (status <= 0) {
			return status;
		}
		status = 0;
		if (entry.sequence + 1 == export->from) {
			begin(export);
		} else if (entry.sequence >= export->from) {
			status = take(export, &entry);
			if (status == 0 && is_end(export, &entry)) {
				return 0;
			}
		}
	}
	return status;
}

static int check_copied(const struct export *export, const char *log, struct pst_error *error)
{
	const struct pst_audit_scan *scan = &export->scan;
	bool whole = scan->finding == PST_AUDIT_FINDING_UNSET ||
		     scan->finding == PST_AUDIT_FINDING_OK ||
		     scan->finding == PST_AUDIT_FINDING_TORN;

	if (!whole) {
		return pst_error_set(error, PST_E_CORRUPT,
			"%s: entry %" PRIu64 " does not verify, nothing was exported; see "
			"'postern audit verify', and keep a copy of the file",
			log, scan->sequence + 1);
	}
	if (export->from > scan->sequence + 1 || export->to > scan->sequence) {
		return pst_error_set(error, PST_E_USAGE,
			"%s: has %" PRIu64 " entries, not as many as asked for", log,
			scan->sequence);
	}
	return 0;
}

/* Room for the start is left in front, of the size that it will have. */
static int write_bundle(struct export *export, const char *log, struct pst_error *error)
{
	struct pst_audit_head_file head;
	uint8_t start[PST_AUDIT_BUNDLE_START_MAX];
	int status = 0;

	export->bundle.header = export->scan.header;
	size_t size = pst_audit_bundle_encode(&export->bundle, start);
	if (fwrite(start, 1, size, export->out) != size) {
		status = -errno;
	}
	if (status == 0) {
		status = copy(export);
	}
	if (status == 0) {
		status = check_copied(export, log, error);
	}
	if (status == 0 && pst_audit_head_parse(export->bundle.head, &head) == 0 &&
		head.sequence > export->scan.sequence) {
		return pst_error_set(error, PST_E_CORRUPT,
			"%s: ends after entry %" PRIu64 ", before its newest checkpoint", log,
			export->scan.sequence);
	}
	if (status == 0) {
		size = pst_audit_bundle_encode(&export->bundle, start);
		status = fseeko(export->out, 0, SEEK_SET) < 0 ||
					 fwrite(start, 1, size, export->out) != size
				 ? -errno
				 : 0;
	}
	return status;
}

/* Gives a finished file its name, which must be free. */
static int publish(FILE *out, const char *temporary, const char *path, struct pst_error *error)
{
	if (fflush(out) != 0 || fsync(fileno(out)) < 0 || link(temporary, path) < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	return 0;
}

static int write_file(
	struct export *export, const char *log, const char *path, struct pst_error *error)
{
	char temporary[PATH_MAX];

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary)) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", path);
	}
	int fd = mkostemp(temporary, O_CLOEXEC);
	export->out = fd < 0 ? NULL : fdopen(fd, "wb");
	if (!export->out) {
		int status = -errno;

		pst_fd_close(&fd);
		return pst_error_set(error, status, "%s: %s", path, strerror(-status));
	}
	int status = write_bundle(export, log, error);
	if (status == 0) {
		status = publish(export->out, temporary, path, error);
	}
	(void)fclose(export->out);
	(void)unlink(temporary);
	return status < 0 ? pst_error_set(error, status, "%s: %s", path, pst_status_text(status))
			  : 0;
}

int pst_audit_export(const char *dir, const char *path, uint64_t from, uint64_t to,
	struct pst_audit_report *ret_report, struct pst_error *error)
{
	struct export export = {.from = from, .to = to, .report = ret_report};
	char log[PATH_MAX];

	memset(ret_report, 0, sizeof(*ret_report));
	if (from == 0 || (to > 0 && to < from)) {
		return pst_error_set(
			error, PST_E_USAGE, "no entries from %" PRIu64 " to %" PRIu64, from, to);
	}
	if (pst_text_path(log, sizeof(log), dir, PST_AUDIT_LOG) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	/* The head belongs to a bundle that reaches it. */
	int status = to > 0 ? 0 : read_head(dir, &export.bundle, error);
	if (status < 0) {
		return status;
	}
	status = pst_audit_scan_open(&export.scan, log, error);
	if (status == PST_E_CORRUPT) {
		(void)pst_error_set(error, status, "%s: not an audit log", log);
	} else if (status == 0) {
		status = write_file(&export, log, path, error);
	}
	pst_audit_scan_close(&export.scan);
	return status;
}
