/* SPDX-License-Identifier: Apache-2.0 */
#include "vault/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "vault/inside.h"

#define KEYS_MAX 65536u /* bytes; a keyring file of any version is far smaller */

/* What the person is told it is about: the vault's file, or the key that was given. */
static const char *what_failed(int status, const struct pst_key_source *key, const char *keys_path)
{
	if (status == PST_E_VAULT || status == PST_E_CORRUPT) {
		return keys_path;
	}
	switch (key->kind) {
	case PST_KEY_SOURCE_FILE:
		return key->path;
	case PST_KEY_SOURCE_CREDENTIAL:
		return key->credential;
	case PST_KEY_SOURCE_PROVIDER:
		return key->provider->name;
	case PST_KEY_SOURCE_UNSET:
	case PST_KEY_SOURCE_PASSPHRASE:
	default:
		return "key";
	}
}

int pst_vault_key_failure(int status, const struct pst_key_source *key, const char *keys_path,
	const char *reason, struct pst_error *error)
{
	const char *what = what_failed(status, key, keys_path);

	if (status == PST_E_VAULT && key->kind == PST_KEY_SOURCE_FILE) {
		return pst_error_set(error, status, "%s: %s (%s)", what, reason, key->path);
	}
	return pst_error_set(
		error, status == -ENOMEM ? status : PST_E_VAULT, "%s: %s", what, reason);
}

int pst_vault_open_keys(
	struct pst_vault *vault, const struct pst_key_source *key, struct pst_error *error)
{
	uint8_t *file = NULL;
	size_t size = 0;
	const char *reason = NULL;
	int status = pst_fd_read_file(vault->keys_path, KEYS_MAX, &file, &size, error);

	if (status < 0) {
		return status;
	}
	status = pst_keyring_open(&vault->ring, key, file, size, &reason);
	free(file);
	return status < 0 ? pst_vault_key_failure(status, key, vault->keys_path, reason, error) : 0;
}

int pst_vault_upgrade_keys(struct pst_vault *vault, struct pst_error *error)
{
	const uint8_t *file = pst_keyring_upgraded(vault->ring);
	struct pst_error full = {0};
	int status = file ? pst_vault_replace_file(
				    vault, vault->keys_path, file, PST_KEYRING_FILE_SIZE, &full)
			  : 0;

	/* Both versions open to the same keys: the next opening tries again. */
	return status < 0 && status != -ENOSPC ? pst_error_set(error, status, "%s", full.text) : 0;
}

int pst_vault_read_keys(
	const char *path, uint8_t ret_file[PST_KEYRING_FILE_SIZE], struct pst_error *error)
{
	uint8_t *file = NULL;
	size_t size = 0;
	int status = pst_fd_read_file(path, KEYS_MAX, &file, &size, error);

	if (status == 0 && size != PST_KEYRING_FILE_SIZE) {
		status = pst_error_set(error, PST_E_VAULT,
			"%s: of another version, or cut short; opening the vault with its key "
			"brings an old one up to date",
			path);
	}
	if (status == 0) {
		memcpy(ret_file, file, size);
	}
	free(file);
	return status;
}

/*
 * After the migration the seed opens nothing that is in buckets; in an older copy of the database
 * it would open everything.
 */
int pst_vault_retire_seed(
	struct pst_vault *vault, const struct pst_key_source *key, struct pst_error *error)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	struct pst_error full = {0};
	const char *reason = NULL;

	if (!pst_keyring_has_seed(vault->ring)) {
		return 0;
	}
	int status = pst_vault_read_keys(vault->keys_path, file, error);
	if (status < 0) {
		/* There was no room for the file of this version: the next opening tries again. */
		return pst_keyring_upgraded(vault->ring) ? 0 : status;
	}
	status = pst_keyring_retire_seed(vault->ring, file, key, &reason);
	if (status < 0) {
		return pst_vault_key_failure(status, key, vault->keys_path, reason, error);
	}
	status = pst_vault_replace_file(vault, vault->keys_path, file, sizeof(file), &full);
	return status < 0 && status != -ENOSPC ? pst_error_set(error, status, "%s", full.text) : 0;
}

static int walk(const uint8_t *file, const char *path, pst_vault_key_fn each, void *user,
	struct pst_error *error)
{
	int count = 0;

	for (size_t i = 0; i < PST_KEYRING_SLOTS; i++) {
		struct pst_keyring_slot slot;
		int status = pst_keyring_slot_at(file, PST_KEYRING_FILE_SIZE, i, &slot);

		if (status < 0) {
			return pst_error_set(
				error, PST_E_VAULT, "%s: the vault's key slots are damaged", path);
		}
		if (status == 1) {
			int result = each(user, i, &slot);

			if (result < 0) {
				return result;
			}
			count++;
		}
	}
	return count;
}

int pst_vault_key_list(const char *dir, pst_vault_key_fn each, void *user, struct pst_error *error)
{
	char path[PATH_MAX];
	uint8_t file[PST_KEYRING_FILE_SIZE];
	int status = pst_text_path(path, sizeof(path), dir, PST_VAULT_KEYS_NAME);

	if (status < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: name too long", dir);
	}
	if (access(path, F_OK) < 0) {
		return pst_error_set(error, PST_E_NOT_FOUND,
			"%s: no vault here; make one with 'postern vault init'", dir);
	}
	status = pst_vault_read_keys(path, file, error);
	return status < 0 ? status : walk(file, path, each, user, error);
}

/* What went wrong with a change: its status means more here than that a key failed. */
static int edit_failure(const struct pst_vault *vault, int status, const char *reason,
	const struct pst_key_source *key, struct pst_error *error)
{
	if (status == -EEXIST || status == -ENOSPC || status == PST_E_NOT_FOUND ||
		(status == PST_E_UNSAFE && !key)) {
		return pst_error_set(error, status, "%s: %s", vault->keys_path, reason);
	}
	static const struct pst_key_source none = {0};
	return pst_vault_key_failure(status, key ? key : &none, vault->keys_path, reason, error);
}

int pst_vault_key_add(struct pst_vault *vault, const struct pst_key_source *key,
	const struct pst_key_source *more, struct pst_error *error)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const char *reason = NULL;
	int status = pst_vault_read_keys(vault->keys_path, file, error);

	if (status < 0) {
		return status;
	}
	status = pst_keyring_add_slot(file, key, more, &reason);
	if (status < 0) {
		return edit_failure(vault, status, reason, more, error);
	}
	return pst_vault_replace_file(vault, vault->keys_path, file, sizeof(file), error);
}

int pst_vault_key_remove(struct pst_vault *vault, const struct pst_key_source *key,
	const char *label, struct pst_error *error)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const char *reason = NULL;
	int status = pst_vault_read_keys(vault->keys_path, file, error);

	if (status < 0) {
		return status;
	}
	status = pst_keyring_remove_slot(file, key, label, &reason);
	if (status < 0) {
		return edit_failure(vault, status, reason, NULL, error);
	}
	return pst_vault_replace_file(vault, vault->keys_path, file, sizeof(file), error);
}

int pst_vault_rotate_plan(const struct pst_vault *vault, const struct pst_key_source *keys,
	size_t count, bool ret_kept[PST_KEYRING_SLOTS], struct pst_error *error)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const char *reason = NULL;
	int status = pst_vault_read_keys(vault->keys_path, file, error);

	memset(ret_kept, 0, PST_KEYRING_SLOTS * sizeof(ret_kept[0]));
	for (size_t i = 0; status >= 0 && i < count; i++) {
		status = pst_keyring_slot_of(file, &keys[i], &reason);
		if (status < 0) {
			return edit_failure(vault, status, reason, &keys[i], error);
		}
		if (ret_kept[status]) {
			return pst_error_set(error, -EEXIST,
				"%s: two of the keys given are the same one", vault->keys_path);
		}
		ret_kept[status] = true;
	}
	return status < 0 ? status : 0;
}

/* Either keyring file opens one slot of the state at any moment: slot 1, the file, slot 0. */
static int replace_all(struct pst_vault *vault, const uint8_t *file, struct pst_error *error)
{
	uint8_t slot[PST_RATCHET_SLOT_SIZE];
	int status = pst_vault_db_check(&vault->db, error);

	if (status < 0) {
		return status;
	}
	pst_ratchet_seal_slot_next(
		vault->ring, vault->state.counter + 1, &vault->clock.taken, slot);
	status = pst_vault_state_write_slot(&vault->state, 1, slot, error);
	if (status == 0) {
		status = pst_vault_replace_file(
			vault, vault->keys_path, file, PST_KEYRING_FILE_SIZE, error);
		if (status == -ENOSPC) {
			/* The old root stands, and its state with both slots again. */
			struct pst_error second = {0};

			return pst_vault_write_state(vault, &second) < 0
				       ? pst_error_set(error, second.status, "%s", second.text)
				       : status;
		}
	}
	if (status == 0) {
		pst_keyring_rotated(vault->ring);
		status = pst_vault_state_write_slot(&vault->state, 0, slot, error);
	}
	if (status < 0) {
		pst_vault_poison(vault);
		return status;
	}
	vault->state.counter++;
	return 0;
}

int pst_vault_rotate(struct pst_vault *vault, const struct pst_key_source *keys, size_t count,
	struct pst_error *error)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const char *reason = NULL;
	int status = pst_vault_read_keys(vault->keys_path, file, error);

	if (status < 0) {
		return status;
	}
	status = pst_keyring_rotate(vault->ring, file, keys, count, &reason);
	if (status < 0) {
		return edit_failure(vault, status, reason, keys, error);
	}
	return replace_all(vault, file, error);
}
