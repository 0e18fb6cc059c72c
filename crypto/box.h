/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_BOX_H
#define PST_CRYPTO_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"
#include "crypto/ratchet.h"
#include "crypto/seal.h"

/*
 * What a lane seals and cannot open again: a template in two parts beside its header.
 *
 *   wrap  113 bytes  type 2; the template's own random key and the header's BLAKE2b-256, sealed to
 *                    the public key of the header's bucket (crypto_box_seal)
 *   body  n + 40     the template, XChaCha20-Poly1305 under that key, the header as associated data
 *
 * A sealed box tells neither who made it nor what for. The hash in it binds the header; who made it
 * shows in a signature that the caller puts over all of it.
 */

#define PST_BOX_WRAP_SIZE 113 /* type 1; box 48 + key 32 + hash 32 */

/** @return false for the points of low order, whose shared secrets everybody knows */
bool pst_box_is_usable(const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE]);

/**
 * Seals. No secret outlives the call but the template that the caller wipes.
 *
 * @param plain     borrowed; 1..PST_SEAL_PLAIN_MAX bytes
 * @param ret_body  room for size + PST_SEAL_OVERHEAD bytes
 * @return 0
 *         -EINVAL  size out of range, or a public key of low order
 *         -ENOMEM  no memory that can be locked
 * On error: ret_wrap is zeroed.
 */
int pst_box_seal(const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE],
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t *plain, size_t size,
	uint8_t ret_wrap[PST_BOX_WRAP_SIZE], uint8_t *ret_body) __attribute__((warn_unused_result));

/**
 * Opens.
 *
 * @param place      the one that the header names
 * @param ret_plain  room for body_size - PST_SEAL_OVERHEAD bytes, in locked memory
 * @return 0
 *         PST_E_EXPIRED, PST_E_NOT_FOUND  the place has no key any more, or never had one
 *         PST_E_CORRUPT                   not sealed to this vault, or not with this header
 *         -ENOMEM
 * On error: ret_plain is zeroed.
 */
int pst_box_open(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t header[PST_SEAL_HEADER_SIZE], const uint8_t wrap[PST_BOX_WRAP_SIZE],
	const uint8_t *body, size_t body_size, uint8_t *ret_plain)
	__attribute__((warn_unused_result));

#endif
