/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_ENTRY_H
#define PST_AUDIT_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/bytes.h"
#include "crypto/mac.h"

/*
 * The log file, little endian: a header, then entries.
 *
 *   header, 112 bytes; in version 1 80 bytes
 *      0  magic 8, version 4, suite 4, log id 16, public key 32, zero 16
 *     80  commitment to the MAC key of epoch 1, 32
 *
 *   entry
 *      0  length 4 (of the whole entry), version 1, type 1, kind length 2
 *      8  sequence 8
 *     16  wall clock 8 (seconds since 1970)
 *     24  payload length 4, zero 4
 *     32  kind, payload (JSON), hash of the entry before 32, tag 32, hash 32
 *
 * The first entry's hash before is that of the header. An entry's tag covers all that stands before
 * it, its hash the hash before and all of the entry but the hash itself.
 *
 * Entries of version 1 have no tag. A log of version 1 has them up to an entry of type MAC, which
 * begins epoch 1 there; from it on, and in a log of version 2 from the start, all entries are of
 * version 2. Every later entry of type MAC begins the next epoch, under a new key.
 *
 * The kinds "checkpoint" and "audit.mac" belong to the types of these names and to no other.
 */
#define PST_AUDIT_HEADER_1_SIZE 80
#define PST_AUDIT_VERSION 2
#define PST_AUDIT_HEADER_SIZE 112
#define PST_AUDIT_ENTRY_FIXED 32
#define PST_AUDIT_ENTRY_MIN (PST_AUDIT_ENTRY_FIXED + 1 + 2 + 2 * PST_CHAIN_SIZE)
#define PST_AUDIT_ENTRY_MAX                                                                        \
	(PST_AUDIT_ENTRY_FIXED + PST_AUDIT_KIND_MAX + PST_AUDIT_PAYLOAD_MAX + 2 * PST_CHAIN_SIZE + \
		PST_MAC_SIZE)
#define PST_AUDIT_LOG_ID_SIZE 16

enum pst_audit_type {
	PST_AUDIT_TYPE_UNSET = 0,
	PST_AUDIT_TYPE_EVENT = 1,
	PST_AUDIT_TYPE_CHECKPOINT = 2,
	PST_AUDIT_TYPE_MAC = 3,
};

#define PST_AUDIT_KIND_CHECKPOINT "checkpoint"
#define PST_AUDIT_KIND_MAC "audit.mac"

struct pst_audit_header {
	uint32_t version; /* 1 or 2 */
	uint8_t log[PST_AUDIT_LOG_ID_SIZE];
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE]; /* zeroes in version 1 */
};

/** An entry in its bytes: everything points into them. */
struct pst_audit_entry {
	uint8_t version;
	enum pst_audit_type type;
	uint64_t sequence;
	int64_t wall_s;
	const char *kind; /* no NUL */
	size_t kind_size;
	const char *payload; /* no NUL */
	size_t payload_size;
	const uint8_t *before;
	const uint8_t *tag; /* NULL in version 1 */
	const uint8_t *hash;
	size_t size; /* of the entry */
};

/** @return how many bytes: PST_AUDIT_HEADER_SIZE or, of version 1, PST_AUDIT_HEADER_1_SIZE */
size_t pst_audit_header_encode(
	const struct pst_audit_header *header, uint8_t ret_bytes[PST_AUDIT_HEADER_SIZE]);

/** @return how many bytes it has, or PST_E_FORMAT */
int pst_audit_header_decode(
	const uint8_t *bytes, size_t size, struct pst_audit_header *ret_header) PST_MUST_CHECK;

/**
 * Appends an entry's bytes to a buffer; the hash before, tag and hash are computed in.
 *
 * @param entry  version, type, sequence, wall_s, kind and payload are used, without a MAC the tag
 * @param head   hash of the entry before; becomes this one's
 * @param mac    tags an entry of version 2; NULL: entry->tag is copied
 * @return 0 or -ENOMEM
 */
int pst_audit_entry_encode(const struct pst_audit_entry *entry, uint8_t head[PST_CHAIN_SIZE],
	struct pst_mac *mac, struct pst_bytes *to) PST_MUST_CHECK;

/**
 * Reads an entry's form from outside bytes; neither hash nor place in the chain is checked.
 *
 * @return 1 an entry
 *         0 the bytes may be the beginning of one, as far as they go
 *         PST_E_CORRUPT
 */
int pst_audit_entry_decode(
	const uint8_t *bytes, size_t size, struct pst_audit_entry *ret_entry) PST_MUST_CHECK;

/** @return 0 when the entry's content gives its hash, else PST_E_CORRUPT */
int pst_audit_entry_check(const struct pst_audit_entry *entry, const uint8_t *bytes) PST_MUST_CHECK;

/** @return 0 when the entry of version 2 has the MAC's next tag, else PST_E_CORRUPT */
int pst_audit_entry_check_tag(const struct pst_audit_entry *entry, const uint8_t *bytes,
	struct pst_mac *mac) PST_MUST_CHECK;

#define PST_AUDIT_MAC_TEXT_SIZE 128

/** Writes the payload of an entry of type MAC: {"epoch":1,"commitment":"HEX"}. */
void pst_audit_mac_format(uint32_t epoch, const uint8_t commitment[PST_MAC_COMMITMENT_SIZE],
	char text[PST_AUDIT_MAC_TEXT_SIZE]);

/** Reads it. @return 0 or PST_E_CORRUPT */
int pst_audit_mac_parse(const struct pst_audit_entry *entry, uint32_t *ret_epoch,
	uint8_t ret_commitment[PST_MAC_COMMITMENT_SIZE]) PST_MUST_CHECK;

#endif
