/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "vault/inside.h"
#include "vault/part.h"
#include "vault/manifest.h"

#define SMALL_MAX 65536u /* bytes of vault.keys and audit.pub */

static int path_of(
	const char *dir, const char *name, char ret_path[PATH_MAX], struct pst_error *error)
{
	return pst_text_path(ret_path, PATH_MAX, dir, name) < 0
		       ? pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir)
		       : 0;
}

static int fail(const char *path, struct pst_error *error)
{
	return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
}

/* The folder that a path lies in, without links. */
static int real_parent(const char *path, char ret_parent[PATH_MAX], struct pst_error *error)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (length >= sizeof(parent)) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", path);
	}
	memcpy(parent, path, length);
	parent[length] = 0;
	return realpath(!slash ? "." : length ? parent : "/", ret_parent) ? 0 : fail(path, error);
}

static int check_place(const char *dir, const char *to, struct pst_error *error)
{
	char state[PATH_MAX], parent[PATH_MAX];
	struct stat st;
	int status = real_parent(to, parent, error);

	if (status == 0 && !realpath(dir, state)) {
		status = fail(dir, error);
	}
	if (status < 0) {
		return status;
	}
	size_t length = strlen(state);
	if (strncmp(parent, state, length) == 0 && (parent[length] == 0 || parent[length] == '/')) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: lies in the state directory; a backup belongs elsewhere", to);
	}
	if (lstat(to, &st) == 0) {
		return pst_error_set(
			error, -EEXIST, "%s: is there already; give a name that is not", to);
	}
	return 0;
}

/* Takes away what this program puts into a backup, and the folder. */
static void remove_partial(const char *partial)
{
	static const char *const more[] = {PST_VAULT_BACKUP_MANIFEST, "vault.db-journal"};
	char path[PATH_MAX];

	for (int i = 0; i < PST_VAULT_BACKUP_FILES; i++) {
		if (path_of(partial, pst_vault_backup_files[i], path, NULL) == 0) {
			(void)unlink(path);
		}
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (path_of(partial, more[i], path, NULL) == 0) {
			(void)unlink(path);
		}
	}
	(void)rmdir(partial);
}

static int sync_file(const char *path, struct pst_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status = fd < 0 || fchmod(fd, 0600) < 0 || fsync(fd) < 0 ? fail(path, error) : 0;

	pst_fd_close(&fd);
	return status;
}

static int copy_db(struct pst_vault *vault, const char *path, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_TEXT(path)};
	int status = pst_vault_db_exec(&vault->db, "VACUUM INTO ?", values, 1, error);

	return status < 0 ? status : sync_file(path, error);
}

static int copy_small(const char *from, const char *to, bool may_miss, struct pst_error *error)
{
	uint8_t *data = NULL;
	size_t size = 0;

	if (may_miss && access(from, F_OK) < 0) {
		return 0;
	}
	int status = pst_fd_read_file(from, SMALL_MAX, &data, &size, error);
	if (status == 0) {
		status = pst_fd_replace_file(to, data, size, 0600, error);
	}
	free(data);
	return status;
}

static int digest_file(
	const char *dir, int which, struct pst_vault_manifest *manifest, struct pst_error *error)
{
	char path[PATH_MAX];
	struct stat st;
	int status = path_of(dir, pst_vault_backup_files[which], path, error);

	if (status < 0) {
		return status;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT) {
		return 0;
	}
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		status = fd < 0 ? fail(path, error)
				: pst_error_set(error, PST_E_VAULT, "%s: not a file", path);
	} else {
		manifest->file[which].size = (uint64_t)st.st_size;
		status = pst_digest_fd(fd, manifest->file[which].digest);
		if (status < 0) {
			(void)pst_error_set(error, status, "%s: %s", path, strerror(-status));
		}
	}
	pst_fd_close(&fd);
	return status;
}

static int write_manifest(struct pst_vault *vault, const char *partial,
	struct pst_vault_manifest *manifest, struct pst_error *error)
{
	char path[PATH_MAX], text[PST_VAULT_MANIFEST_SIZE];
	int status = path_of(partial, PST_VAULT_BACKUP_MANIFEST, path, error);

	for (int i = 0; status == 0 && i < PST_VAULT_BACKUP_FILES; i++) {
		status = digest_file(partial, i, manifest, error);
	}
	if (status < 0) {
		return status;
	}
	size_t size = pst_vault_manifest_format(manifest, /* with_signature= */ false, text);
	pst_sign(pst_keyring_signer(vault->ring), text, size, manifest->signature);
	size = pst_vault_manifest_format(manifest, /* with_signature= */ true, text);
	return pst_fd_replace_file(path, text, size, 0600, error);
}

static int fill(struct pst_vault *vault, const char *dir, const char *partial,
	struct pst_vault_manifest *manifest, struct pst_error *error)
{
	char from[PATH_MAX], to[PATH_MAX];
	int status = path_of(partial, pst_vault_backup_files[PST_VAULT_BACKUP_DB], to, error);

	if (status == 0) {
		status = copy_db(vault, to, error);
	}
	for (int i = PST_VAULT_BACKUP_KEYS; status == 0 && i < PST_VAULT_BACKUP_FILES; i++) {
		status = path_of(dir, pst_vault_backup_files[i], from, error);
		if (status == 0) {
			status = path_of(partial, pst_vault_backup_files[i], to, error);
		}
		if (status == 0) {
			status = copy_small(from, to, i == PST_VAULT_BACKUP_PUBLIC, error);
		}
	}
	return status == 0 ? write_manifest(vault, partial, manifest, error) : status;
}

static int publish(const char *partial, const char *to, struct pst_error *error)
{
	struct stat st;

	if (lstat(to, &st) == 0) {
		return pst_error_set(error, -EEXIST, "%s: is there already", to);
	}
	if (rename(partial, to) < 0) {
		return fail(to, error);
	}
	int status = pst_fd_sync_parent(to);
	return status < 0 ? pst_error_set(error, status, "%s: %s", to, strerror(-status)) : 0;
}

int pst_vault_backup(struct pst_vault *vault, const char *dir, const char *to, int64_t now_s,
	struct pst_vault_backup_info *ret_info, struct pst_error *error)
{
	struct pst_vault_manifest manifest = {0};
	char partial[PATH_MAX];
	int status = pst_vault_advance(vault, now_s, error);

	*ret_info = (struct pst_vault_backup_info){0};
	if (status == 0) {
		status = check_place(dir, to, error);
	}
	if (status == 0 &&
		snprintf(partial, sizeof(partial), "%s.partial", to) >= (int)sizeof(partial)) {
		status = pst_error_set(error, -ENAMETOOLONG, "%s: name too long", to);
	}
	if (status < 0) {
		return status;
	}
	remove_partial(partial);
	if (mkdir(partial, 0700) < 0) {
		return fail(partial, error);
	}
	manifest.info.created_s = vault->now_s;
	memcpy(manifest.info.vault, pst_keyring_id(vault->ring), PST_KEYRING_ID_SIZE);
	pst_vault_set(vault, &manifest.info.set);
	status = fill(vault, dir, partial, &manifest, error);
	if (status == 0) {
		status = publish(partial, to, error);
	}
	if (status < 0) {
		remove_partial(partial);
		return status;
	}
	*ret_info = manifest.info;
	/* It is made, also where there is no room to note when. */
	struct pst_error detail = {0};
	status = pst_vault_mark_write(vault, "backup", vault->now_s, &detail);
	return status < 0 && status != -ENOSPC && status != -ENOMEM
		       ? pst_error_set(error, status, "%s", detail.text)
		       : 0;
}

int64_t pst_vault_backup_time(struct pst_vault *vault)
{
	int64_t time_s = 0;

	return pst_vault_mark_read(vault, "backup", &time_s) == 0 ? time_s : 0;
}

int pst_vault_backup_read(
	const char *from, struct pst_vault_manifest *ret_manifest, struct pst_error *error)
{
	struct pst_vault_manifest found = {0};
	char path[PATH_MAX];
	uint8_t *text = NULL;
	size_t size = 0;
	int status = path_of(from, PST_VAULT_BACKUP_MANIFEST, path, error);

	if (status == 0) {
		status = pst_fd_read_file(path, PST_VAULT_MANIFEST_SIZE - 1, &text, &size, error);
	}
	if (status == 0 &&
		(strlen((const char *)text) != size ||
			pst_vault_manifest_parse((const char *)text, ret_manifest) < 0)) {
		status = pst_error_set(
			error, PST_E_VAULT, "%s: not a backup's manifest, or damaged", path);
	}
	free(text);
	for (int i = 0; status == 0 && i < PST_VAULT_BACKUP_FILES; i++) {
		status = digest_file(from, i, &found, error);
		if (status == 0 && memcmp(&found.file[i], &ret_manifest->file[i],
					   sizeof(found.file[i])) != 0) {
			status = pst_error_set(error, PST_E_VAULT,
				"%s/%s: not as it was backed up: damaged or changed", from,
				pst_vault_backup_files[i]);
		}
	}
	return status;
}

int pst_vault_backup_check(
	const char *from, struct pst_vault_backup_info *ret_info, struct pst_error *error)
{
	struct pst_vault_manifest manifest = {0};
	int status = pst_vault_backup_read(from, &manifest, error);

	*ret_info = manifest.info;
	return status;
}
