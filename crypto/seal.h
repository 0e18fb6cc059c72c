/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_SEAL_H
#define PST_CRYPTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"

/*
 * A sealed template is three parts that only open together:
 *
 *   header  136 bytes  everything known about the record, in plain, bound as associated data
 *   wrap     73 bytes  the record's own random key, encrypted under its class and bucket key
 *   body    n + 40     the template, XChaCha20-Poly1305 under the record's key
 *
 * Nonces are drawn inside; no call takes one. Keys stay in the keyring's locked memory, so one
 * keyring serves one thread at a time.
 */

#define PST_SEAL_HEADER_SIZE 136
#define PST_SEAL_WRAP_SIZE 73	      /* type 1, nonce 24, key 32, tag 16 */
#define PST_SEAL_OVERHEAD 40	      /* nonce 24, tag 16 */
#define PST_SEAL_PLAIN_MAX (1u << 20) /* bytes */

/**
 * Which key wraps a record's key: retention class, and bucket of expiry (ratchet.h).
 *
 * Bucket 0 is the key that a class had in a vault of schema 1; it only opens, until the migration
 * has erased it.
 */
struct pst_seal_place {
	uint32_t retention;
	uint32_t bucket;
};

/**
 * Seals a template.
 *
 * @param header   borrowed; must be given byte for byte to open
 * @param plain    borrowed; 1..PST_SEAL_PLAIN_MAX bytes
 * @param ret_body room for size + PST_SEAL_OVERHEAD bytes
 * @return 0
 *         -EINVAL          size out of range, bucket 0
 *         PST_E_EXPIRED    the bucket has no key any more
 *         PST_E_NOT_FOUND  no ratchet of this class
 *         PST_E_CORRUPT    a bucket later than a record of the class can have
 *         PST_E_VAULT      the encryption failed
 * On error: ret_wrap is zeroed, ret_body untouched or zeroed.
 */
int pst_seal(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t *plain, size_t size,
	uint8_t ret_wrap[PST_SEAL_WRAP_SIZE], uint8_t *ret_body)
	__attribute__((warn_unused_result));

/**
 * Opens a sealed template.
 *
 * @param ret_plain  room for body_size - PST_SEAL_OVERHEAD bytes, in locked memory (secret.h)
 * @return 0
 *         PST_E_CORRUPT    header, wrap or body are not as sealed, or not by this vault
 *         PST_E_EXPIRED    the bucket has no key any more
 *         PST_E_NOT_FOUND  no ratchet of this class
 * On error: ret_plain is zeroed.
 */
int pst_unseal(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t wrap[PST_SEAL_WRAP_SIZE],
	const uint8_t *body, size_t body_size, uint8_t *ret_plain)
	__attribute__((warn_unused_result));

/**
 * Wraps a record's key anew, for another place; header and body stay as they are.
 *
 * @param wrap      as sealed for `from`
 * @param ret_wrap  may be wrap
 * @return 0; as pst_unseal(), and then ret_wrap is untouched
 */
int pst_seal_rewrap(const struct pst_keyring *ring, struct pst_seal_place from,
	struct pst_seal_place to, const uint8_t header[PST_SEAL_HEADER_SIZE],
	const uint8_t wrap[PST_SEAL_WRAP_SIZE], uint8_t ret_wrap[PST_SEAL_WRAP_SIZE])
	__attribute__((warn_unused_result));

#endif
