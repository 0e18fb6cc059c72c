/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_KEYFILE_H
#define PST_CRYPTO_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"

/* Inside the crypto room only. */

/**
 * Reads a key file: a regular file of exactly PST_KEYRING_KEY_SIZE bytes that neither group nor
 * others may touch.
 *
 * @param ret_key     in locked memory
 * @param ret_reason  on failure a static sentence
 * @return as pst_keyring_create()
 * On error: ret_key is zeroed.
 */
int pst_keyfile_read(const char *path, uint8_t ret_key[PST_KEYRING_KEY_SIZE],
	const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Reads a credential that systemd hands to a service: $CREDENTIALS_DIRECTORY/NAME, which others
 * may not read and group or others may not write. The group may read: where a service has a user
 * of its own, systemd grants it by an access list, whose mask shows as the group's bits.
 *
 * @param name  pst_keyfile_is_name(), 64 characters at most
 * @return as pst_keyfile_read(); -ENOENT also: not started by systemd with credentials
 */
int pst_keyfile_read_credential(const char *name, uint8_t ret_key[PST_KEYRING_KEY_SIZE],
	const char **ret_reason) __attribute__((warn_unused_result));

/** @return whether it is 1..size - 1 of a-z A-Z 0-9 - _ ., begins with a letter or digit, no ".."
 */
bool pst_keyfile_is_name(const char *text, size_t size);

/** Makes the name of a file durable in its folder. @return 0 or -errno */
int pst_keyfile_sync_folder(const char *path) __attribute__((warn_unused_result));

#endif
