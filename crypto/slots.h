/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_SLOTS_H
#define PST_CRYPTO_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"
#include "crypto/keyring_keys.h"

/* Inside the crypto room only: the slots of a keyring file, each the root wrapped under one key. */

#define SLOTS_AT_ID 16 /* of the file: the vault's id, bound to every slot */
#define SLOTS_AT 48    /* of the file: the first slot */
#define SLOTS_SIZE 160u
#define SLOTS_END (SLOTS_AT + PST_KEYRING_SLOTS * SLOTS_SIZE)

/** What is needed while a slot is made or opened. Lives in locked memory. */
struct pst_slots_work {
	uint8_t source[KEY_SIZE]; /* the key file's bytes */
	uint8_t slot_key[KEY_SIZE];
	uint8_t wrap_key[KEY_SIZE];
	uint8_t check[KEY_SIZE];
	uint8_t root[KEY_SIZE];
	uint8_t secrets_key[KEY_SIZE];
};

/**
 * Makes a slot that wraps work->root under a source's key.
 *
 * @param file        its id must stand; the slot at index is filled
 * @param ret_reason  on failure a static sentence
 * @return as pst_keyring_create()
 */
int pst_slots_fill(struct pst_slots_work *work, const struct pst_key_source *source, uint8_t *file,
	size_t index, const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Finds the slot that is a source's, and unwraps the root into work->root.
 *
 * @param ret_reason  on failure a static sentence
 * @return the slot's index, or as pst_keyring_open()
 */
int pst_slots_find(struct pst_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, const char **ret_reason) __attribute__((warn_unused_result));

/** @return how many slots of a file hold a key */
unsigned pst_slots_count(const uint8_t *file);

#endif
