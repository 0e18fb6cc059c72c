/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/vault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "vault/ballast.h"
#include "vault/escrow.h"
#include "vault/held.h"
#include "vault/part.h"
#include "vault/transform.h"
#include "vault/turn.h"
#include "vault/migrate.h"

#define DB_NAME "vault.db"
#define DB_NEW_NAME "vault.db.new" /* until the keys are safely there */
#define LOCK_NAME "vault.lock"
#define STATE_NAME "vault.state"
#define STATE_NEW_NAME "vault.state.new" /* as vault.db.new */
#define BALLAST_NAME "vault.ballast"

/* How far the time may run ahead of the database while nothing but reads happens. */
#define TIME_SLACK_S 60

struct paths {
	char db[PATH_MAX];
	char db_new[PATH_MAX];
	char keys[PATH_MAX];
	char lock[PATH_MAX];
	char state[PATH_MAX];
	char state_new[PATH_MAX];
	char ballast[PATH_MAX];
	char escrow[PATH_MAX];
};

static int make_paths(const char *dir, struct paths *ret_paths, struct pst_error *error)
{
	if (pst_text_path(ret_paths->db, PATH_MAX, dir, DB_NAME) < 0 ||
		pst_text_path(ret_paths->db_new, PATH_MAX, dir, DB_NEW_NAME) < 0 ||
		pst_text_path(ret_paths->keys, PATH_MAX, dir, PST_VAULT_KEYS_NAME) < 0 ||
		pst_text_path(ret_paths->lock, PATH_MAX, dir, LOCK_NAME) < 0 ||
		pst_text_path(ret_paths->state, PATH_MAX, dir, STATE_NAME) < 0 ||
		pst_text_path(ret_paths->state_new, PATH_MAX, dir, STATE_NEW_NAME) < 0 ||
		pst_text_path(ret_paths->ballast, PATH_MAX, dir, BALLAST_NAME) < 0 ||
		pst_text_path(ret_paths->escrow, PATH_MAX, dir, PST_VAULT_ESCROW_NAME) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	return 0;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static int take_lock(const char *path, int *ret_fd, struct pst_error *error)
{
	int status = pst_lock_take(path, "the vault", ret_fd, error);

	if (status == -EWOULDBLOCK && error) {
		error->status = PST_E_VAULT;
	}
	return status == -EWOULDBLOCK ? PST_E_VAULT : status;
}

#define TIME_ROW_SIZE (8 + PST_KEYRING_TAG_SIZE)

/* A time of the meta table, bound to its name. */
static void time_row(const struct pst_keyring *ring, const char *name, int64_t now_s,
	uint8_t ret_row[TIME_ROW_SIZE])
{
	uint8_t bound[16] = {0};

	memcpy(bound, name, strnlen(name, 8));
	pst_bytes_put64(bound + 8, (uint64_t)now_s);
	memcpy(ret_row, bound + 8, 8);
	pst_keyring_tag(ring, bound, sizeof(bound), ret_row + 8);
}

static int write_time_row(struct pst_vault_db *db, const struct pst_keyring *ring, const char *name,
	int64_t now_s, struct pst_error *error)
{
	uint8_t row[TIME_ROW_SIZE];
	struct pst_vault_db_value values[] = {
		PST_VAULT_TEXT(name), PST_VAULT_BLOB(row, sizeof(row))};

	time_row(ring, name, now_s, row);
	int status = pst_vault_db_exec(
		db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", values, 2, error);
	return status < 0 ? status : 0;
}

static int write_time(struct pst_vault_db *db, const struct pst_keyring *ring, int64_t now_s,
	struct pst_error *error)
{
	return write_time_row(db, ring, "clock", now_s, error);
}

int pst_vault_mark_write(
	struct pst_vault *vault, const char *name, int64_t time_s, struct pst_error *error)
{
	int status = pst_vault_begin(vault, error);

	if (status == 0) {
		status = write_time_row(&vault->db, vault->ring, name, time_s, error);
		status = pst_vault_end(vault, status, error);
	}
	return status;
}

int pst_vault_mark_read(struct pst_vault *vault, const char *name, int64_t *ret_time_s)
{
	uint8_t stored[TIME_ROW_SIZE], expected[TIME_ROW_SIZE];
	int status = pst_vault_db_meta(&vault->db, name, stored, sizeof(stored), NULL);

	if (status < 0) {
		return status;
	}
	int64_t time_s = (int64_t)pst_bytes_get64(stored);
	time_row(vault->ring, name, time_s, expected);
	if (pst_secret_compare(stored, expected, sizeof(stored)) != 0) {
		return PST_E_VAULT;
	}
	*ret_time_s = time_s;
	return 0;
}

int pst_vault_begin(struct pst_vault *vault, struct pst_error *error)
{
	vault->sum_before = vault->sum;
	return pst_vault_db_run(&vault->db, "BEGIN IMMEDIATE", error);
}

/* What every transaction writes beside its own rows. */
static int keep(struct pst_vault *vault, struct pst_error *error)
{
	int status = 0;

	if (vault->now_s > vault->persisted_s) {
		status = write_time(&vault->db, vault->ring, vault->now_s, error);
	}
	if (status == 0 && vault->sum_changed) {
		vault->sum.counter++;
		status = pst_vault_sum_write(&vault->db, vault->ring, &vault->sum, error);
	}
	return status;
}

int pst_vault_end(struct pst_vault *vault, int status, struct pst_error *error)
{
	if (status >= 0) {
		int kept = keep(vault, error);

		status = kept < 0 ? kept : status;
	}
	status = pst_vault_db_end(&vault->db, status, error);
	if (status < 0) {
		vault->sum = vault->sum_before;
	} else {
		vault->persisted_s = vault->now_s;
	}
	vault->sum_changed = false;
	return status;
}

void pst_vault_note_time(struct pst_vault *vault)
{
	if (vault->now_s - vault->persisted_s >= TIME_SLACK_S &&
		write_time(&vault->db, vault->ring, vault->now_s, NULL) == 0) {
		vault->persisted_s = vault->now_s;
	}
}

/* Whether the database belongs to the keys, and the time it was last written at. */
static int read_identity(struct pst_vault *vault, struct pst_error *error)
{
	uint8_t id[PST_KEYRING_ID_SIZE];
	int status = pst_vault_db_meta(&vault->db, "vault", id, sizeof(id), error);

	if (status == 0 && memcmp(id, pst_keyring_id(vault->ring), sizeof(id)) != 0) {
		status = pst_error_set(error, PST_E_VAULT,
			"%s: belongs to another vault than vault.keys beside it", vault->db_path);
	}
	if (status == 0 && pst_vault_mark_read(vault, "clock", &vault->persisted_s) < 0) {
		status = pst_error_set(
			error, PST_E_VAULT, "%s: the vault's clock was changed", vault->db_path);
	}
	return status;
}

static int make_db(
	const char *path, const struct pst_keyring *ring, int64_t now_s, struct pst_error *error)
{
	struct pst_vault_db db;
	struct pst_vault_db_value values[] = {
		PST_VAULT_BLOB(pst_keyring_id(ring), PST_KEYRING_ID_SIZE)};
	char log[PATH_MAX + 8];

	(void)unlink(path);
	(void)snprintf(log, sizeof(log), "%s-wal", path);
	(void)unlink(log);
	int status = pst_vault_db_open(&db, path, true, error);
	if (status < 0) {
		return status;
	}
	status = pst_vault_db_exec(
		&db, "INSERT INTO meta(key, value) VALUES('vault', ?)", values, 1, error);
	if (status >= 0) {
		status = write_time(&db, ring, now_s, error);
	}
	if (status == 0) {
		status = pst_vault_sum_write(&db, ring, &(struct pst_vault_sum){0}, error);
	}
	if (status == 0) {
		status = pst_vault_turn_write(&db, ring, 0, error);
	}
	if (status == 0) {
		/* Closing would do it, too, but would not tell that it could not. */
		status = pst_vault_db_write_back(&db, error);
	}
	int closed = pst_vault_db_close(&db);
	return status < 0 ? status : closed;
}

static int put_in_place(const char *from, const char *to, struct pst_error *error)
{
	if (rename(from, to) < 0) {
		return pst_error_set(error, -errno, "%s: %s", to, strerror(errno));
	}
	int status = pst_fd_sync_parent(to);
	return status < 0 ? pst_error_set(error, status, "%s: %s", to, strerror(-status)) : 0;
}

static int check_nothing_there(const struct paths *paths, struct pst_error *error)
{
	if (exists(paths->keys)) {
		return pst_error_set(error, -EEXIST, "%s: a vault is here already; nothing changed",
			paths->keys);
	}
	if (exists(paths->db)) {
		return pst_error_set(error, -EEXIST,
			"%s: a database without its vault.keys; bring the keys back or move it "
			"away",
			paths->db);
	}
	if (exists(paths->state)) {
		return pst_error_set(error, -EEXIST,
			"%s: the state file of a vault whose vault.keys is missing; bring the keys "
			"back or move it away",
			paths->state);
	}
	return 0;
}

static int init_locked(const struct paths *paths, const struct pst_key_source *key, int64_t now_s,
	struct pst_error *error)
{
	struct pst_keyring *ring = NULL;
	struct pst_key_source first = *key;
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const char *reason = NULL;
	int status = check_nothing_there(paths, error);

	if (status < 0) {
		return status;
	}
	first.now_s = now_s;
	status = pst_keyring_create(&ring, &first, file, &reason);
	if (status < 0) {
		return pst_vault_key_failure(status, key, paths->keys, reason, error);
	}
	status = make_db(paths->db_new, ring, now_s, error);
	if (status == 0) {
		status = pst_vault_state_create(paths->state_new, ring,
			&(struct pst_ratchet_stamp){.clock_s = now_s}, error);
	}
	if (status == 0) {
		status = pst_fd_replace_file(paths->keys, file, sizeof(file), 0600, error);
	}
	if (status < 0) {
		/* The keys first, which may stand without being certain to last. */
		(void)unlink(paths->keys);
		(void)unlink(paths->db_new);
		(void)unlink(paths->state_new);
		(void)!pst_fd_sync_parent(paths->keys);
	} else {
		status = put_in_place(paths->state_new, paths->state, error);
		if (status == 0) {
			status = put_in_place(paths->db_new, paths->db, error);
		}
	}
	pst_keyring_close(&ring);
	return status;
}

int pst_vault_init(
	const char *dir, const struct pst_key_source *key, int64_t now_s, struct pst_error *error)
{
	struct paths paths;
	int lock;
	bool was_there = exists(dir);
	int status = make_paths(dir, &paths, error);

	if (status == 0 && now_s <= 0) {
		status = pst_error_set(error, -EINVAL, "%s: the clock shows no valid time", dir);
	}
	if (status == 0) {
		status = pst_fd_make_dirs(dir, error);
	}
	if (status == 0) {
		status = take_lock(paths.lock, &lock, error);
	}
	if (status < 0) {
		return status;
	}
	status = init_locked(&paths, key, now_s, error);
	pst_fd_close(&lock);
	if (status < 0 && !was_there) {
		(void)unlink(paths.lock);
		(void)rmdir(dir);
	}
	return status;
}

/* A database of before the ratchets has no state file yet; the migration begins with one. */
static int open_state(struct pst_vault *vault, const struct paths *paths, struct pst_error *error)
{
	struct pst_ratchet_stamp stamp = {.clock_s = vault->persisted_s};
	int status = 0;

	if (!exists(paths->state) && exists(paths->state_new)) {
		status = put_in_place(paths->state_new, paths->state, error);
	}
	if (status == 0 && !exists(paths->state) && vault->db.schema < PST_VAULT_SCHEMA_RATCHETS) {
		status = pst_vault_state_create(paths->state, vault->ring, &stamp, error);
	}
	if (status == 0) {
		status = pst_vault_state_open(
			&vault->state, paths->state, vault->ring, &stamp, error);
	}
	if (status == 0) {
		pst_vault_resume_time(vault, &stamp, vault->persisted_s);
	}
	return status;
}

static int open_db(struct pst_vault *vault, const struct paths *paths, struct pst_error *error)
{
	int status = 0;

	memcpy(vault->db_path, paths->db, sizeof(vault->db_path));
	memcpy(vault->ballast_path, paths->ballast, sizeof(vault->ballast_path));
	memcpy(vault->escrow_path, paths->escrow, sizeof(vault->escrow_path));
	status = pst_vault_db_open(&vault->db, vault->db_path, false, error);
	if (status == 0) {
		status = read_identity(vault, error);
	}
	if (status == 0) {
		status = open_state(vault, paths, error);
	}
	if (status == 0) {
		status = pst_vault_migrate(vault, error);
	}
	if (status == 0) {
		status = pst_vault_sum_read(&vault->db, vault->ring, &vault->sum, error);
	}
	if (status == 0) {
		status = pst_vault_turn_read(vault, error);
	}
	if (status == 0) {
		status = pst_vault_escrow_load(vault, error);
	}
	return status == 0 ? pst_vault_hold_count(vault, error) : status;
}

/* Ends what was cut off: a restoration after the step that counts, an init before its last. */
static int find_db(const char *dir, const struct paths *paths, struct pst_error *error)
{
	int status = pst_vault_restore_finish(dir, error);

	if (status == 0 && !exists(paths->db) && exists(paths->db_new)) {
		status = put_in_place(paths->db_new, paths->db, error);
	}
	if (status == 0 && !exists(paths->db)) {
		status = pst_error_set(error, PST_E_VAULT,
			"%s: the database is missing; restore it from a backup", paths->db);
	}
	return status;
}

/*
 * A disk too full to delete on is no reason to stay shut, nor are millions of rows one to wait:
 * what expired does not open anyway.
 */
static int purge_at_open(struct pst_vault *vault, int64_t now_s, struct pst_error *error)
{
	struct pst_error purge_error = {0};
	int purged = pst_vault_purge_some(vault, now_s, &purge_error);

	if (purged < 0 && purged != -ENOSPC) {
		return pst_error_set(error, purged, "%s", purge_error.text);
	}
	vault->purged_at_open = purged < 0 ? 0 : (uint64_t)purged;
	return 0;
}

int pst_vault_open(struct pst_vault **ret_vault, const char *dir, const struct pst_key_source *key,
	int64_t now_s, struct pst_error *error)
{
	return pst_vault_open_timed(ret_vault, dir, key, NULL, now_s, error);
}

int pst_vault_open_timed(struct pst_vault **ret_vault, const char *dir,
	const struct pst_key_source *key, const struct pst_vault_times *times, int64_t now_s,
	struct pst_error *error)
{
	struct paths paths;
	struct pst_vault *vault = NULL;
	int status = make_paths(dir, &paths, error);

	*ret_vault = NULL;
	if (status < 0) {
		return status;
	}
	if (!exists(paths.keys)) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"%s: no vault here; make one with 'postern vault init'", dir);
	}
	vault = calloc(1, sizeof(*vault));
	if (!vault) {
		return pst_error_set(error, -ENOMEM, "%s: out of memory", dir);
	}
	vault->state.fd = -1;
	if (times) {
		vault->times = *times;
	}
	status = take_lock(paths.lock, &vault->lock_fd, error);
	if (status == 0) {
		memcpy(vault->keys_path, paths.keys, sizeof(vault->keys_path));
		status = pst_vault_open_keys(vault, key, error);
	}
	if (status == 0) {
		status = find_db(dir, &paths, error);
	}
	if (status == 0) {
		status = open_db(vault, &paths, error);
	}
	if (status == 0) {
		status = pst_vault_upgrade_keys(vault, error);
	}
	if (status == 0) {
		status = pst_vault_retire_seed(vault, key, error);
	}
	if (status == 0) {
		status = purge_at_open(vault, now_s, error);
	}
	if (status < 0) {
		pst_vault_close(&vault);
		return status;
	}
	*ret_vault = vault;
	return 0;
}

int pst_vault_take_lock(const char *dir, int *ret_fd, struct pst_error *error)
{
	struct paths paths;
	int status = make_paths(dir, &paths, error);

	*ret_fd = -1;
	return status < 0 ? status : take_lock(paths.lock, ret_fd, error);
}

int pst_vault_open_part(struct pst_vault **ret_vault, const char *dir, const char *db_name,
	const struct pst_key_source *key, struct pst_error *error)
{
	struct paths paths;
	struct pst_vault *vault = calloc(1, sizeof(*vault));
	int status = vault ? make_paths(dir, &paths, error)
			   : pst_error_set(error, -ENOMEM, "%s: out of memory", dir);

	*ret_vault = NULL;
	if (status == 0 && pst_text_path(paths.db, PATH_MAX, dir, db_name) < 0) {
		status = pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	if (vault) {
		vault->lock_fd = -1;
		vault->state.fd = -1;
	}
	if (status == 0) {
		memcpy(vault->keys_path, paths.keys, sizeof(vault->keys_path));
		status = pst_vault_open_keys(vault, key, error);
	}
	if (status == 0) {
		status = open_db(vault, &paths, error);
	}
	if (status < 0) {
		pst_vault_close(&vault);
		return status;
	}
	*ret_vault = vault;
	return 0;
}

int pst_vault_answers(struct pst_vault *vault, struct pst_error *error)
{
	bool rests = vault->db.locked && !vault->db.poisoned;

	return rests ? 0 : pst_vault_db_run(&vault->db, "SELECT count(*) FROM meta", error);
}

void pst_vault_close(struct pst_vault **vault)
{
	struct pst_vault *v = *vault;

	if (v) {
		void *plain = v->plain;

		if (v->db.handle) {
			(void)pst_vault_db_close(&v->db);
		}
		pst_vault_state_close(&v->state);
		pst_secret_free(&plain);
		pst_vault_transform_destroy(&v->transform);
		pst_keyring_close(&v->ring);
		pst_fd_close(&v->lock_fd);
		free(v);
	}
	*vault = NULL;
}

void pst_vault_set(const struct pst_vault *vault, struct pst_vault_set *ret_set)
{
	pst_vault_sum_tell(&vault->sum, vault->ring, ret_set);
}

const struct pst_sign_key *pst_vault_signer(const struct pst_vault *vault)
{
	return pst_keyring_signer(vault->ring);
}

int pst_vault_truncate_log(struct pst_vault *vault, struct pst_error *error)
{
	return pst_vault_db_write_back(&vault->db, error);
}

bool pst_vault_ballast_drop(struct pst_vault *vault)
{
	return pst_vault_ballast_release(vault->ballast_path);
}

void pst_vault_ballast_keep(struct pst_vault *vault)
{
	if (!pst_vault_ballast_is_there(vault->ballast_path)) {
		/* No room yet: status tells, the next deletion tries again. */
		(void)!pst_vault_ballast_allocate(vault->ballast_path);
	}
}

void pst_vault_poison(struct pst_vault *vault)
{
	vault->db.poisoned = true;
}

int pst_vault_replace_file(struct pst_vault *vault, const char *path, const void *data, size_t size,
	struct pst_error *error)
{
	int status = pst_vault_db_check(&vault->db, error);

	if (status == 0) {
		status = pst_fd_replace_file(path, data, size, 0600, error);
		if (status < 0 && status != -ENOSPC) {
			pst_vault_poison(vault);
		}
	}
	return status;
}

void pst_vault_pseudonym(const struct pst_vault *vault, const char *subject,
	uint8_t ret_pseudonym[PST_KEYRING_PSEUDONYM_SIZE])
{
	pst_keyring_pseudonym(vault->ring, subject, strlen(subject), ret_pseudonym);
}

uint64_t pst_vault_pseudonym_key(const uint8_t pseudonym[PST_KEYRING_PSEUDONYM_SIZE])
{
	uint64_t key = pst_bytes_get64(pseudonym);

	return key ? key : 1;
}

uint64_t pst_vault_subject_key(const struct pst_vault *vault, const char *subject)
{
	uint8_t pseudonym[PST_KEYRING_PSEUDONYM_SIZE];

	pst_vault_pseudonym(vault, subject, pseudonym);
	return pst_vault_pseudonym_key(pseudonym);
}
