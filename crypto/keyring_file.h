/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_KEYRING_FILE_H
#define PST_CRYPTO_KEYRING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/slots.h"

/*
 * Inside the crypto room only. The keyring file, little endian, 4096 bytes:
 *
 *      0  magic 8, version 4, suite 4, vault id 16, generation of the root 8, zero 48
 *     88  8 slots of 464 (slots.h)
 *   3800  nonce 24, sealed secrets 256 + 16; associated data: all bytes before
 *
 * Version 1 had 1496 bytes: slots of 160 bytes at 48, one of them in use (slots.c), and at 1328
 * the first four secrets. It is read, and the other secrets are made from its root.
 */

/** Stored as they stand; in locked memory. */
struct pst_keyring_secrets {
	uint8_t record_seed[KEY_SIZE];
	uint8_t pseudonym_key[KEY_SIZE];
	uint8_t signing_seed[KEY_SIZE];
	uint8_t state_key[KEY_SIZE]; /* seals the ratchets' state file; new with every root */
	uint8_t spare[4][KEY_SIZE];
};

/** What stands in front of the slots of a new vault; the rest is zeroed. */
void pst_keyring_file_begin(uint8_t file[PST_KEYRING_FILE_SIZE]);

/** A new root follows on the one before. */
void pst_keyring_file_count_root(uint8_t *file);

/** @return whether it is a file of this version; what stands in it is unverified */
bool pst_keyring_file_is_current(const uint8_t *file, size_t size);

/** Seals the secrets under work->root and binds everything in front of them. */
void pst_keyring_file_seal(struct pst_key_slots_work *work,
	const struct pst_keyring_secrets *secrets, uint8_t file[PST_KEYRING_FILE_SIZE]);

/**
 * Opens a file of any known version.
 *
 * @param ret_current  the same as a file of this version, where it was an older one; else zeroes
 * @return the index of the source's slot in a file of this version, or as pst_keyring_open();
 *         work->root holds the root
 */
int pst_keyring_file_open(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, size_t size, struct pst_keyring_secrets *ret_secrets,
	uint8_t ret_current[PST_KEYRING_FILE_SIZE], const char **ret_reason)
	__attribute__((warn_unused_result));

#endif
