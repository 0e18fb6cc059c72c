/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_PARCEL_H
#define PST_VAULT_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/box.h"
#include "crypto/sign.h"
#include "vault/record.h"

/*
 * A template on its way from a lane that cannot read to the vault. Little endian:
 *
 *     0  magic 4, version 1, suite 1, zero 2
 *     8  lane's signing key 32
 *    40  header 136 (record.h); no pseudonym: the lane has no key to make one
 *   176  wrap 113 (crypto/box.h)
 *   289  body, template + 104: the subject's reference, 64 padded with zeroes, and the template
 *   end  signature 64, Ed25519 of the lane over "postern parcel 1\n", the first 289 bytes and
 *        SHA-256 of the body
 *
 * It expires as its bucket ends: the header's expiry is a multiple of its bucket, and what it is
 * multiplied by is the width of the class that wraps. Only the vault opens it. It seals what it
 * finds anew, for itself, and the parcel is done with.
 */

#define PST_PARCEL_SUBJECT_SIZE 64 /* bytes, an id without a NUL */
#define PST_PARCEL_PLAIN_MAX (PST_SEAL_PLAIN_MAX - PST_PARCEL_SUBJECT_SIZE) /* of a template */
#define PST_PARCEL_BODY_AT (8 + PST_SIGN_PUBLIC_SIZE + PST_SEAL_HEADER_SIZE + PST_BOX_WRAP_SIZE)
#define PST_PARCEL_OVERHEAD                                                                        \
	(PST_PARCEL_BODY_AT + PST_PARCEL_SUBJECT_SIZE + PST_SEAL_OVERHEAD + PST_SIGN_SIGNATURE_SIZE)
#define PST_PARCEL_SIZE_MAX (PST_PARCEL_OVERHEAD + PST_PARCEL_PLAIN_MAX)

/** A parcel taken apart. Pointers lead into the bytes that were given. */
struct pst_parcel {
	const uint8_t *lane_key; /* who says to have made it */
	const uint8_t *header_bytes;
	struct pst_vault_header header;
	const uint8_t *wrap;
	const uint8_t *body;
	size_t body_size;
};

/**
 * Seals a template, for a lane.
 *
 * @param header      its subject is zeroes, plain_size the template's, it expires as its bucket
 * ends
 * @param public_key  of the header's class and bucket
 * @param subject     an id, or NULL
 * @param signer      the lane's
 * @param ret_bytes   an empty one; the caller finishes it
 * @return 0
 *         -EINVAL  a size or a subject out of range, or a public key of low order
 *         -ENOMEM  no memory, or none that can be locked
 */
int pst_parcel_seal(const struct pst_vault_header *header, const uint8_t *public_key,
	const char *subject, const uint8_t *template, const struct pst_sign_key *signer,
	struct pst_bytes *ret_bytes) PST_MUST_CHECK;

/**
 * Takes a parcel from outside apart and checks every bound, but not who made it.
 *
 * @return 0
 *         PST_E_FORMAT   another magic, version or suite, of the parcel or its header
 *         PST_E_CORRUPT  a field out of its range, cut short, too long
 */
int pst_parcel_decode(
	const uint8_t *data, size_t size, struct pst_parcel *ret_parcel) PST_MUST_CHECK;

/**
 * @param data  the bytes that pst_parcel_decode() took
 * @return 0, PST_E_CORRUPT (not signed by the lane key that it names), -ENOMEM
 */
int pst_parcel_verify(const uint8_t *data, size_t size) PST_MUST_CHECK;

/**
 * Opens a parcel, for the vault.
 *
 * @param ret_plain    locked memory, PST_PARCEL_SUBJECT_SIZE + plain_size bytes: template behind
 *                     the subject
 * @param ret_subject  room for PST_PARCEL_SUBJECT_SIZE + 1 bytes; "": none
 * @return as pst_box_open()
 */
int pst_parcel_open(const struct pst_keyring *ring, const struct pst_parcel *parcel,
	uint8_t *ret_plain, char *ret_subject) PST_MUST_CHECK;

#endif
