/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_KEYRING_H
#define PST_CRYPTO_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/provider.h"
#include "crypto/sign.h"

/*
 * From what a person holds to the keys that do the work:
 *
 *   key file | credential | passphrase (Argon2id) | provider  --unwraps its slot-->  root key
 *   root key  --unseals-->  pseudonym key, signing seed, state key (and, in
 *                             vaults of schema 1, the record seed; zeroes since)
 *
 * Slots and the sealed secrets stand in one small file of fixed size, authenticated as a whole
 * under the root key. A new root re-wraps that file only; no record changes.
 *
 * Functions that change a file work on its bytes; the caller stores them. They need a key that
 * opens it, and change nothing on failure.
 */

#define PST_KEYRING_KEY_SIZE 32	   /* bytes of a key file and of a credential */
#define PST_KEYRING_SLOTS 8	   /* places for keys in a keyring file */
#define PST_KEYRING_FILE_SIZE 4096 /* bytes of a keyring file */
#define PST_KEYRING_ID_SIZE 16	   /* bytes of a vault's id */
#define PST_KEYRING_LABEL_SIZE 32  /* bytes of a slot's label, with the NUL */
#define PST_KEYRING_PSEUDONYM_SIZE 16
#define PST_KEYRING_TAG_SIZE 32

/** The values are stored. */
enum pst_key_source_kind {
	PST_KEY_SOURCE_UNSET = 0,
	PST_KEY_SOURCE_FILE = 1,
	PST_KEY_SOURCE_PASSPHRASE = 2,
	PST_KEY_SOURCE_CREDENTIAL = 3,
	PST_KEY_SOURCE_PROVIDER = 4,
};

/**
 * What opens a keyring. Borrowed until the call returns.
 *
 * A credential is a key file that systemd hands to a service: $CREDENTIALS_DIRECTORY/NAME. The
 * same 32 bytes open the same slot, whether they come as a file or as a credential.
 */
struct pst_key_source {
	enum pst_key_source_kind kind;
	const char *path;		     /* FILE */
	const char *credential;		     /* CREDENTIAL: its name */
	const char *passphrase;		     /* PASSPHRASE; 8 bytes at least; the caller wipes it */
	size_t passphrase_size;		     /* bytes, without a NUL */
	const struct pst_provider *provider; /* PROVIDER */

	/* Of a slot that is made for it, else unused. */
	const char *label; /* an id of 31 characters at most; NULL: the kind's name */
	int64_t now_s;	   /* seconds since 1970; 0: not told */
};

/** What is known of a slot without any key. */
struct pst_keyring_slot {
	enum pst_key_source_kind kind;
	char label[PST_KEYRING_LABEL_SIZE];
	char provider[PST_PROVIDER_NAME_SIZE]; /* "": none */
	int64_t created_s;		       /* 0: not known */
	uint64_t ops;			       /* of Argon2id; 0: no passphrase */
	uint64_t memory;		       /* bytes */
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
 *         -ENOENT, -EACCES, ...  the key file or credential cannot be read
 *         -EINVAL                not a regular file, not 32 bytes, passphrase too short, no label
 *         PST_E_UNSAFE           others can read or write the key
 *         PST_E_NOT_FOUND, ...   what a provider answers
 *         -ENOMEM                no memory, or none that can be locked
 */
int pst_keyring_create(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	uint8_t ret_file[PST_KEYRING_FILE_SIZE], const char **ret_reason)
	__attribute__((warn_unused_result));

/**
 * Opens a keyring file with a key. A passphrase costs about half a second and 256 MiB on purpose.
 *
 * A file of version 1 opens, too; pst_keyring_upgraded() then has what to store in its place.
 *
 * @return as pst_keyring_create(), and
 *         PST_E_VAULT    no slot is this key's
 *         PST_E_CORRUPT  not a keyring file, of an unknown version, or damaged
 */
int pst_keyring_open(struct pst_keyring **ret_ring, const struct pst_key_source *source,
	const uint8_t *file, size_t size, const char **ret_reason)
	__attribute__((warn_unused_result));

/** @return whether the ring holds the record seed that a vault of schema 1 had */
bool pst_keyring_has_seed(const struct pst_keyring *ring);

/** Wipes, frees and nulls. Accepts NULL. */
void pst_keyring_close(struct pst_keyring **ring);

/** @return the bytes to store in place of an older file, valid while the ring is open; or NULL */
const uint8_t *pst_keyring_upgraded(const struct pst_keyring *ring);

/**
 * Tells about a slot. Nothing is verified: without a key a file can say anything.
 *
 * @param index  0..PST_KEYRING_SLOTS - 1
 * @return 1 it holds a key, 0 it is empty, PST_E_CORRUPT (also: a file of version 1)
 */
int pst_keyring_slot_at(const uint8_t *file, size_t size, size_t index,
	struct pst_keyring_slot *ret_slot) __attribute__((warn_unused_result));

/** @return the index of a key's slot in a file of this version, or as pst_keyring_open() */
int pst_keyring_slot_of(const uint8_t *file, const struct pst_key_source *key,
	const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Adds a slot for one more key.
 *
 * @param file  of this version, PST_KEYRING_FILE_SIZE bytes
 * @param key   opens it
 * @param more  the new one, with its label
 * @return as pst_keyring_open(), and
 *         -EEXIST  the label is taken, or the new key opens the file already
 *         -ENOSPC  all slots are taken
 */
int pst_keyring_add_slot(uint8_t *file, const struct pst_key_source *key,
	const struct pst_key_source *more, const char **ret_reason)
	__attribute__((warn_unused_result));

/**
 * Removes a slot, be it the key's own.
 *
 * @return as pst_keyring_open(), and
 *         PST_E_NOT_FOUND  no slot of that label
 *         PST_E_UNSAFE     it is the last one: nothing would open the vault again
 */
int pst_keyring_remove_slot(uint8_t *file, const struct pst_key_source *key, const char *label,
	const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Makes a new root and a new state key. A slot stays only where its key is given: nobody else can
 * wrap the new root for it. The other secrets stay, so that records and signatures do.
 *
 * @param ring   the file's; it works on with the old state key until pst_keyring_rotated()
 * @param file   of this version, PST_KEYRING_FILE_SIZE bytes
 * @param keys   the first one opens it; all are kept, with label and time of creation
 * @return as pst_keyring_open(), and
 *         -EEXIST  two of the keys have the same slot
 */
int pst_keyring_rotate(struct pst_keyring *ring, uint8_t *file, const struct pst_key_source *keys,
	size_t count, const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Takes the record seed of schema 1 out of the file and the ring: what it wrapped opens no more.
 *
 * @return as pst_keyring_open()
 */
int pst_keyring_retire_seed(struct pst_keyring *ring, uint8_t *file,
	const struct pst_key_source *key, const char **ret_reason)
	__attribute__((warn_unused_result));

/** Goes over to the new state key: the rotated file stands. */
void pst_keyring_rotated(struct pst_keyring *ring);

/**
 * Wipes everything that opens or names anything: secrets, ratchets, working memory, and what may
 * lie about on the stack. The signing key stays, so that the log can go on. Until
 * pst_keyring_recall() nothing seals and nothing opens with the ring.
 */
void pst_keyring_forget(struct pst_keyring *ring);

/**
 * Takes the secrets in again after pst_keyring_forget(); the ratchets come from their own file.
 *
 * @return as pst_keyring_open(); PST_E_VAULT also: the file is of another vault
 */
int pst_keyring_recall(struct pst_keyring *ring, const struct pst_key_source *source,
	const uint8_t *file, size_t size, const char **ret_reason)
	__attribute__((warn_unused_result));

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
