/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_BULLETIN_H
#define PST_VAULT_BULLETIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/ratchet.h"
#include "crypto/sign.h"
#include "vault/vault.h"

/*
 * What a lane is given that may seal for a vault and never open: public keys, and the numbers that
 * the vault has for names. Signed by the vault, no secret in it. Little endian:
 *
 *     0  magic 8, version 2, suite 2, bytes of the file 4
 *    16  vault id 16, vault's signing key 32, lane's signing key 32
 *    96  lane's number 2, names 2, classes 2, zero 2
 *   104  issued 8, valid until 8 (wall-clock seconds since 1970)
 *   120  lane's name 64
 *   184  names: kind 1, zero 1, number 2, text 64
 *        classes: number 1, zero 3, bucket width 4, retention 8, first bucket 4, keys 4, text 64,
 *                 then so many public keys of 32, one for each bucket from the first on
 *        signature 64, Ed25519 over "postern bulletin 1\n" and all bytes before
 *
 * Texts are ids, padded with zeroes; names and classes stand in ascending order. A class of 75
 * years needs 913 keys, 29 KiB, and one more for each month of the bulletin's own life; one of 12
 * hours 48, and 96 more for each day.
 */

#define PST_BULLETIN_NAMES_MAX 1024
#define PST_BULLETIN_CLASSES_MAX PST_RATCHET_CLASSES
#define PST_BULLETIN_KEYS_MAX 8192u /* of one class */
#define PST_BULLETIN_SIZE_MAX (4u << 20)
#define PST_BULLETIN_TEXT_SIZE 65 /* bytes with the NUL */

/** A name of the vault's that the lane may use; kind is an enum pst_vault_name_kind. */
struct pst_bulletin_name {
	uint8_t kind;
	uint16_t number;
	char text[PST_BULLETIN_TEXT_SIZE];
};

/** A time of keeping, and a public key for each bucket that it may end in. */
struct pst_bulletin_class {
	char text[PST_BULLETIN_TEXT_SIZE]; /* the policy's retention class */
	uint8_t number;			   /* the vault's, as in headers of records */
	int64_t retention_s;
	uint32_t width_s;
	uint32_t first;	     /* bucket of the first key */
	uint32_t count;	     /* of keys */
	const uint8_t *keys; /* count of PST_RATCHET_PUBLIC_SIZE bytes */
};

struct pst_bulletin {
	uint8_t vault[PST_KEYRING_ID_SIZE];
	uint8_t vault_key[PST_SIGN_PUBLIC_SIZE];
	uint8_t lane_key[PST_SIGN_PUBLIC_SIZE];
	char lane[PST_BULLETIN_TEXT_SIZE];
	uint16_t lane_number;
	int64_t issued_s;
	int64_t valid_until_s;
	struct pst_bulletin_name *names; /* owned */
	size_t name_count;
	struct pst_bulletin_class *classes; /* owned */
	size_t class_count;
	struct pst_bytes keys; /* of all classes; what class.keys point into, after decoding */
};

/**
 * Writes a bulletin's bytes.
 *
 * @param signer  the vault's; its public half must be vault_key
 * @param bytes   appended to; the caller finishes it
 * @return 0, -ENOMEM, -EINVAL (what pst_bulletin_decode() would refuse, too large)
 */
int pst_bulletin_encode(const struct pst_bulletin *bulletin, const struct pst_sign_key *signer,
	struct pst_bytes *bytes) PST_MUST_CHECK;

/**
 * Reads a bulletin from outside and checks every bound, but not who signed it.
 *
 * @param ret_bulletin  the caller ends it with pst_bulletin_finish(); empty on error
 * @return 0
 *         PST_E_FORMAT   another magic, version or suite
 *         PST_E_CORRUPT  a field out of its range, a public key of low order, cut short, too long
 *         -ENOMEM
 */
int pst_bulletin_decode(
	const uint8_t *data, size_t size, struct pst_bulletin *ret_bulletin) PST_MUST_CHECK;

/** @return 0, or PST_E_CORRUPT when it is not signed by the vault key that it names */
int pst_bulletin_verify(const uint8_t *data, size_t size) PST_MUST_CHECK;

/** Reads a bulletin file: decode and verify. @return as those, or -errno, with the error filled */
int pst_bulletin_load(const char *path, struct pst_bulletin *ret_bulletin,
	struct pst_error *error) PST_MUST_CHECK;

/** Frees and zeroes. Accepts an empty one. */
void pst_bulletin_finish(struct pst_bulletin *bulletin);

/** @return the number of a name, or 0: the lane may not use it */
uint16_t pst_bulletin_number(const struct pst_bulletin *bulletin, uint8_t kind, const char *text);

/** @return whether the lane may enrol into a gallery */
bool pst_bulletin_has_gallery(const struct pst_bulletin *bulletin, const char *gallery);

/** @return the class of that name and time, or NULL */
const struct pst_bulletin_class *pst_bulletin_class_of(
	const struct pst_bulletin *bulletin, const char *text, int64_t retention_s);

/**
 * The public key for what expires at a time.
 *
 * @return the key, or NULL: the bulletin reaches not so far, or no longer
 */
const uint8_t *pst_bulletin_key(
	const struct pst_bulletin_class *class, int64_t expires_s, uint32_t *ret_bucket);

#endif
