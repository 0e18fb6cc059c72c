/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/inside.h"
#include "audit/recompute.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/text.h"
#include "crypto/random.h"

#define LOCK_NAME "audit.lock"

/* What was found of a log. */
struct opening {
	struct pst_audit_recompute work;
	struct pst_audit_report report;
	struct pst_audit_mac_state state;
	struct pst_audit_place place;
	int mac_status; /* 0: state holds the MAC file's content */
	bool torn;
};

static int make_paths(
	struct pst_audit *audit, const char *dir, char lock[PATH_MAX], struct pst_error *error)
{
	const struct {
		char *path;
		const char *name;
	} paths[] = {
		{audit->log_path, PST_AUDIT_LOG},
		{audit->head_path, PST_AUDIT_HEAD},
		{audit->mac_path, PST_AUDIT_MAC},
		{audit->seeds_path, PST_AUDIT_SEEDS},
		{audit->torn_path, PST_AUDIT_TORN},
		{audit->public_path, PST_AUDIT_PUBLIC},
		{lock, LOCK_NAME},
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (pst_text_path(paths[i].path, PATH_MAX, dir, paths[i].name) < 0) {
			return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
		}
	}
	return 0;
}

/* Draws an epoch's seed and puts its first key into the MAC file. From here on the log's next entry
 * is the first of the epoch. */
static int make_epoch(
	struct pst_audit *audit, const struct pst_mac_name *name, struct pst_error *error)
{
	struct pst_audit_mac_state *state = &audit->mac_state;
	const char *reason = "";

	pst_mac_close(&audit->mac);
	int status = pst_mac_create(&audit->mac, name, audit->seeds_path, &reason);
	if (status < 0) {
		return pst_error_set(error, status, "%s: %s (%s)", audit->seeds_path, reason,
			pst_status_text(status));
	}
	state->name = *name;
	state->sequence = audit->sequence;
	state->offset = audit->size;
	state->begins = true;
	state->has_seed = true;
	memcpy(state->hash, audit->head, sizeof(state->hash));
	pst_mac_commitment(audit->mac, state->commitment);
	return pst_audit_mac_make(audit->mac_path, state, audit->mac, audit->key, error);
}

/* A MAC state that has seen entries, without a log: the log is gone. One that has not is left of a
 * log whose making was cut short. */
static int check_no_log(struct pst_audit *audit, struct pst_error *error)
{
	struct pst_audit_mac_state state = {0};
	struct pst_mac *mac;
	const char *left = NULL;

	int status = pst_audit_mac_read(audit->mac_path, audit->key, &state, &mac);
	pst_mac_close(&mac);
	if (access(audit->head_path, F_OK) == 0) {
		left = audit->head_path;
	} else if (status != -ENOENT && (status < 0 || state.sequence > 0)) {
		left = audit->mac_path;
	}
	return left ? pst_error_set(error, PST_E_UNSAFE,
			      "%s: the log is gone, but %s stands; bring the log back or move "
			      "that away",
			      audit->log_path, left)
		    : 0;
}

static int make_log(struct pst_audit *audit, struct pst_error *error)
{
	struct pst_audit_header header = {.version = PST_AUDIT_VERSION};
	struct pst_mac_name name = {.epoch = 1};
	uint8_t bytes[PST_AUDIT_HEADER_SIZE];
	char hex[2 * PST_SIGN_PUBLIC_SIZE + 2];
	int status = check_no_log(audit, error);

	if (status < 0) {
		return status;
	}
	pst_random_bytes(header.log, sizeof(header.log));
	memcpy(name.log, header.log, sizeof(name.log));
	audit->size = PST_AUDIT_HEADER_SIZE;
	status = make_epoch(audit, &name, error);
	if (status < 0) {
		return status;
	}
	memcpy(header.commitment, audit->mac_state.commitment, sizeof(header.commitment));
	pst_sign_public(audit->key, header.public_key);
	pst_bytes_to_hex(header.public_key, sizeof(header.public_key), hex);
	hex[sizeof(hex) - 2] = '\n';
	status = pst_fd_replace_file(audit->public_path, hex, sizeof(hex) - 1, 0644, error);
	if (status == 0) {
		size_t size = pst_audit_header_encode(&header, bytes);

		status = pst_fd_replace_file(audit->log_path, bytes, size, 0600, error);
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

#define RECOVERED_TEXT_SIZE 160

/* Cuts the log behind its last whole entry. @param json  what is appended about it later */
static int cut_torn(
	struct pst_audit *audit, char json[RECOVERED_TEXT_SIZE], struct pst_error *error)
{
	struct stat st;
	uint8_t hash[PST_CHAIN_SIZE];
	char hex[2 * PST_CHAIN_SIZE + 1];

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
	(void)snprintf(
		json, RECOVERED_TEXT_SIZE, "{\"bytes\":%" PRIu64 ",\"hash\":\"%s\"}", torn, hex);
	return 0;
}

static int refuse(const struct pst_audit *audit, struct pst_error *error, const char *why)
{
	return pst_error_set(error, PST_E_UNSAFE,
		"%s: %s; what was appended since is not vouched for: find out why, then begin a "
		"new MAC key with 'postern audit new-key'",
		audit->mac_path, why);
}

/* Whether the MAC state is the one that this log was left with. */
static int agree(struct pst_audit *audit, struct opening *opening, struct pst_error *error)
{
	const struct pst_audit_recompute *work = &opening->work;
	const struct pst_audit_mac_state *state = &opening->state;
	const struct pst_audit_scan *scan = &work->scan;
	bool unfinished = state->begins && state->name.epoch == scan->epoch + 1 &&
			  state->sequence == scan->sequence;

	if (memcmp(state->name.log, scan->header.log, sizeof(state->name.log)) != 0) {
		return refuse(audit, error, "the MAC state is another log's");
	}
	if (state->sequence > scan->sequence) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: ends after entry %" PRIu64 ", but %s has seen %" PRIu64,
			audit->log_path, scan->sequence, PST_AUDIT_MAC, state->sequence);
	}
	if (work->mac_known.given && !work->mac_known.met) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: entry %" PRIu64 " is not the one that %s knows: rewritten",
			audit->log_path, state->sequence, PST_AUDIT_MAC);
	}
	if (!unfinished &&
		(state->name.epoch != scan->epoch || memcmp(state->commitment, scan->commitment,
							     sizeof(state->commitment)) != 0)) {
		return refuse(audit, error, "the MAC state is of another epoch than the log");
	}
	if (!state->begins && state->sequence > 0 &&
		(!work->head_known.given || work->head.sequence < state->sequence)) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: missing, or older than %s; bring back the newest", audit->head_path,
			PST_AUDIT_MAC);
	}
	/* One behind where the last entry is the checkpoint that it should be of: a crash. */
	bool behind = work->checkpoints_after > 0;
	if (behind &&
		(work->checkpoints_after > 1 || opening->report.signed_entries != scan->sequence)) {
		return refuse(audit, error, "the MAC state is an old one");
	}
	audit->head_stale = behind;
	return 0;
}

static int check_mac(struct pst_audit *audit, struct opening *opening, struct pst_error *error)
{
	if (opening->mac_status == 0) {
		return agree(audit, opening, error);
	}
	if (opening->mac_status != -ENOENT) {
		return refuse(audit, error, "the MAC state is damaged, or of another key");
	}
	if (opening->work.scan.epoch > 0) {
		return refuse(audit, error, "the MAC state is gone");
	}
	return 0;
}

/* A long log is taken up where the MAC state left it. */
static void choose_place(struct pst_audit *audit, struct opening *opening, off_t size)
{
	const struct pst_audit_mac_state *state = &opening->state;
	struct pst_audit_place *place = &opening->place;

	opening->work.mac = audit->mac;
	opening->work.mac_after = state->sequence;
	opening->work.is_new = state->begins && state->sequence == 0;
	opening->work.mac_known.given = state->sequence > 0;
	opening->work.mac_known.sequence = state->sequence;
	memcpy(opening->work.mac_known.hash, state->hash, sizeof(state->hash));
	if (size <= (off_t)PST_AUDIT_OPEN_WHOLE || state->begins || state->sequence == 0) {
		return;
	}
	place->sequence = state->sequence;
	place->offset = state->offset;
	place->epoch = state->name.epoch;
	memcpy(place->hash, state->hash, sizeof(place->hash));
	memcpy(place->commitment, state->commitment, sizeof(place->commitment));
	opening->work.place = place;
}

static int recompute(
	struct pst_audit *audit, struct opening *opening, bool renew, struct pst_error *error)
{
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	struct pst_error detail = {0};
	struct stat st;

	pst_sign_public(audit->key, public_key);
	opening->work = (struct pst_audit_recompute){
		.path = audit->log_path,
		.head_path = audit->head_path,
		.public_key = public_key,
	};
	if (fstat(audit->fd, &st) < 0) {
		return pst_error_set(error, -errno, "%s: %s", audit->log_path, strerror(errno));
	}
	if (!renew) {
		pst_mac_close(&audit->mac);
		opening->mac_status = pst_audit_mac_read(
			audit->mac_path, audit->key, &opening->state, &audit->mac);
		if (opening->mac_status == 0) {
			choose_place(audit, opening, st.st_size);
		}
	}
	int status = pst_audit_recompute(&opening->work, &opening->report, &detail);
	opening->torn = opening->report.finding == PST_AUDIT_FINDING_TORN;
	if (status < 0 && !opening->torn) {
		return pst_error_set(
			error, status == PST_E_CORRUPT ? PST_E_UNSAFE : status, "%s", detail.text);
	}
	return 0;
}

/* Takes over what was found. */
static void adopt(struct pst_audit *audit, const struct opening *opening)
{
	const struct pst_audit_report *report = &opening->report;
	const struct pst_audit_scan *scan = &opening->work.scan;

	memcpy(audit->log, scan->header.log, sizeof(audit->log));
	memcpy(audit->head, scan->head, sizeof(audit->head));
	audit->sequence = scan->sequence;
	audit->size = scan->offset;
	audit->checkpoint_ns = pst_clock_mono_ns();
	audit->mac_state = opening->state;
	audit->signed_sequence = report->signed_entries;
	memcpy(audit->signed_head, report->signed_head, sizeof(audit->signed_head));
	if (opening->work.place && report->checkpoints == 0) {
		audit->signed_sequence = opening->state.sequence;
		memcpy(audit->signed_head, opening->state.hash, sizeof(audit->signed_head));
	}
	if (report->has_state) {
		audit->mac_state.has_vault = true;
		audit->mac_state.vault = report->state;
	}
}

/* The entry that an epoch begins with, where its key is there and the entry is not. */
static int begin_epoch(struct pst_audit *audit, struct pst_error *error)
{
	char json[PST_AUDIT_MAC_TEXT_SIZE];
	const struct pst_audit_draft draft = {PST_AUDIT_TYPE_MAC, PST_AUDIT_KIND_MAC, json};

	pst_audit_mac_format(audit->mac_state.name.epoch, audit->mac_state.commitment, json);
	int status = pst_audit_put(audit, &draft, 1, pst_clock_wall_s(), error);
	return status < 0 ? status : pst_audit_checkpoint(audit, error);
}

static int take_up_epoch(
	struct pst_audit *audit, uint32_t epoch, bool renew, struct pst_error *error)
{
	struct pst_mac_name name = {.epoch = epoch + 1};
	int status = 0;

	if (audit->mac) {
		pst_mac_commit(audit->mac);
	}
	memcpy(name.log, audit->log, sizeof(name.log));
	if (renew || !audit->mac) {
		if (epoch == UINT32_MAX) {
			return pst_error_set(
				error, PST_E_UNSAFE, "%s: no more MAC keys", audit->log_path);
		}
		status = make_epoch(audit, &name, error);
	}
	return status == 0 && audit->mac_state.name.epoch == epoch + 1 ? begin_epoch(audit, error)
								       : status;
}

/* A new log gets its head file before its first checkpoint: from then on it is never missing. */
static int make_head(
	struct pst_audit *audit, const struct opening *opening, struct pst_error *error)
{
	uint8_t bytes[PST_AUDIT_HEADER_SIZE];

	if (opening->work.head_known.given || audit->signed_sequence > 0) {
		return 0;
	}
	size_t size = pst_audit_header_encode(&opening->work.scan.header, bytes);
	pst_chain_start(bytes, size, audit->signed_head);
	return pst_audit_put_head(audit, error);
}

/* A MAC state that a crash left behind, or that someone put there: it goes on, and it is said. */
static int note_behind(struct pst_audit *audit, struct pst_error *error)
{
	char json[64];

	(void)snprintf(json, sizeof(json), "{\"mac\":%" PRIu64 "}", audit->mac_state.sequence);
	return pst_audit_append(audit, "audit.recovered", json, NULL, error);
}

/* The operator took the verification key away. */
static int note_taken_key(struct pst_audit *audit, struct pst_error *error)
{
	char json[64];

	if (!audit->mac_state.has_seed || access(audit->seeds_path, F_OK) == 0) {
		return 0;
	}
	audit->mac_state.has_seed = false;
	(void)snprintf(json, sizeof(json), "{\"epoch\":%" PRIu32 "}", audit->mac_state.name.epoch);
	return pst_audit_append(audit, "audit.key.taken", json, NULL, error);
}

static int load_log(struct pst_audit *audit, bool renew, struct pst_error *error)
{
	struct opening opening = {.mac_status = -ENOENT};
	char recovered[RECOVERED_TEXT_SIZE];

	audit->fd = open(audit->log_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (audit->fd < 0) {
		return pst_error_set(error, -errno, "%s: %s", audit->log_path, strerror(errno));
	}
	int status = recompute(audit, &opening, renew, error);
	if (status == 0 && !renew) {
		status = check_mac(audit, &opening, error);
	}
	if (status < 0) {
		return status;
	}
	adopt(audit, &opening);
	if (opening.torn) {
		status = cut_torn(audit, recovered, error);
	}
	if (status == 0) {
		status = make_head(audit, &opening, error);
	}
	if (status == 0) {
		status = take_up_epoch(audit, opening.work.scan.epoch, renew, error);
	}
	if (status == 0 && opening.torn) {
		status = pst_audit_append(audit, "audit.recovered", recovered, NULL, error);
	}
	if (status == 0 && audit->head_stale) {
		status = note_behind(audit, error);
	}
	return status == 0 ? note_taken_key(audit, error) : status;
}

int pst_audit_load(struct pst_audit *audit, const char *dir, bool renew, struct pst_error *error)
{
	char lock[PATH_MAX];
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
		status = renew ? pst_error_set(error, PST_E_NOT_FOUND, "%s: no audit log here",
					 audit->log_path)
			       : make_log(audit, error);
	}
	return status == 0 ? load_log(audit, renew, error) : status;
}
