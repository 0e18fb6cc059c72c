/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_KEYRING_EDIT_H
#define PST_CRYPTO_KEYRING_EDIT_H

#include "crypto/keyring_file.h"

/* Inside the crypto room only: a keyring file that is being changed. */

/** Lives in locked memory. */
struct pst_keyring_edit {
	struct pst_key_slots_work work; /* its root is the file's */
	struct pst_keyring_secrets secrets;
	int slot;	    /* of the key that opened the file */
	const char *reason; /* of a failure */
	uint8_t file[PST_KEYRING_FILE_SIZE];
};

/** Opens a file of this version to change it. @return as pst_keyring_open() */
int pst_keyring_edit_begin(struct pst_keyring_edit **ret_edit, const uint8_t *file,
	const struct pst_key_source *key, const char **ret_reason)
	__attribute__((warn_unused_result));

/** Makes a new root; slots stay where keys has theirs. @return as pst_keyring_rotate() */
int pst_keyring_edit_root(struct pst_keyring_edit *edit, const struct pst_key_source *keys,
	size_t count) __attribute__((warn_unused_result));

/**
 * Ends it: with a status of 0 or more the changed file is sealed and handed over, else file stays
 * as it is. Accepts NULL.
 *
 * @return status
 */
int pst_keyring_edit_end(struct pst_keyring_edit **edit, int status, uint8_t *file,
	const char **ret_reason) __attribute__((warn_unused_result));

#endif
