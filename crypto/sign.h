/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_SIGN_H
#define PST_CRYPTO_SIGN_H

#include <stddef.h>
#include <stdint.h>

#define PST_SIGN_SEED_SIZE 32	   /* bytes */
#define PST_SIGN_PUBLIC_SIZE 32	   /* bytes */
#define PST_SIGN_SIGNATURE_SIZE 64 /* bytes, Ed25519 (RFC 8032), deterministic */

/** A signing key in locked memory. */
struct pst_sign_key;

/**
 * Makes the key pair of a seed. The seed is copied, not kept.
 *
 * @param ret_key  the caller closes it with pst_sign_key_close()
 * @return 0 or -ENOMEM
 */
int pst_sign_key_open(struct pst_sign_key **ret_key, const uint8_t seed[PST_SIGN_SEED_SIZE])
	__attribute__((warn_unused_result));

/** Wipes, frees and nulls. Accepts NULL. */
void pst_sign_key_close(struct pst_sign_key **key);

/** Copies out the public half. */
void pst_sign_public(const struct pst_sign_key *key, uint8_t ret_public[PST_SIGN_PUBLIC_SIZE]);

/**
 * Signs bytes. What is signed begins with a text that names its kind and version, so that a
 * signature made for one thing means nothing for another; the caller puts it there.
 */
void pst_sign(const struct pst_sign_key *key, const void *data, size_t size,
	uint8_t ret_signature[PST_SIGN_SIGNATURE_SIZE]);

/** @return 0, or PST_E_CORRUPT when the signature is not this key's over these bytes */
int pst_sign_verify(const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[PST_SIGN_SIGNATURE_SIZE]) __attribute__((warn_unused_result));

#endif
