/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_RATCHET_SET_H
#define PST_CRYPTO_RATCHET_SET_H

#include <stdint.h>

#include "crypto/ratchet.h"

/* Inside the crypto room only: the ratchets' secrets as they lie in the keyring's locked memory. */

#define PST_RATCHET_KEY_SIZE 32u
/* More than the buckets of the longest retention (100 years: 1219), a power of two. */
#define PST_RATCHET_CACHE 2048u
#define PST_RATCHET_EXPORT_SIZE 112u /* bytes of one class in a slot, and outside */

struct pst_ratchet_link {
	struct pst_ratchet_class class;
	uint8_t state[PST_RATCHET_KEY_SIZE];
};

struct pst_ratchet_links {
	uint32_t count;
	struct pst_ratchet_link at[PST_RATCHET_CLASSES];
};

struct pst_ratchet_cached {
	struct pst_seal_place place; /* bucket 0: nothing here */
	uint8_t key[PST_RATCHET_KEY_SIZE];
};

/** Zeroed is a valid empty one. */
struct pst_ratchet_set {
	struct pst_ratchet_links links;
	struct pst_ratchet_links incoming; /* of a slot that is being read */
	/* How far the last derivation went, so that buckets in their order cost a step each. */
	struct pst_seal_place cursor_place; /* bucket 0: nowhere */
	uint8_t cursor[PST_RATCHET_KEY_SIZE];
	struct pst_ratchet_cached cache[PST_RATCHET_CACHE];
	/* Working memory: keys never lie on the stack. */
	uint8_t work[PST_RATCHET_KEY_SIZE];
	uint8_t seed[PST_RATCHET_KEY_SIZE];
	uint8_t secret_key[PST_RATCHET_KEY_SIZE];
	uint8_t slot_key[PST_RATCHET_KEY_SIZE];
	uint8_t slot[PST_RATCHET_SLOT_SIZE];
};

/** @return the ring's ratchets */
struct pst_ratchet_set *pst_keyring_ratchet(const struct pst_keyring *ring);

/** @return the ring's state key, PST_RATCHET_KEY_SIZE bytes */
const uint8_t *pst_keyring_state_key(const struct pst_keyring *ring);

/** @return the state key of a root that is being made; zeroes: none is */
const uint8_t *pst_keyring_next_state_key(const struct pst_keyring *ring);

/**
 * The key of a place.
 *
 * @param ret_key  PST_RATCHET_KEY_SIZE bytes in locked memory, valid until the next call
 * @return 0, PST_E_EXPIRED, PST_E_NOT_FOUND, PST_E_CORRUPT
 */
int pst_ratchet_place_key(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t **ret_key) __attribute__((warn_unused_result));

/**
 * Takes a place for a class, without a state yet.
 *
 * @return 0, -EINVAL (a field is out of range), -EEXIST, -ENOSPC
 */
int pst_ratchet_place_class(struct pst_ratchet_links *links, const struct pst_ratchet_class *class,
	struct pst_ratchet_link **ret_link) __attribute__((warn_unused_result));

/** @return the class's link, or NULL */
struct pst_ratchet_link *pst_ratchet_link_find(struct pst_ratchet_set *set, uint32_t retention);

/** Wipes what was derived from states that have changed. */
void pst_ratchet_drop_derived(struct pst_ratchet_set *set);

/** As pst_ratchet_seal_slot(), under a state key that is not the ring's yet. */
void pst_ratchet_seal_slot_under(const struct pst_keyring *ring, const uint8_t *state_key,
	uint64_t counter, const struct pst_ratchet_stamp *stamp,
	uint8_t ret_slot[PST_RATCHET_SLOT_SIZE]);

/**
 * Gives out a class with its state.
 *
 * @param ret_plain  locked memory
 * @return 0, PST_E_NOT_FOUND, PST_E_UNSAFE (the class is not escrowed)
 */
int pst_ratchet_export(const struct pst_keyring *ring, uint32_t retention,
	uint8_t ret_plain[PST_RATCHET_EXPORT_SIZE]) __attribute__((warn_unused_result));

/** Takes in a class. @return 0, -EEXIST, -ENOSPC, PST_E_CORRUPT */
int pst_ratchet_import(struct pst_keyring *ring, const uint8_t plain[PST_RATCHET_EXPORT_SIZE])
	__attribute__((warn_unused_result));

#endif
