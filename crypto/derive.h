/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_DERIVE_H
#define PST_CRYPTO_DERIVE_H

#include <stdint.h>

/* Inside the crypto room only. */

/**
 * Derives a key of 32 bytes from another of 32 (crypto_kdf: keyed BLAKE2b).
 *
 * @param number   of the key among those of its context
 * @param context  exactly 8 bytes
 */
void pst_derive(uint8_t *to, uint64_t number, const char context[8], const uint8_t *from);

#endif
