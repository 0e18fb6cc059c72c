/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_MAC_H
#define PST_CRYPTO_MAC_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/sign.h"

/*
 * A forward-secure MAC for a log: one key per entry, each made from the one before by a step that
 * nobody can undo, and the one before erased.
 *
 *   seed --> key of entry 1 --step--> key of entry 2 --step--> ...
 *              |                        |
 *              tag of entry 1           tag of entry 2
 *
 * The seed is drawn at random and is derived from nothing: it stands in a file of its own, which
 * the operator moves to another machine; whoever holds it can recompute every tag. Who steals the
 * current key can make tags from there on and none for what lies before.
 *
 * An epoch is one such line of keys. A file of seeds is text, mode 0600, one line per epoch:
 *
 *   postern-audit-key-1 LOG EPOCH SEED      32 hex digits, a number from 1, 64 hex digits
 */

#define PST_MAC_SIZE 32		   /* bytes of a tag, BLAKE2b-256 keyed (RFC 7693) */
#define PST_MAC_LOG_SIZE 16	   /* bytes of a log's id */
#define PST_MAC_COMMITMENT_SIZE 32 /* bytes; tells seeds apart and gives none away */
#define PST_MAC_SEALED_SIZE 72	   /* bytes of a sealed key */
#define PST_MAC_EPOCHS_MAX 64	   /* lines of a file of seeds */

#define PST_MAC_MUST_CHECK __attribute__((warn_unused_result))

/** Whose key it is. */
struct pst_mac_name {
	uint8_t log[PST_MAC_LOG_SIZE];
	uint32_t epoch; /* from 1 */
};

/** The current key in locked memory, and the one of the entries that are being written. */
struct pst_mac;

/**
 * Draws a seed, adds it durably to a file of seeds (made if missing) and keeps only the first key.
 *
 * @param ret_mac     the caller closes it with pst_mac_close()
 * @param ret_reason  on failure a static sentence; may be NULL
 * @return 0, -ENOMEM, -errno, or as pst_mac_load() where the file cannot be read
 */
int pst_mac_create(struct pst_mac **ret_mac, const struct pst_mac_name *name, const char *path,
	const char **ret_reason) PST_MAC_MUST_CHECK;

/**
 * Takes the first key of an epoch from a file of seeds.
 *
 * @return 0
 *         PST_E_NOT_FOUND  no seed of that name in it
 *         PST_E_UNSAFE     group or others can read or write it
 *         PST_E_FORMAT     not a file of seeds
 *         -ENOMEM, -errno
 */
int pst_mac_load(struct pst_mac **ret_mac, const struct pst_mac_name *name, const char *path,
	const char **ret_reason) PST_MAC_MUST_CHECK;

/**
 * Moves a file of seeds: copies it durably to a new file (mode 0600), compares, then overwrites and
 * removes the old one. What a disk keeps of overwritten blocks is the disk's affair.
 *
 * @return 0, -EEXIST (a file stands there), as pst_mac_load()
 * On error: the old file stands, unless removing it was what failed.
 */
int pst_mac_take(const char *path, const char *to, const char **ret_reason) PST_MAC_MUST_CHECK;

/** Wipes, frees and nulls. Accepts NULL. */
void pst_mac_close(struct pst_mac **mac);

/** Tags an entry with the key ahead, and steps that. */
void pst_mac_tag(struct pst_mac *mac, const void *data, size_t size, uint8_t ret_tag[PST_MAC_SIZE]);

/** The same for an entry that has its tag. @return 0, or PST_E_CORRUPT when it is another one */
int pst_mac_check(struct pst_mac *mac, const void *data, size_t size,
	const uint8_t tag[PST_MAC_SIZE]) PST_MAC_MUST_CHECK;

/** Steps the key ahead past entries that are not at hand. */
void pst_mac_skip(struct pst_mac *mac, uint64_t entries);

/** What was tagged is durable: the key ahead becomes the current one, which is erased. */
void pst_mac_commit(struct pst_mac *mac);

/** What was tagged was not written: back to the current key. */
void pst_mac_rollback(struct pst_mac *mac);

/** Copies out the commitment to the seed; zeroes where the key came out of pst_mac_unseal(). */
void pst_mac_commitment(const struct pst_mac *mac, uint8_t ret_commitment[PST_MAC_COMMITMENT_SIZE]);

/**
 * Seals the current key under a key that is made from a signing key.
 *
 * @param context  what the sealed key is bound to
 */
void pst_mac_seal(struct pst_mac *mac, const struct pst_sign_key *key, const void *context,
	size_t size, uint8_t ret_sealed[PST_MAC_SEALED_SIZE]);

/** @return 0, -ENOMEM, or PST_E_CORRUPT: damaged, of another context or signing key */
int pst_mac_unseal(struct pst_mac **ret_mac, const struct pst_sign_key *key, const void *context,
	size_t size, const uint8_t sealed[PST_MAC_SEALED_SIZE]) PST_MAC_MUST_CHECK;

#endif
