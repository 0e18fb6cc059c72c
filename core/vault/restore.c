/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "vault/hold.h"
#include "vault/inside.h"
#include "vault/part.h"
#include "vault/manifest.h"
#include "vault/lane_key.h"
#include "vault/lane_row.h"
#include "vault/tombstone.h"

#define DB_NAME "vault.db"
#define KEYS_NAME "vault.keys"
#define RESTORING_NAME "vault.db.restoring"
#define RESTORED_NAME "vault.db.restored"
#define BEFORE_NAME "vault.db.before"

#define COPY_SIZE 65536u

/* A restoration on its way. */
struct restore {
	const char *dir;
	const char *from;
	const struct pst_key_source *key;
	const struct pst_vault_told *told; /* by the log, and by the present database */
	struct pst_vault_told present;	   /* what the present database knows */
	bool present_read;
	int64_t now_s;
	uint64_t counter; /* the greatest that any of them has seen */
	struct pst_vault_manifest manifest;
	struct pst_vault *vault; /* on the database that is being prepared */
	struct pst_vault_restoration *result;
};

static int path_in(
	const char *dir, const char *name, char ret_path[PATH_MAX], struct pst_error *error)
{
	return pst_text_path(ret_path, PATH_MAX, dir, name) < 0
		       ? pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir)
		       : 0;
}

static void remove_database(const char *dir, const char *name)
{
	static const char *const ends[] = {"", "-wal", "-journal"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s%s", dir, name, ends[i]) <
			(int)sizeof(path)) {
			(void)unlink(path);
		}
	}
}

static int move(const char *dir, const char *from, const char *to, struct pst_error *error)
{
	char old[PATH_MAX], new[PATH_MAX];
	int status = path_in(dir, from, old, error);

	if (status == 0) {
		status = path_in(dir, to, new, error);
	}
	if (status == 0 && rename(old, new) < 0 && errno != ENOENT) {
		status = pst_error_set(error, -errno, "%s: %s", new, strerror(errno));
	}
	if (status == 0 && pst_fd_sync_parent(new) < 0) {
		status = pst_error_set(error, -EIO, "%s: not certain to last", new);
	}
	return status;
}

int pst_vault_restore_finish(const char *dir, struct pst_error *error)
{
	char restored[PATH_MAX];
	int status = path_in(dir, RESTORED_NAME, restored, error);

	if (status < 0) {
		return status;
	}
	if (access(restored, F_OK) == 0) {
		/* The old log first: beside the new database it would be replayed into it. */
		status = move(dir, DB_NAME "-wal", BEFORE_NAME "-wal", error);
		if (status == 0) {
			status = move(dir, DB_NAME, BEFORE_NAME, error);
		}
		if (status == 0) {
			status = move(dir, RESTORED_NAME, DB_NAME, error);
		}
	}
	if (status == 0) {
		remove_database(dir, BEFORE_NAME);
	}
	return status;
}

static int copy_all(int from, int to)
{
	uint8_t buffer[COPY_SIZE];

	for (;;) {
		ssize_t got = pst_fd_read_full(from, buffer, sizeof(buffer));
		int status = got > 0 ? pst_fd_write_full(to, buffer, (size_t)got) : (int)got;

		if (status < 0) {
			return status;
		}
		if (got == 0) {
			return fsync(to) < 0 ? -errno : 0;
		}
	}
}

static int copy_database(const struct restore *restore, struct pst_error *error)
{
	char from[PATH_MAX], to[PATH_MAX];
	int status = path_in(restore->from, DB_NAME, from, error);

	if (status == 0) {
		status = path_in(restore->dir, RESTORING_NAME, to, error);
	}
	if (status < 0) {
		return status;
	}
	int source = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (source < 0 || target < 0) {
		status = pst_error_set(
			error, -errno, "%s: %s", source < 0 ? from : to, strerror(errno));
	} else {
		status = copy_all(source, target);
		if (status < 0) {
			(void)pst_error_set(error, status, "%s: %s", to, strerror(-status));
		}
	}
	pst_fd_close(&source);
	pst_fd_close(&target);
	return status;
}

static int remember_tombstone(void *user, const struct pst_vault_tombstone *tombstone)
{
	return tombstone->damaged ? 0 : pst_vault_told_tombstone(user, tombstone);
}

static int remember_hold(void *user, const struct pst_vault_hold *hold)
{
	struct pst_vault_told_hold told = {.until_s = hold->until_s};

	memcpy(told.hash, hold->hash, sizeof(told.hash));
	memcpy(told.reason, hold->reason, sizeof(told.reason));
	return hold->damaged ? 0 : pst_vault_told_hold(user, &told);
}

static int remember_lane(void *user, const struct pst_vault_lane_item *item)
{
	return item->revoked_s != 0 ? pst_vault_told_revoked(user, item->key) : 0;
}

/* What the database knows that is about to be replaced. One that cannot be read is no reason to
 * refuse: it is why people restore. */
static void read_present(struct restore *restore)
{
	struct pst_vault *vault = NULL;
	char path[PATH_MAX];

	if (path_in(restore->dir, DB_NAME, path, NULL) < 0 || access(path, F_OK) < 0) {
		return;
	}
	restore->result->replaced = true;
	restore->present_read =
		pst_vault_open_part(&vault, restore->dir, DB_NAME, restore->key, NULL) == 0 &&
		pst_vault_tombstones(vault, remember_tombstone, &restore->present, NULL) >= 0 &&
		pst_vault_holds(vault, remember_hold, &restore->present, NULL) >= 0 &&
		pst_vault_lane_each(vault, vault->now_s, remember_lane, &restore->present, NULL) >=
			0;
	if (restore->present_read) {
		pst_vault_told_sort(&restore->present);
		restore->counter = vault->sum.counter;
		restore->now_s = vault->now_s > restore->now_s ? vault->now_s : restore->now_s;
	}
	restore->result->present_unread = !restore->present_read;
	pst_vault_close(&vault);
}

static int check_signature(const struct restore *restore, struct pst_error *error)
{
	char text[PST_VAULT_MANIFEST_SIZE];
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	const struct pst_keyring *ring = restore->vault->ring;
	size_t size =
		pst_vault_manifest_format(&restore->manifest, /* with_signature= */ false, text);

	pst_sign_public(pst_keyring_signer(ring), public_key);
	if (memcmp(restore->manifest.info.vault, pst_keyring_id(ring), PST_KEYRING_ID_SIZE) != 0) {
		return pst_error_set(
			error, PST_E_VAULT, "%s: a backup of another vault", restore->from);
	}
	if (pst_sign_verify(public_key, text, size, restore->manifest.signature) < 0) {
		return pst_error_set(error, PST_E_VAULT,
			"%s: the manifest is not signed by this vault's key", restore->from);
	}
	return 0;
}

/* Keys that are gone come from the backup; those that are there are the newer ones. */
static int bring_keys(const struct restore *restore, struct pst_error *error)
{
	char from[PATH_MAX], to[PATH_MAX];
	uint8_t *data = NULL;
	size_t size = 0;
	int status = path_in(restore->from, KEYS_NAME, from, error);

	if (status == 0) {
		status = path_in(restore->dir, KEYS_NAME, to, error);
	}
	if (status < 0 || access(to, F_OK) == 0) {
		return status;
	}
	status = pst_fd_read_file(from, COPY_SIZE, &data, &size, error);
	if (status == 0) {
		status = pst_fd_replace_file(to, data, size, 0600, error);
	}
	free(data);
	return status;
}

static bool is_forgotten(const struct restore *restore, const uint8_t hash[PST_VAULT_ID_SIZE])
{
	return pst_vault_told_forgotten(restore->told, hash) ||
	       pst_vault_told_forgotten(&restore->present, hash);
}

/* The hold of a record by now; one that ended has no end ahead. NULL: nobody knows of any */
static const struct pst_vault_told_hold *held(
	const struct restore *restore, const uint8_t hash[PST_VAULT_ID_SIZE])
{
	static const struct pst_vault_told_hold ended;
	const struct pst_vault_told_hold *hold = pst_vault_told_held(&restore->present, hash);

	if (!hold && restore->present_read) {
		return &ended;
	}
	return hold ? hold : pst_vault_told_held(restore->told, hash);
}

/* Records of the backup that are to be released, held or forgotten. */
struct sorted {
	const struct restore *restore;
	struct pst_vault_graves released, forgotten;
	struct pst_vault_graves kept; /* held by now */
};

static int sort_record(struct sorted *sorted, const struct pst_vault_grave *grave)
{
	const struct restore *restore = sorted->restore;
	const struct pst_vault_told_hold *hold = held(restore, grave->tombstone.hash);
	bool over = hold && hold->until_s <= restore->vault->now_s;
	bool forgotten = is_forgotten(restore, grave->tombstone.hash);
	int status = 0;

	if (grave->held && (over || forgotten)) {
		status = pst_vault_graves_add(&sorted->released, grave);
	}
	if (status == 0 && forgotten) {
		status = pst_vault_graves_add(&sorted->forgotten, grave);
	} else if (status == 0 && hold && !over) {
		status = pst_vault_graves_add(&sorted->kept, grave);
	}
	return status;
}

static int sort_records(struct sorted *sorted, struct pst_error *error)
{
	static const struct pst_vault_whom everybody = {.all = true};
	struct pst_vault *vault = sorted->restore->vault;
	struct pst_vault_graves all;
	int count = pst_vault_find(vault, &everybody, vault->now_s, &all, error);

	for (size_t i = 0; count >= 0 && i < all.count; i++) {
		if (sort_record(sorted, &all.grave[i]) < 0) {
			count = pst_error_set(error, -ENOMEM, "%s: out of memory", vault->db_path);
		}
	}
	pst_vault_graves_finish(&all);
	return count;
}

static int hold_again(const struct restore *restore, const struct pst_vault_graves *kept)
{
	struct pst_vault *vault = restore->vault;

	for (size_t i = 0; i < kept->count; i++) {
		struct pst_error error = {0};
		struct pst_vault_hold old;
		struct pst_vault_grave *grave = &kept->grave[i];
		const struct pst_vault_graves one = {.grave = grave, .count = 1};
		const struct pst_vault_told_hold *hold = held(restore, grave->tombstone.hash);

		if (pst_vault_hold_of(vault, grave->record, &old, NULL) == 1 &&
			old.until_s == hold->until_s) {
			continue;
		}
		/* A record that does not open any more is not held back by anything. */
		int status = pst_vault_hold_add(
			vault, &one, hold->until_s, hold->reason, vault->now_s, &error);
		if (status < 0 && status != PST_E_VAULT) {
			return status;
		}
	}
	return 0;
}

static int add_tombstones(
	const struct restore *restore, const struct pst_vault_told *told, struct pst_error *error)
{
	int status = 0;

	for (size_t i = 0; status >= 0 && i < told->tombstones; i++) {
		if (told->tombstone[i].until_s > restore->vault->now_s) {
			status =
				pst_vault_tombstone_add(restore->vault, &told->tombstone[i], error);
		}
	}
	return status < 0 ? status : 0;
}

/* A lane that was stolen after the backup stays revoked. */
static int revoke_lanes(
	const struct restore *restore, const struct pst_vault_told *told, struct pst_error *error)
{
	int status = 0;

	for (size_t i = 0; status >= 0 && i < told->revocations; i++) {
		status = pst_vault_lane_row_revoke(restore->vault, told->revoked[i], error);
	}
	return status < 0 ? status : 0;
}

/* One more than anybody has seen, so that this database is not taken for an older one. */
static int write_counter(struct restore *restore, struct pst_error *error)
{
	struct pst_vault *vault = restore->vault;
	uint64_t told = restore->told->has_set ? restore->told->set.counter : 0;
	uint64_t counter = told > restore->counter ? told : restore->counter;
	int status = pst_vault_begin(vault, error);

	if (status < 0) {
		return status;
	}
	status = add_tombstones(restore, restore->told, error);
	if (status == 0) {
		status = add_tombstones(restore, &restore->present, error);
	}
	if (status == 0) {
		status = revoke_lanes(restore, restore->told, error);
	}
	if (status == 0) {
		status = revoke_lanes(restore, &restore->present, error);
	}
	if (vault->sum.counter < counter) {
		vault->sum.counter = counter;
	}
	vault->sum_changed = true;
	return pst_vault_end(vault, status, error);
}

static int count_state(void *user, const struct pst_vault_item *item)
{
	struct pst_vault_restoration *result = user;

	result->restored += item->state == PST_VAULT_STATE_OPENS;
	result->damaged += item->state == PST_VAULT_STATE_DAMAGED;
	return 0;
}

static int bring_up(struct restore *restore, struct pst_error *error)
{
	struct pst_vault *vault = restore->vault;
	struct sorted sorted = {.restore = restore};
	int deleted = 0;
	int status = pst_vault_advance(vault, restore->now_s, error);

	restore->result->in_backup = vault->sum.records;
	if (status == 0) {
		status = sort_records(&sorted, error);
	}
	if (status >= 0) {
		status = pst_vault_hold_release(
			vault, &sorted.released, vault->now_s, &deleted, error);
	}
	if (status >= 0) {
		status = pst_vault_forget(vault, &sorted.forgotten, vault->now_s, error);
		restore->result->forgotten = sorted.forgotten.count;
	}
	if (status >= 0) {
		status = hold_again(restore, &sorted.kept);
	}
	if (status >= 0) {
		status = write_counter(restore, error);
	}
	if (status >= 0) {
		status = pst_vault_purge(vault, vault->now_s, error);
	}
	if (status >= 0) {
		status = pst_vault_list(
			vault, NULL, vault->now_s, count_state, restore->result, error);
	}
	restore->result->expired = restore->result->in_backup - restore->result->forgotten -
				   restore->result->restored - restore->result->damaged;
	pst_vault_graves_finish(&sorted.released);
	pst_vault_graves_finish(&sorted.forgotten);
	pst_vault_graves_finish(&sorted.kept);
	return status < 0 ? status : 0;
}

static int prepare(struct restore *restore, struct pst_error *error)
{
	bool had_keys;
	char keys[PATH_MAX];
	int status = path_in(restore->dir, KEYS_NAME, keys, error);

	if (status < 0) {
		return status;
	}
	had_keys = access(keys, F_OK) == 0;
	remove_database(restore->dir, RESTORING_NAME);
	status = copy_database(restore, error);
	if (status == 0) {
		status = bring_keys(restore, error);
	}
	if (status == 0) {
		read_present(restore);
		status = pst_vault_open_part(
			&restore->vault, restore->dir, RESTORING_NAME, restore->key, error);
	}
	if (status == 0) {
		status = check_signature(restore, error);
	}
	if (status == 0) {
		status = bring_up(restore, error);
	}
	pst_vault_close(&restore->vault);
	if (status < 0 && !had_keys) {
		(void)unlink(keys);
	}
	return status;
}

static int commit(const struct restore *restore, struct pst_error *error)
{
	char log[PATH_MAX];
	int status = path_in(restore->dir, RESTORING_NAME "-wal", log, error);

	if (status == 0 && access(log, F_OK) == 0) {
		status = pst_error_set(error, PST_E_VAULT,
			"%s: the prepared database could not be closed; look at the disk", log);
	}
	if (status == 0) {
		status = move(restore->dir, RESTORING_NAME, RESTORED_NAME, error);
	}
	return status == 0 ? pst_vault_restore_finish(restore->dir, error) : status;
}

int pst_vault_restore(const char *dir, const char *from, const struct pst_key_source *key,
	const struct pst_vault_told *told, int64_t now_s, bool dry_run,
	struct pst_vault_restoration *ret_restoration, struct pst_error *error)
{
	struct restore restore = {.dir = dir,
		.from = from,
		.key = key,
		.told = told,
		.now_s = now_s,
		.result = ret_restoration};
	int lock = -1;

	*ret_restoration = (struct pst_vault_restoration){0};
	int status = pst_vault_backup_read(from, &restore.manifest, error);
	if (status == 0) {
		ret_restoration->backup = restore.manifest.info;
		status = pst_fd_make_dirs(dir, error);
	}
	if (status == 0) {
		status = pst_vault_take_lock(dir, &lock, error);
	}
	if (status == 0) {
		status = pst_vault_restore_finish(dir, error);
	}
	if (status == 0) {
		status = prepare(&restore, error);
	}
	if (status == 0 && !dry_run) {
		status = commit(&restore, error);
	}
	remove_database(dir, RESTORING_NAME);
	pst_vault_told_finish(&restore.present);
	pst_fd_close(&lock);
	return status;
}
