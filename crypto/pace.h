/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_PACE_H
#define PST_CRYPTO_PACE_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/seal.h"

/* What cryptography costs without us, for benchmarks. All calls: [any] */

/**
 * Makes the calls of libsodium that pst_seal() cannot do without, and nothing else: keys, nonces,
 * the body, the hash of the header, the wrap. What it makes opens nowhere.
 *
 * @param size      1..PST_SEAL_PLAIN_MAX bytes
 * @param ret_body  room for size + PST_SEAL_OVERHEAD bytes
 */
void pst_pace_seal(const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t *plain, size_t size,
	uint8_t ret_wrap[PST_SEAL_WRAP_SIZE], uint8_t *ret_body);

#endif
