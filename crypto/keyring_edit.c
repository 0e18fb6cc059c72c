/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keyring_edit.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "crypto/secret.h"
#include "postern/status.h"

int pst_keyring_edit_begin(struct pst_keyring_edit **ret_edit, const uint8_t *file,
	const struct pst_key_source *key, const char **ret_reason)
{
	void *memory;
	uint8_t unused[PST_KEYRING_FILE_SIZE];
	int status = pst_secret_alloc(sizeof(struct pst_keyring_edit), &memory);
	struct pst_keyring_edit *edit = memory;

	*ret_edit = edit;
	if (status < 0) {
		if (ret_reason) {
			*ret_reason = "no memory that can be locked; raise the limit (ulimit -l)";
		}
		return status;
	}
	edit->reason = "the keyring file is damaged";
	if (!pst_keyring_file_is_current(file, PST_KEYRING_FILE_SIZE)) {
		return PST_E_CORRUPT;
	}
	memcpy(edit->file, file, sizeof(edit->file));
	edit->slot = pst_keyring_file_open(&edit->work, key, edit->file, sizeof(edit->file),
		&edit->secrets, unused, &edit->reason);
	return edit->slot < 0 ? edit->slot : 0;
}

int pst_keyring_edit_end(
	struct pst_keyring_edit **edit, int status, uint8_t *file, const char **ret_reason)
{
	void *memory = *edit;

	if (*edit && status < 0 && (*edit)->reason && ret_reason) {
		*ret_reason = (*edit)->reason;
	}
	if (*edit && status >= 0) {
		pst_keyring_file_seal(&(*edit)->work, &(*edit)->secrets, (*edit)->file);
		memcpy(file, (*edit)->file, PST_KEYRING_FILE_SIZE);
	}
	pst_secret_free(&memory);
	*edit = NULL;
	return status;
}

int pst_keyring_slot_at(
	const uint8_t *file, size_t size, size_t index, struct pst_keyring_slot *ret_slot)
{
	*ret_slot = (struct pst_keyring_slot){0};
	if (index >= PST_KEYRING_SLOTS || !pst_keyring_file_is_current(file, size)) {
		return PST_E_CORRUPT;
	}
	return pst_key_slots_describe(file + SLOTS_AT + index * SLOTS_SIZE, ret_slot);
}

int pst_keyring_slot_of(
	const uint8_t *file, const struct pst_key_source *key, const char **ret_reason)
{
	struct pst_keyring_edit *edit;
	uint8_t unchanged[PST_KEYRING_FILE_SIZE];
	int status = pst_keyring_edit_begin(&edit, file, key, ret_reason);

	if (status == 0) {
		status = edit->slot;
	}
	return pst_keyring_edit_end(&edit, status, unchanged, ret_reason);
}

static int find_room(struct pst_keyring_edit *edit)
{
	for (int i = 0; i < PST_KEYRING_SLOTS; i++) {
		if (*pst_key_slots_at(edit->file, (size_t)i) == PST_KEY_SOURCE_UNSET) {
			return i;
		}
	}
	edit->reason = "all key slots are taken; remove one first";
	return -ENOSPC;
}

static int add_slot(struct pst_keyring_edit *edit, const struct pst_key_source *more)
{
	int room = find_room(edit);

	if (room < 0) {
		return room;
	}
	if (more->kind != PST_KEY_SOURCE_UNSET &&
		pst_key_slots_labelled(edit->file, pst_key_slots_label(more)) >= 0) {
		edit->reason = "a key slot of that label is there already; give another --label";
		return -EEXIST;
	}
	/* The search unwraps into the same working memory: the same root, or none. */
	int has = pst_key_slots_find(&edit->work, more, edit->file, &edit->reason);
	if (has >= 0) {
		edit->reason = "the new key opens the vault already";
		return -EEXIST;
	}
	return has == PST_E_VAULT ? pst_key_slots_fill(&edit->work, more, edit->file, (size_t)room,
					    &edit->reason)
				  : has;
}

int pst_keyring_add_slot(uint8_t *file, const struct pst_key_source *key,
	const struct pst_key_source *more, const char **ret_reason)
{
	struct pst_keyring_edit *edit;
	int status = pst_keyring_edit_begin(&edit, file, key, ret_reason);

	if (status == 0) {
		status = add_slot(edit, more);
	}
	return pst_keyring_edit_end(&edit, status, file, ret_reason);
}

static int remove_slot(struct pst_keyring_edit *edit, const char *label)
{
	int slot = pst_key_slots_labelled(edit->file, label);

	if (slot < 0) {
		edit->reason = "no key slot of that label; 'postern vault key list' shows them";
		return PST_E_NOT_FOUND;
	}
	if (pst_key_slots_count(edit->file) < 2) {
		edit->reason = "it is the last key: nothing would open the vault again; add "
			       "another first";
		return PST_E_UNSAFE;
	}
	memset(pst_key_slots_at(edit->file, (size_t)slot), 0, SLOTS_SIZE);
	return 0;
}

int pst_keyring_remove_slot(
	uint8_t *file, const struct pst_key_source *key, const char *label, const char **ret_reason)
{
	struct pst_keyring_edit *edit;
	int status = pst_keyring_edit_begin(&edit, file, key, ret_reason);

	if (status == 0) {
		status = remove_slot(edit, label);
	}
	return pst_keyring_edit_end(&edit, status, file, ret_reason);
}

/* A slot for the key under the new root, where its old one was, with its label and time. */
static int keep_slot(struct pst_keyring_edit *edit, const uint8_t *root, struct pst_key_source key,
	const uint8_t *before)
{
	struct pst_keyring_slot slot;
	int index = pst_key_slots_find(&edit->work, &key, before, &edit->reason);

	if (index < 0) {
		return index;
	}
	if (*pst_key_slots_at(edit->file, (size_t)index) != PST_KEY_SOURCE_UNSET) {
		edit->reason = "two of the keys given are the same one";
		return -EEXIST;
	}
	int status = pst_key_slots_describe(before + SLOTS_AT + (size_t)index * SLOTS_SIZE, &slot);
	if (status < 0) {
		return status;
	}
	key.label = slot.label;
	key.now_s = slot.created_s;
	memcpy(edit->work.root, root, KEY_SIZE);
	return pst_key_slots_fill(&edit->work, &key, edit->file, (size_t)index, &edit->reason);
}

int pst_keyring_edit_root(
	struct pst_keyring_edit *edit, const struct pst_key_source *keys, size_t count)
{
	uint8_t before[PST_KEYRING_FILE_SIZE];
	void *root;
	int status = pst_secret_alloc(KEY_SIZE, &root);

	if (status < 0) {
		edit->reason = "no memory that can be locked; raise the limit (ulimit -l)";
		return status;
	}
	randombytes_buf(root, KEY_SIZE);
	memcpy(before, edit->file, sizeof(before));
	memset(edit->file + SLOTS_AT, 0, (size_t)PST_KEYRING_SLOTS * SLOTS_SIZE);
	pst_keyring_file_count_root(edit->file);
	for (size_t i = 0; status == 0 && i < count; i++) {
		status = keep_slot(edit, root, keys[i], before);
	}
	memcpy(edit->work.root, root, KEY_SIZE);
	pst_secret_free(&root);
	return status;
}
