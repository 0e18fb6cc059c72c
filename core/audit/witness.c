/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/cosigned.h"
#include "audit/elsewhere.h"
#include "audit/recompute.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/text.h"

#define LOCK_NAME "witness.lock"
#define FILE_SUFFIX ".cosignatures"

/* Where the cosignatures of the bundle's log stand. */
static int find_file(const struct pst_audit_sighting *sighting, struct pst_audit_sighted *sighted,
	uint8_t ret_log[PST_AUDIT_LOG_ID_SIZE], struct pst_error *error)
{
	struct pst_audit_scan scan;
	char hex[2 * PST_AUDIT_LOG_ID_SIZE + 1], name[sizeof(hex) + sizeof(FILE_SUFFIX)];
	int status = pst_audit_scan_open(&scan, sighting->bundle, error);

	if (status < 0 && status != PST_E_CORRUPT) {
		return status;
	}
	if (status == PST_E_CORRUPT) {
		pst_audit_scan_close(&scan);
		return pst_error_set(
			error, status, "%s: neither a bundle nor an audit log", sighting->bundle);
	}
	memcpy(ret_log, scan.header.log, PST_AUDIT_LOG_ID_SIZE);
	pst_audit_scan_close(&scan);
	pst_bytes_to_hex(ret_log, PST_AUDIT_LOG_ID_SIZE, hex);
	(void)snprintf(name, sizeof(name), "%s" FILE_SUFFIX, hex);
	return pst_text_path(sighted->path, sizeof(sighted->path), sighting->dir, name) < 0
		       ? pst_error_set(error, -ENAMETOOLONG, "%s: name too long", sighting->dir)
		       : 0;
}

/* @return 1 with what was signed last, 0 nothing yet, or a failure */
static int read_last(const struct pst_audit_sighting *sighting, const char *path,
	const uint8_t log[PST_AUDIT_LOG_ID_SIZE], struct pst_audit_cosignature *ret_last,
	struct pst_error *error)
{
	uint8_t own[PST_SIGN_PUBLIC_SIZE];
	struct pst_error detail = {0};

	pst_sign_public(sighting->key, own);
	int status = pst_audit_cosigned_newest(path, log, own, ret_last, &detail);
	if (status == 0) {
		return 1;
	}
	/* A first line that a crash cut off is none. */
	if (status == -ENOENT || status == PST_E_NOT_FOUND) {
		return 0;
	}
	if (status == PST_E_CORRUPT) {
		status = PST_E_UNSAFE;
	}
	return pst_error_set(error, status, "%s", detail.text);
}

static int check_key(const struct pst_audit_sighting *sighting,
	const struct pst_audit_cosignature *last, bool has_last, const uint8_t **ret_key,
	struct pst_error *error)
{
	if (!has_last && !sighting->public_key) {
		return pst_error_set(
			error, PST_E_USAGE, "the first sighting of this log; give its public key");
	}
	if (has_last && sighting->public_key &&
		memcmp(last->public_key, sighting->public_key, sizeof(last->public_key)) != 0) {
		return pst_error_set(error, PST_E_CORRUPT,
			"%s: this log was signed before under another key than the one given",
			sighting->bundle);
	}
	*ret_key = has_last ? last->public_key : sighting->public_key;
	return 0;
}

static int check_growth(const struct pst_audit_sighting *sighting,
	const struct pst_audit_cosignature *last, bool has_last, struct pst_audit_cosignature *next,
	struct pst_error *error)
{
	struct pst_audit_report report;
	struct pst_audit_recompute work = {.path = sighting->bundle};
	int status = check_key(sighting, last, has_last, &work.public_key, error);

	if (status < 0) {
		return status;
	}
	if (has_last) {
		work.cosigned.given = true;
		work.cosigned.sequence = last->sequence;
		memcpy(work.cosigned.hash, last->hash, sizeof(last->hash));
	}
	status = pst_audit_recompute(&work, &report, error);
	if (status < 0) {
		return status;
	}
	memcpy(next->log, report.log, sizeof(next->log));
	memcpy(next->public_key, report.public_key, sizeof(next->public_key));
	next->seen_s = sighting->now_s;
	next->sequence = report.signed_entries;
	memcpy(next->hash, report.signed_head, sizeof(next->hash));
	if (has_last && next->sequence <= last->sequence) {
		/* It has not grown by a checkpoint: that is what is signed again. */
		next->sequence = last->sequence;
		memcpy(next->hash, last->hash, sizeof(next->hash));
	}
	return next->sequence > 0 ? 0
				  : pst_error_set(error, PST_E_CORRUPT,
					    "%s: no checkpoint in it, so there is nothing to sign",
					    sighting->bundle);
}

/* A line that a crash cut off was never given to anyone. */
static int drop_torn(int fd, off_t *ret_end)
{
	off_t end = lseek(fd, 0, SEEK_END), whole = end;
	char last;

	for (; whole > 0; whole--) {
		if (pread(fd, &last, 1, whole - 1) != 1) {
			return -EIO;
		}
		if (last == '\n') {
			break;
		}
	}
	*ret_end = whole;
	return end < 0 || (whole < end && ftruncate(fd, whole) < 0) ? -errno : 0;
}

static int append_line(
	const char *path, const struct pst_audit_cosignature *line, struct pst_error *error)
{
	char text[PST_AUDIT_COSIGNATURE_TEXT_SIZE];
	off_t end = 0;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	int status = fd < 0 ? -errno : drop_torn(fd, &end);

	pst_audit_cosignature_format(line, text);
	if (status == 0 && lseek(fd, end, SEEK_SET) < 0) {
		status = -errno;
	}
	if (status == 0) {
		status = pst_fd_write_full(fd, text, strlen(text));
		if (status == 0 && fsync(fd) < 0) {
			status = -errno;
		}
		if (status < 0) {
			(void)!ftruncate(fd, end);
		}
	}
	pst_fd_close(&fd);
	return status < 0 ? pst_error_set(error, status, "%s: %s", path, strerror(-status)) : 0;
}

static int sight(const struct pst_audit_sighting *sighting, struct pst_audit_sighted *sighted,
	struct pst_error *error)
{
	struct pst_audit_cosignature last = {0}, next = {0};
	uint8_t log[PST_AUDIT_LOG_ID_SIZE];
	int status = find_file(sighting, sighted, log, error);

	if (status < 0) {
		return status;
	}
	int has_last = read_last(sighting, sighted->path, log, &last, error);
	if (has_last < 0) {
		return has_last;
	}
	status = check_growth(sighting, &last, has_last, &next, error);
	if (status < 0) {
		return status;
	}
	pst_audit_cosignature_sign(&next, sighting->key);
	sighted->sequence = next.sequence;
	sighted->before = last.sequence;
	sighted->before_s = last.seen_s;
	return append_line(sighted->path, &next, error);
}

int pst_audit_witness(const struct pst_audit_sighting *sighting,
	struct pst_audit_sighted *ret_sighted, struct pst_error *error)
{
	char lock[PATH_MAX];
	int lock_fd = -1;

	memset(ret_sighted, 0, sizeof(*ret_sighted));
	if (pst_text_path(lock, sizeof(lock), sighting->dir, LOCK_NAME) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", sighting->dir);
	}
	int status = pst_fd_make_dirs(sighting->dir, error);
	if (status == 0) {
		status = pst_lock_take(lock, "the witness's folder", &lock_fd, error);
	}
	if (status == 0) {
		status = sight(sighting, ret_sighted, error);
	}
	pst_fd_close(&lock_fd);
	return status;
}
