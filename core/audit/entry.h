/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_ENTRY_H
#define PST_AUDIT_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "base/bytes.h"

/*
 * The log file, little endian: a header, then entries.
 *
 *   header, 80 bytes
 *      0  magic 8, version 4, suite 4, log id 16, public key 32, zero 16
 *
 *   entry
 *      0  length 4 (of the whole entry), version 1, type 1, kind length 2
 *      8  sequence 8
 *     16  wall clock 8 (seconds since 1970)
 *     24  payload length 4, zero 4
 *     32  kind, payload (JSON), hash of the entry before 32, hash 32
 *
 * The first entry's hash before is that of the header. An entry's hash covers the hash before and
 * all of the entry but the hash itself.
 */
#define PST_AUDIT_HEADER_SIZE 80
#define PST_AUDIT_ENTRY_FIXED 32
#define PST_AUDIT_ENTRY_MIN (PST_AUDIT_ENTRY_FIXED + 1 + 2 + 2 * PST_CHAIN_SIZE)
#define PST_AUDIT_ENTRY_MAX                                                                        \
	(PST_AUDIT_ENTRY_FIXED + PST_AUDIT_KIND_MAX + PST_AUDIT_PAYLOAD_MAX + 2 * PST_CHAIN_SIZE)
#define PST_AUDIT_LOG_ID_SIZE 16

enum pst_audit_type {
	PST_AUDIT_TYPE_UNSET = 0,
	PST_AUDIT_TYPE_EVENT = 1,
	PST_AUDIT_TYPE_CHECKPOINT = 2,
};

struct pst_audit_header {
	uint8_t log[PST_AUDIT_LOG_ID_SIZE];
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
};

/** An entry in its bytes: everything points into them. */
struct pst_audit_entry {
	enum pst_audit_type type;
	uint64_t sequence;
	int64_t wall_s;
	const char *kind; /* no NUL */
	size_t kind_size;
	const char *payload; /* no NUL */
	size_t payload_size;
	const uint8_t *before;
	const uint8_t *hash;
	size_t size; /* of the entry */
};

void pst_audit_header_encode(
	const struct pst_audit_header *header, uint8_t ret_bytes[PST_AUDIT_HEADER_SIZE]);

/** @return 0 or PST_E_FORMAT */
int pst_audit_header_decode(const uint8_t bytes[PST_AUDIT_HEADER_SIZE],
	struct pst_audit_header *ret_header) PST_MUST_CHECK;

/**
 * Appends an entry's bytes to a buffer; the hash before and the hash are computed in.
 *
 * @param entry  type, sequence, wall_s, kind and payload are used
 * @param head   hash of the entry before; becomes this one's
 * @return 0 or -ENOMEM
 */
int pst_audit_entry_encode(const struct pst_audit_entry *entry, uint8_t head[PST_CHAIN_SIZE],
	struct pst_bytes *to) PST_MUST_CHECK;

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

/** What a checkpoint entry's signature is over: log, sequence, hash before, wall clock. */
#define PST_AUDIT_CHECKPOINT_SIGNED 96
void pst_audit_checkpoint_bytes(const uint8_t log[PST_AUDIT_LOG_ID_SIZE], uint64_t sequence,
	const uint8_t before[PST_CHAIN_SIZE], int64_t wall_s,
	uint8_t ret_bytes[PST_AUDIT_CHECKPOINT_SIGNED]);

/** Reads the signature out of a checkpoint's payload. @return 0 or PST_E_CORRUPT */
int pst_audit_checkpoint_signature(const struct pst_audit_entry *entry,
	uint8_t ret_signature[PST_SIGN_SIGNATURE_SIZE]) PST_MUST_CHECK;

/** The newest signed checkpoint, as the head file holds it. */
struct pst_audit_head_file {
	uint64_t sequence; /* 0: none yet, the hash is the header's */
	uint8_t hash[PST_CHAIN_SIZE];
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
};

#define PST_AUDIT_HEAD_TEXT_SIZE 320

/** What a head file's signature is over. */
#define PST_AUDIT_HEAD_SIGNED 80
void pst_audit_head_bytes(const uint8_t log[PST_AUDIT_LOG_ID_SIZE],
	const struct pst_audit_head_file *head, uint8_t ret_bytes[PST_AUDIT_HEAD_SIGNED]);

/** Writes "postern-audit-head-1 SEQUENCE HASH SIGNATURE" and a newline. */
void pst_audit_head_format(
	const struct pst_audit_head_file *head, char text[PST_AUDIT_HEAD_TEXT_SIZE]);

/** @param text  NUL-terminated @return 0 or PST_E_FORMAT */
int pst_audit_head_parse(const char *text, struct pst_audit_head_file *ret_head) PST_MUST_CHECK;

#endif
