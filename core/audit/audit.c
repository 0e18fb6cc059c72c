/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "audit/entry.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/text.h"
#include "crypto/random.h"

#define LOCK_NAME "audit.lock"

struct pst_audit {
	char log_path[PATH_MAX];
	char head_path[PATH_MAX];
	char torn_path[PATH_MAX];
	char public_path[PATH_MAX];
	const struct pst_sign_key *key;
	int lock_fd;
	int fd;
	bool poisoned;
	bool head_stale; /* the head file is behind the newest checkpoint */
	uint8_t log[PST_AUDIT_LOG_ID_SIZE];
	uint8_t head[PST_CHAIN_SIZE];
	uint64_t sequence;
	uint64_t size; /* bytes of the log that are known to be durable */
	uint8_t signed_head[PST_CHAIN_SIZE];
	uint64_t signed_sequence; /* of the newest checkpoint */
	int64_t checkpoint_ns;	  /* monotonic, when it was made */
	struct pst_bytes scratch; /* one entry, kept for the next */
};

static int poison(struct pst_audit *audit, struct pst_error *error)
{
	audit->poisoned = true;
	return pst_error_set(error, PST_E_UNSAFE,
		"%s: a sync failed, what the disk holds is not known; check the disk and restart",
		audit->log_path);
}

/* Puts bytes at the end of the log, or leaves it as it was. */
static int put(struct pst_audit *audit, const void *data, size_t size, struct pst_error *error)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(audit->fd, (const uint8_t *)data + done, size - done,
			(off_t)(audit->size + done));
		int failure = n < 0 ? errno : ENOSPC;

		if (n < 0 && failure == EINTR) {
			continue;
		}
		if (n <= 0) {
			if (ftruncate(audit->fd, (off_t)audit->size) < 0) {
				return poison(audit, error);
			}
			return pst_error_set(error, -failure, "%s: %s; nothing was appended",
				audit->log_path, strerror(failure));
		}
		done += (size_t)n;
	}
	if (fdatasync(audit->fd) < 0) {
		return poison(audit, error);
	}
	audit->size += size;
	return 0;
}

static int append(struct pst_audit *audit, enum pst_audit_type type, const char *kind,
	const char *json, int64_t wall_s, struct pst_error *error)
{
	uint8_t head[PST_CHAIN_SIZE];
	struct pst_audit_entry entry = {
		.type = type,
		.sequence = audit->sequence + 1,
		.wall_s = wall_s,
		.kind = kind,
		.kind_size = strlen(kind),
		.payload = json,
		.payload_size = strlen(json),
	};

	if (audit->poisoned) {
		return poison(audit, error);
	}
	memcpy(head, audit->head, sizeof(head));
	audit->scratch.size = 0;
	int status = pst_audit_entry_encode(&entry, head, &audit->scratch);
	if (status < 0) {
		return pst_error_set(error, status, "%s: out of memory", audit->log_path);
	}
	status = put(audit, audit->scratch.data, audit->scratch.size, error);
	if (status == 0) {
		memcpy(audit->head, head, sizeof(head));
		audit->sequence = entry.sequence;
	}
	return status;
}

static int write_head(struct pst_audit *audit, struct pst_error *error)
{
	struct pst_audit_head_file head = {.sequence = audit->signed_sequence};
	uint8_t bytes[PST_AUDIT_HEAD_SIGNED];
	char text[PST_AUDIT_HEAD_TEXT_SIZE];

	memcpy(head.hash, audit->signed_head, sizeof(head.hash));
	pst_audit_head_bytes(audit->log, &head, bytes);
	pst_sign(audit->key, bytes, sizeof(bytes), head.signature);
	pst_audit_head_format(&head, text);
	int status = pst_fd_replace_file(audit->head_path, text, strlen(text), 0644, error);
	audit->head_stale = status < 0;
	return status;
}

int pst_audit_checkpoint(struct pst_audit *audit, struct pst_error *error)
{
	uint8_t bytes[PST_AUDIT_CHECKPOINT_SIGNED];
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
	char hex[2 * PST_SIGN_SIGNATURE_SIZE + 1];
	char json[sizeof(hex) + 32];
	int64_t wall_s = pst_clock_wall_s();

	if (audit->sequence == audit->signed_sequence) {
		return audit->head_stale ? write_head(audit, error) : 0;
	}
	pst_audit_checkpoint_bytes(audit->log, audit->sequence + 1, audit->head, wall_s, bytes);
	pst_sign(audit->key, bytes, sizeof(bytes), signature);
	pst_bytes_to_hex(signature, sizeof(signature), hex);
	(void)snprintf(json, sizeof(json), "{\"signature\":\"%s\"}", hex);
	int status = append(audit, PST_AUDIT_TYPE_CHECKPOINT, "checkpoint", json, wall_s, error);
	if (status < 0) {
		return status;
	}
	audit->signed_sequence = audit->sequence;
	memcpy(audit->signed_head, audit->head, sizeof(audit->signed_head));
	audit->checkpoint_ns = pst_clock_mono_ns();
	return write_head(audit, error);
}

static bool is_checkpoint_due(const struct pst_audit *audit)
{
	return audit->head_stale ||
	       audit->sequence - audit->signed_sequence >= PST_AUDIT_CHECKPOINT_ENTRIES ||
	       pst_clock_mono_ns() - audit->checkpoint_ns >= PST_AUDIT_CHECKPOINT_S * PST_NS_PER_S;
}

static int check_payload(const char *kind, const char *json, struct pst_error *error)
{
	json_error_t where;

	if (!kind || !pst_text_is_id(kind)) {
		return pst_error_set(error, -EINVAL, "audit: '%s' is no kind", kind ? kind : "");
	}
	if (!json || strlen(json) > PST_AUDIT_PAYLOAD_MAX) {
		return pst_error_set(error, -EINVAL, "audit: %s: no payload, or over %u bytes",
			kind, PST_AUDIT_PAYLOAD_MAX);
	}
	json_t *value = json_loads(json, JSON_REJECT_DUPLICATES, &where);
	bool is_object = json_is_object(value);
	json_decref(value);
	if (!is_object) {
		return pst_error_set(
			error, -EINVAL, "audit: %s: the payload is not a JSON object", kind);
	}
	return 0;
}

int pst_audit_append(struct pst_audit *audit, const char *kind, const char *json,
	uint64_t *ret_sequence, struct pst_error *error)
{
	int status = check_payload(kind, json, error);

	/* Before, not after: the newest entry is then the caller's own, for its receipt. */
	if (status == 0 && is_checkpoint_due(audit)) {
		status = pst_audit_checkpoint(audit, error);
	}
	if (status == 0) {
		status = append(audit, PST_AUDIT_TYPE_EVENT, kind, json, pst_clock_wall_s(), error);
	}
	if (status < 0) {
		return status;
	}
	if (ret_sequence) {
		*ret_sequence = audit->sequence;
	}
	return 0;
}

uint64_t pst_audit_sequence(const struct pst_audit *audit)
{
	return audit->sequence;
}

const uint8_t *pst_audit_head(const struct pst_audit *audit)
{
	return audit->head;
}

static int make_paths(
	struct pst_audit *audit, const char *dir, char lock[PATH_MAX], struct pst_error *error)
{
	if (pst_text_path(audit->log_path, PATH_MAX, dir, PST_AUDIT_LOG) < 0 ||
		pst_text_path(audit->head_path, PATH_MAX, dir, PST_AUDIT_HEAD) < 0 ||
		pst_text_path(audit->torn_path, PATH_MAX, dir, PST_AUDIT_TORN) < 0 ||
		pst_text_path(audit->public_path, PATH_MAX, dir, PST_AUDIT_PUBLIC) < 0 ||
		pst_text_path(lock, PATH_MAX, dir, LOCK_NAME) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	return 0;
}

static int make_log(struct pst_audit *audit, struct pst_error *error)
{
	struct pst_audit_header header;
	uint8_t bytes[PST_AUDIT_HEADER_SIZE];
	char hex[2 * PST_SIGN_PUBLIC_SIZE + 2];

	if (access(audit->head_path, F_OK) == 0) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: the log is gone, but %s stands; bring the log back or move that away",
			audit->log_path, audit->head_path);
	}
	pst_random_bytes(header.log, sizeof(header.log));
	pst_sign_public(audit->key, header.public_key);
	pst_bytes_to_hex(header.public_key, sizeof(header.public_key), hex);
	hex[sizeof(hex) - 2] = '\n';
	int status = pst_fd_replace_file(audit->public_path, hex, sizeof(hex) - 1, 0644, error);
	if (status == 0) {
		pst_audit_header_encode(&header, bytes);
		status = pst_fd_replace_file(audit->log_path, bytes, sizeof(bytes), 0600, error);
	}
	return status;
}

/* Copies what stands behind the last whole entry into the file of torn entries. */
static int keep_torn(struct pst_audit *audit, uint64_t size, uint8_t ret_hash[PST_CHAIN_SIZE],
	struct pst_error *error)
{
	uint8_t *torn = calloc(1, size);
	int fd = open(audit->torn_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int status = !torn ? -ENOMEM : fd < 0 ? -errno : 0;

	if (status == 0 && pread(audit->fd, torn, size, (off_t)audit->size) != (ssize_t)size) {
		status = -EIO;
	}
	if (status == 0) {
		pst_chain_start(torn, size, ret_hash);
		status = pst_fd_write_full(fd, torn, size);
	}
	if (status == 0 && fsync(fd) < 0) {
		status = -errno;
	}
	pst_fd_close(&fd);
	free(torn);
	return status < 0
		       ? pst_error_set(error, status, "%s: %s", audit->torn_path, strerror(-status))
		       : 0;
}

static int recover(struct pst_audit *audit, struct pst_error *error)
{
	struct stat st;
	uint8_t hash[PST_CHAIN_SIZE];
	char hex[2 * PST_CHAIN_SIZE + 1];
	char json[sizeof(hex) + 64];

	if (fstat(audit->fd, &st) < 0) {
		return pst_error_set(error, -errno, "%s: %s", audit->log_path, strerror(errno));
	}
	uint64_t torn = (uint64_t)st.st_size - audit->size;
	int status = keep_torn(audit, torn, hash, error);
	if (status < 0) {
		return status;
	}
	if (ftruncate(audit->fd, (off_t)audit->size) < 0) {
		return pst_error_set(error, -errno, "%s: %s", audit->log_path, strerror(errno));
	}
	pst_bytes_to_hex(hash, sizeof(hash), hex);
	(void)snprintf(json, sizeof(json), "{\"bytes\":%" PRIu64 ",\"hash\":\"%s\"}", torn, hex);
	return pst_audit_append(audit, "audit.recovered", json, NULL, error);
}

static int load_log(struct pst_audit *audit, const char *dir, struct pst_error *error)
{
	struct pst_audit_report report;
	struct pst_error detail = {0};
	uint8_t bytes[PST_AUDIT_HEADER_SIZE];
	struct pst_audit_header header;
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];

	pst_sign_public(audit->key, public_key);
	int status = pst_audit_verify(dir, public_key, 0, &report, &detail);
	bool torn = report.finding == PST_AUDIT_FINDING_TORN;
	if (status < 0 && !torn) {
		return pst_error_set(
			error, status == PST_E_CORRUPT ? PST_E_UNSAFE : status, "%s", detail.text);
	}
	audit->fd = open(audit->log_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (audit->fd < 0) {
		return pst_error_set(error, -errno, "%s: %s", audit->log_path, strerror(errno));
	}
	if (pread(audit->fd, bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes) ||
		pst_audit_header_decode(bytes, &header) < 0) {
		return pst_error_set(error, PST_E_UNSAFE, "%s: changed under way", audit->log_path);
	}
	memcpy(audit->log, header.log, sizeof(audit->log));
	memcpy(audit->head, report.head, sizeof(audit->head));
	audit->sequence = report.entries;
	audit->signed_sequence = report.signed_entries;
	audit->size = report.bytes;
	audit->checkpoint_ns = pst_clock_mono_ns();
	/* A new log gets its head file before its first checkpoint: from then on it is never
	 * missing. */
	if (access(audit->head_path, F_OK) < 0) {
		pst_chain_start(bytes, sizeof(bytes), audit->signed_head);
		status = write_head(audit, error);
		if (status < 0) {
			return status;
		}
	}
	return torn ? recover(audit, error) : 0;
}

int pst_audit_open(struct pst_audit **ret_audit, const char *dir, const struct pst_sign_key *key,
	struct pst_error *error)
{
	char lock[PATH_MAX];
	struct pst_audit *audit = calloc(1, sizeof(*audit));

	*ret_audit = NULL;
	if (!audit) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", dir);
	}
	audit->key = key;
	audit->fd = -1;
	audit->lock_fd = -1;
	int status = make_paths(audit, dir, lock, error);
	if (status == 0) {
		status = pst_fd_make_dirs(dir, error);
	}
	if (status == 0) {
		status = pst_lock_take(lock, "the audit log", &audit->lock_fd, error);
		if (status == -EWOULDBLOCK) {
			status = PST_E_UNSAFE;
			if (error) {
				error->status = status;
			}
		}
	}
	if (status == 0 && access(audit->log_path, F_OK) < 0) {
		status = make_log(audit, error);
	}
	if (status == 0) {
		status = load_log(audit, dir, error);
	}
	if (status < 0) {
		audit->poisoned = true;
		(void)pst_audit_close(&audit);
		return status;
	}
	*ret_audit = audit;
	return 0;
}

int pst_audit_close(struct pst_audit **audit)
{
	struct pst_audit *a = *audit;
	int status = 0;

	if (a) {
		status = a->poisoned ? PST_E_UNSAFE : pst_audit_checkpoint(a, NULL);
		pst_fd_close(&a->fd);
		pst_fd_close(&a->lock_fd);
		pst_bytes_finish(&a->scratch);
		free(a);
	}
	*audit = NULL;
	return status;
}
