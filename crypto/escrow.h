/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_ESCROW_H
#define PST_CRYPTO_ESCROW_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"
#include "crypto/ratchet.h"

/*
 * The states of the classes that may be recovered, sealed to a key that is kept offline:
 *
 *     0  magic 8, version 4, classes 4, vault id 16, made 8, recovery public key 32
 *    72  classes * 112 + 48: crypto_box_seal of their states
 *   end  tag 32, keyed by the vault, over all before: nobody else makes one that is taken
 *
 * Little endian. The recovery key is a key file; its 32 bytes are the seed of an X25519 pair.
 * Classes of 31 days or less are never in it (crypto/ratchet.h). Whoever has an old one and the
 * recovery key opens what has expired since: its age is the bound of what expiry promises.
 */
#define PST_ESCROW_SIZE_MAX (72 + PST_RATCHET_CLASSES * 112 + 48 + 32)

/** What stands in it in plain. */
struct pst_escrow {
	uint32_t classes;
	int64_t made_s; /* the vault's time */
	uint8_t public_key[PST_RATCHET_PUBLIC_SIZE];
};

/**
 * The public key of a recovery key file.
 *
 * @param ret_reason  may be NULL; on failure a static sentence
 * @return as pst_keyring_create()
 */
int pst_escrow_public(const char *key_path, uint8_t ret_public[PST_RATCHET_PUBLIC_SIZE],
	const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Seals all classes that are escrowed.
 *
 * @return 0; -EINVAL a public key of low order; -ENOMEM
 */
int pst_escrow_seal(const struct pst_keyring *ring,
	const uint8_t public_key[PST_RATCHET_PUBLIC_SIZE], int64_t made_s,
	uint8_t ret_bytes[PST_ESCROW_SIZE_MAX], size_t *ret_size)
	__attribute__((warn_unused_result));

/** Reads what stands in plain. @return 0, PST_E_CORRUPT (damaged, or not this vault's) */
int pst_escrow_check(const struct pst_keyring *ring, const uint8_t *bytes, size_t size,
	struct pst_escrow *ret_escrow) __attribute__((warn_unused_result));

/**
 * Takes the classes into a ring that has none.
 *
 * @param ret_reason  may be NULL; on failure a static sentence
 * @return 0; PST_E_CORRUPT; PST_E_VAULT another recovery key; as pst_keyring_create()
 */
int pst_escrow_open(struct pst_keyring *ring, const char *key_path, const uint8_t *bytes,
	size_t size, struct pst_escrow *ret_escrow, const char **ret_reason)
	__attribute__((warn_unused_result));

#endif
