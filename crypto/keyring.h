/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_KEYRING_H
#define PST_CRYPTO_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/sign.h"

/*
 * From what a person holds to the keys that do the work:
 *
 *   key file | passphrase (Argon2id)  --unwraps its slot-->  root key
 *   root key  --unseals-->  record seed, pseudonym key, signing seed, a spare
 *
 * Slots and the sealed secrets stand in one small file of fixed size, authenticated as a whole
 * under the root key. A new root re-wraps that file only; no record changes.
 */

#define PST_KEYRING_KEY_SIZE 32	   /* bytes of a key file */
#define PST_KEYRING_SLOTS 8	   /* places for keys in a keyring file */
#define PST_KEYRING_FILE_SIZE 1496 /* bytes of a keyring file */
#define PST_KEYRING_ID_SIZE 16	   /* bytes of a vault's id */
#define PST_KEYRING_PSEUDONYM_SIZE 16
#define PST_KEYRING_TAG_SIZE 32

enum pst_key_source_kind {
	PST_KEY_SOURCE_UNSET = 0,
	PST_KEY_SOURCE_FILE = 1,
	PST_KEY_SOURCE_PASSPHRASE = 2,
};

/** What opens a keyring. Borrowed until the call returns. */
struct pst_key_source {
	enum pst_key_source_kind kind;
	const char *path;	/* FILE */
	const char *passphrase; /* PASSPHRASE; 8 bytes at least; the caller wipes it */
	size_t passphrase_size; /* bytes, without a NUL */
};

/** The opened keys, in locked memory. One thread at a time. */
struct pst_keyring;

/**
 * Makes a key file: 32 random bytes, mode 0600, durable. An existing file is never overwritten.
 *
 * @return 0, or -errno (-EEXIST)
 */
int pst_keyring_make_key_file(const char *path) __attribute__((warn_unused_result));

/**
 * Opens the signing key whose seed is a key file, for a lane that has no vault.
 *
 * @param ret_key     the caller closes it with pst_sign_key_close()
 * @param ret_reason  may be NULL; on failure a static sentence that says why
 * @return as pst_keyring_create()
 */
int pst_keyring_open_signer(struct pst_sign_key **ret_key, const char *path,
	const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Makes new random keys, with one slot for the source.
 *
 * @param ret_file    what the caller stores as the keyring file; holds no plain key
 * @param ret_reason  may be NULL; on failure a static sentence that says why
 * @return 0
 *         -ENOENT, -EACCES, ...  the key file cannot be read
 *         -EINVAL                not a regular file, not 32 bytes, passphrase too short
 *         PST_E_UNSAFE           group or others can read or write the key file
 *         -ENOMEM                no memory, or none that can be locked
 */
int pst_keyring_create(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	uint8_t ret_file[PST_KEYRING_FILE_SIZE], const char **ret_reason)
	__attribute__((warn_unused_result));

/**
 * Opens a keyring file with a key. A passphrase costs about half a second and 256 MiB on purpose.
 *
 * @return as pst_keyring_create(), and
 *         PST_E_VAULT    no slot is this key's
 *         PST_E_CORRUPT  not a keyring file, of an unknown version, or damaged
 */
int pst_keyring_open(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	const uint8_t *file, size_t size, const char **ret_reason)
	__attribute__((warn_unused_result));

/** Wipes, frees and nulls. Accepts NULL. */
void pst_keyring_close(struct pst_keyring **ring);

/** @return the vault's id, PST_KEYRING_ID_SIZE bytes, valid while the ring is open */
const uint8_t *pst_keyring_id(const struct pst_keyring *ring);

/** @return how many slots hold a key */
unsigned pst_keyring_slots(const struct pst_keyring *ring);

/** @return the key that signs audit checkpoints and receipts, valid while the ring is open */
const struct pst_sign_key *pst_keyring_signer(const struct pst_keyring *ring);

/** A keyed hash of a subject reference: the same in one vault, unrelated between vaults. */
void pst_keyring_pseudonym(const struct pst_keyring *ring, const void *text, size_t size,
	uint8_t ret_pseudonym[PST_KEYRING_PSEUDONYM_SIZE]);

/**
 * Secret bytes for a transform of templates: always the same in one vault for a number and a
 * dimension, unrelated between numbers, dimensions and vaults.
 *
 * @param ret  size bytes, in locked memory
 */
void pst_keyring_transform_stream(const struct pst_keyring *ring, uint32_t number,
	uint32_t dimension, uint8_t *ret, size_t size);

/** A keyed hash that shows whether a stored row is the vault's own. */
void pst_keyring_tag(const struct pst_keyring *ring, const void *row, size_t size,
	uint8_t ret_tag[PST_KEYRING_TAG_SIZE]);

#endif
