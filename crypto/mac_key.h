/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_MAC_KEY_H
#define PST_CRYPTO_MAC_KEY_H

#include "crypto/mac.h"

/* Inside the crypto room only: a MAC key from its seed, and the signing key as a sealing key. */

#define MAC_SEED_SIZE 32u

/**
 * Makes the first key of a seed, which lies in locked memory.
 *
 * @return 0 or -ENOMEM
 */
int pst_mac_begin(struct pst_mac **ret_mac, const struct pst_mac_name *name,
	const uint8_t seed[MAC_SEED_SIZE]) PST_MAC_MUST_CHECK;

/** Makes the key that MAC keys at rest are sealed under. @param ret_key  32 bytes, locked memory */
void pst_sign_sealing_key(const struct pst_sign_key *key, uint8_t *ret_key);

#endif
