/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_RATCHET_H
#define PST_CRYPTO_RATCHET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/keyring.h"
#include "crypto/seal.h"

/*
 * Expiry ratchets: per retention class a chain of secret states, one per bucket of expiry.
 *
 *   S(e) --1 "pstnbckt"--> key of bucket e, wraps the keys of records that expire in it
 *        --3 "pstnlane"--> seed of the key pair that lanes without a read key seal to
 *        --4 "pstncmit"--> check value that is stored beside S(e): commits to the state
 *        --2 "pstnnext"--> S(e+1), and then S(e) is erased
 *
 * Who holds S(e) has every bucket from e on and none before it. Bucket b of a class is the time
 * from b * width to (b + 1) * width (seconds since 1970); a record that expires at T belongs to
 * bucket T / width rounded down and dies with it at b * width: on time or up to one width early,
 * never late. So at time t the first bucket that has a key is t / width + 1.
 *
 * The states live in the keyring's locked memory. They rest sealed in a state file of two slots,
 * written by the vault room; this room makes and reads a slot's bytes.
 */

#define PST_RATCHET_CLASSES 64	    /* places for classes in a vault */
#define PST_RATCHET_SLOT_SIZE 8192u /* bytes of one slot of the state file */
#define PST_RATCHET_PUBLIC_SIZE 32  /* bytes, X25519 */
#define PST_RATCHET_BOX_OVERHEAD 48 /* bytes, crypto_box_seal */
#define PST_RATCHET_AHEAD_MAX 8192u /* buckets that lanes are told keys of before their time */
#define PST_RATCHET_BOOT_SIZE 16    /* bytes that name one boot of the machine */
#define PST_RATCHET_WIDTH_MIN_S 900 /* where the retention is an hour or more */
#define PST_RATCHET_WIDTH_MAX_S (30 * 86400)
#define PST_RATCHET_ESCROW_MIN_S (31 * 86400LL) /* classes up to this are never escrowed */

/** A class as it stands. */
struct pst_ratchet_class {
	uint32_t retention; /* the class's number, not 0 */
	uint32_t width_s;
	int64_t retention_s;
	uint32_t bucket; /* the first that has a key */
	bool escrowed;	 /* its state may be sealed to a recovery key */
};

/** When a slot was written: the vault's time, and what the machine's other clock showed then. */
struct pst_ratchet_stamp {
	int64_t clock_s;   /* the vault's time, seconds since 1970 */
	int64_t running_s; /* since the machine was started, suspended time included */
	uint8_t boot[PST_RATCHET_BOOT_SIZE]; /* which start; zeroes: not known */
};

/** @return the width of a class's buckets: retention / 48 within its bounds, at most retention / 4
 */
uint32_t pst_ratchet_width_s(int64_t retention_s);

/**
 * A class's number where retentions have names with numbers: one policy class may keep for
 * different times, so that what counts is its name and its width.
 *
 * @param name  1..255
 */
uint32_t pst_ratchet_number(uint8_t name, uint32_t width_s);

/** @return the bucket of a record of the class that may be kept until expires_s */
uint32_t pst_ratchet_bucket(const struct pst_ratchet_class *class, int64_t expires_s);

/** @return when a bucket dies, seconds since 1970 */
int64_t pst_ratchet_death_s(const struct pst_ratchet_class *class, uint32_t bucket);

/**
 * Adds a class with a new random state, whose first bucket is the one of now_s.
 *
 * @param class  retention and retention_s; width_s 0: computed; bucket is ignored
 * @return 0
 *         -EINVAL  a number out of range, or escrowed with a retention of 31 days or less
 *         -EEXIST  the number is taken
 *         -ENOSPC  no place left
 */
int pst_ratchet_add(struct pst_keyring *ring, const struct pst_ratchet_class *class, int64_t now_s)
	__attribute__((warn_unused_result));

/** Walks the classes by index. @return whether there is one */
bool pst_ratchet_at(
	const struct pst_keyring *ring, unsigned index, struct pst_ratchet_class *ret_class);

/** Finds a class by its number. @return 0, PST_E_NOT_FOUND */
int pst_ratchet_find(const struct pst_keyring *ring, uint32_t retention,
	struct pst_ratchet_class *ret_class) __attribute__((warn_unused_result));

/** @return the narrowest bucket of all classes in seconds; 0: there is none */
uint32_t pst_ratchet_narrowest_s(const struct pst_keyring *ring);

/** @return how many steps now_s asks for, over all classes; 0: nothing is due */
uint64_t pst_ratchet_due(const struct pst_keyring *ring, int64_t now_s);

/**
 * Steps every class to the first bucket that lives at now_s; what lies before has no key any more,
 * in memory. A class that nothing can live in after such a gap gets a new random state.
 */
void pst_ratchet_step(struct pst_keyring *ring, int64_t now_s);

/** Forgets a class at once, and everything sealed in it. @return 0, PST_E_NOT_FOUND */
int pst_ratchet_forget(struct pst_keyring *ring, uint32_t retention)
	__attribute__((warn_unused_result));

/** Forgets all classes. */
void pst_ratchet_clear(struct pst_keyring *ring);

/**
 * Allows or forbids that a class's state is sealed to a recovery key.
 *
 * @return 0, PST_E_NOT_FOUND, -EINVAL (a retention of 31 days or less is never escrowed)
 */
int pst_ratchet_set_escrowed(struct pst_keyring *ring, uint32_t retention, bool escrowed)
	__attribute__((warn_unused_result));

/** Makes a slot's bytes: everything, sealed under the keyring's state key. */
void pst_ratchet_seal_slot(const struct pst_keyring *ring, uint64_t counter,
	const struct pst_ratchet_stamp *stamp, uint8_t ret_slot[PST_RATCHET_SLOT_SIZE]);

/** The same under the state key of pst_keyring_rotate(), before pst_keyring_rotated(). */
void pst_ratchet_seal_slot_next(const struct pst_keyring *ring, uint64_t counter,
	const struct pst_ratchet_stamp *stamp, uint8_t ret_slot[PST_RATCHET_SLOT_SIZE]);

/**
 * Reads who wrote a slot and when, without opening it further than to check every byte.
 *
 * @param ret_stamp  may be NULL
 * @return as pst_ratchet_open_slot(); the ring's classes stay as they are
 */
int pst_ratchet_check_slot(const struct pst_keyring *ring,
	const uint8_t slot[PST_RATCHET_SLOT_SIZE], uint64_t *ret_counter,
	struct pst_ratchet_stamp *ret_stamp) __attribute__((warn_unused_result));

/**
 * Takes a slot's content; it replaces all classes of the ring.
 *
 * @return 0
 *         PST_E_VAULT    of another vault, or sealed under another state key
 *         PST_E_CORRUPT  damaged, or not a slot
 * On error: the ring's classes are as before.
 */
int pst_ratchet_open_slot(struct pst_keyring *ring, const uint8_t slot[PST_RATCHET_SLOT_SIZE],
	uint64_t *ret_counter, struct pst_ratchet_stamp *ret_stamp)
	__attribute__((warn_unused_result));

/** The public key of a place, for lanes that only seal. @return 0, PST_E_EXPIRED, PST_E_NOT_FOUND,
 * PST_E_CORRUPT (a bucket later than any record of the class can have) */
int pst_ratchet_public(const struct pst_keyring *ring, struct pst_seal_place place,
	uint8_t ret_public[PST_RATCHET_PUBLIC_SIZE]) __attribute__((warn_unused_result));

/**
 * Opens what was sealed to a place's public key (crypto_box_seal); low-order shares are refused.
 *
 * @param ret_plain  locked memory, size - PST_RATCHET_BOX_OVERHEAD bytes
 * @return 0, PST_E_EXPIRED, PST_E_NOT_FOUND, PST_E_CORRUPT
 * On error: ret_plain is zeroed.
 */
int pst_ratchet_open_box(const struct pst_keyring *ring, struct pst_seal_place place,
	const uint8_t *box, size_t size, uint8_t *ret_plain) __attribute__((warn_unused_result));

#endif
