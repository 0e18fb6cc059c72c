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
	struct pst_seal_place place; /* whose key place_key is; valid if has_place */
	uint32_t has_place;
	uint8_t place_key[KEY_SIZE];
	uint8_t record_key[KEY_SIZE];
};

/** @return the ring's working memory with the key of a place in place_key */
struct pst_keyring_scratch *pst_keyring_place_key(
	const struct pst_keyring *ring, struct pst_seal_place place);

#endif
