/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_SLOTS_H
#define PST_CRYPTO_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"
#include "crypto/keyring_keys.h"

/*
 * Inside the crypto room only: the slots of a keyring file, each the root wrapped under one key.
 *
 * A slot, little endian, 464 bytes; the vault's id and what stands before the nonce are bound to
 * the wrapped root:
 *
 *     0  kind 1 (0: empty), zero 7, created 8, label 32
 *    48  ops limit 8, memory limit 8 (of a passphrase; else 0), salt 16, check value 32
 *   112  provider 32, size of its blob 2, zero 14, blob 208 (of a provider; else 0)
 *   368  nonce 24, wrapped root 48, zero 24
 */

#define SLOTS_AT_ID 16 /* of the file: the vault's id */
#define SLOTS_AT 88    /* of the file: the first slot */
#define SLOTS_SIZE 464u
#define SLOTS_END (SLOTS_AT + PST_KEYRING_SLOTS * SLOTS_SIZE)

/** What is needed while a slot is made or opened. Lives in locked memory. */
struct pst_key_slots_work {
	uint8_t source[KEY_SIZE]; /* the key file's bytes */
	uint8_t slot_key[KEY_SIZE];
	uint8_t wrap_key[KEY_SIZE];
	uint8_t check[KEY_SIZE];
	uint8_t root[KEY_SIZE];
	uint8_t secrets_key[KEY_SIZE];
};

/** @return the slot at an index, 0..PST_KEYRING_SLOTS - 1 */
uint8_t *pst_key_slots_at(uint8_t *file, size_t index);

/**
 * Makes a slot that wraps work->root under a source's key.
 *
 * @param file        its id must stand; the slot at index is filled
 * @param ret_reason  on failure a static sentence
 * @return as pst_keyring_create()
 * On error: the slot is empty.
 */
int pst_key_slots_fill(struct pst_key_slots_work *work, const struct pst_key_source *source,
	uint8_t *file, size_t index, const char **ret_reason) __attribute__((warn_unused_result));

/**
 * Finds the slot that is a source's, and unwraps the root into work->root.
 *
 * @param ret_reason  on failure a static sentence
 * @return the slot's index, or as pst_keyring_open()
 */
int pst_key_slots_find(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *file, const char **ret_reason) __attribute__((warn_unused_result));

/** @return the label that a slot for the source gets; the source's kind is set */
const char *pst_key_slots_label(const struct pst_key_source *source);

/** @return how many slots of a file hold a key */
unsigned pst_key_slots_count(const uint8_t *file);

/** @return the index of the slot of that label, or -1 */
int pst_key_slots_labelled(const uint8_t *file, const char *label);

/** Tells about a slot. @return 1, 0 it is empty, PST_E_CORRUPT a field makes no sense */
int pst_key_slots_describe(const uint8_t *slot, struct pst_keyring_slot *ret_slot)
	__attribute__((warn_unused_result));

/**
 * Takes over the slot of a file of version 1: its key is found and the root unwrapped; the slot of
 * this version stands at index 0 of file.
 *
 * @return as pst_key_slots_find()
 */
int pst_key_slots_take_old(struct pst_key_slots_work *work, const struct pst_key_source *source,
	const uint8_t *old, uint8_t *file, const char **ret_reason)
	__attribute__((warn_unused_result));

#endif
