/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fd.h"
#include "crypto/secret.h"
#include "vault/inside.h"
#include "vault/keys.h"
#include "vault/state.h"
#include "vault/transform.h"

/* The end of the bucket that ends first, of all classes. */
static int64_t first_end_s(const struct pst_keyring *ring)
{
	struct pst_ratchet_class class;
	int64_t first_s = INT64_MAX;

	for (unsigned i = 0; pst_ratchet_at(ring, i, &class); i++) {
		int64_t end_s = (int64_t) class.bucket * class.width_s;

		first_s = end_s < first_s ? end_s : first_s;
	}
	return first_s;
}

void pst_vault_lock(struct pst_vault *vault)
{
	if (!vault->db.locked) {
		vault->due_s = first_end_s(vault->ring);
	}
	vault->db.locked = true;
	pst_secret_free((void **)&vault->plain);
	vault->plain_room = 0;
	pst_vault_transform_destroy(&vault->transform);
	pst_keyring_forget(vault->ring);
}

static int recall_keys(
	struct pst_vault *vault, const struct pst_key_source *key, struct pst_error *error)
{
	uint8_t file[PST_KEYRING_FILE_SIZE];
	const char *reason = NULL;
	int status = pst_vault_read_keys(vault->keys_path, file, error);

	if (status < 0) {
		return status;
	}
	status = pst_keyring_recall(vault->ring, key, file, sizeof(file), &reason);
	return status < 0 ? pst_vault_key_failure(status, key, vault->keys_path, reason, error) : 0;
}

/* The vault's time goes on from where it was: nobody else has the vault meanwhile. */
static int recall_state(struct pst_vault *vault, struct pst_error *error)
{
	struct pst_ratchet_stamp stamp;
	char path[PATH_MAX];

	memcpy(path, vault->state.path, sizeof(path));
	pst_vault_state_close(&vault->state);
	return pst_vault_state_open(&vault->state, path, vault->ring, &stamp, error);
}

int pst_vault_unlock(
	struct pst_vault *vault, const struct pst_key_source *key, struct pst_error *error)
{
	int status = 0;

	if (!vault->db.locked) {
		return 0;
	}
	status = recall_keys(vault, key, error);
	if (status == 0) {
		status = recall_state(vault, error);
	}
	if (status < 0) {
		pst_keyring_forget(vault->ring);
		return status;
	}
	vault->db.locked = false;
	return 0;
}

bool pst_vault_is_locked(const struct pst_vault *vault)
{
	return vault->db.locked;
}

int64_t pst_vault_due_s(const struct pst_vault *vault)
{
	return vault->db.locked ? vault->due_s : INT64_MAX;
}
