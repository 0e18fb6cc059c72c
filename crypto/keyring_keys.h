/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_KEYRING_KEYS_H
#define PST_CRYPTO_KEYRING_KEYS_H

#include <stdint.h>

#include "crypto/keyring.h"
#include "crypto/seal.h"

/* Inside the crypto room only: keys as bytes. */

#define KEY_SIZE 32u

/** Locked working memory of seal and unseal: keys never lie on the stack. */
struct pst_keyring_scratch {
	uint8_t seed_key[KEY_SIZE];
	uint8_t record_key[KEY_SIZE];
};

/** @return the ring's working memory */
struct pst_keyring_scratch *pst_keyring_scratch(const struct pst_keyring *ring);

/**
 * The key of a class in a vault of schema 1, where every record of a class had the same.
 *
 * @param ret_key  in locked memory
 * @return 0, PST_E_EXPIRED (the vault never had a seed, or it was erased)
 */
int pst_keyring_seed_key(const struct pst_keyring *ring, uint32_t retention,
	uint8_t ret_key[KEY_SIZE]) __attribute__((warn_unused_result));

#endif
