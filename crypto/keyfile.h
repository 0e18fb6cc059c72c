/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_KEYFILE_H
#define PST_CRYPTO_KEYFILE_H

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

/** Makes the name of a file durable in its folder. @return 0 or -errno */
int pst_keyfile_sync_folder(const char *path) __attribute__((warn_unused_result));

#endif
