/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_CHECKPOINT_H
#define PST_AUDIT_CHECKPOINT_H

#include "audit/entry.h"

/*
 * What is signed with the log's key, little endian.
 *
 *   checkpoint, an entry of type CHECKPOINT; version 1 ends after 96 bytes
 *      0  "postern audit checkpoint 2" 32, log id 16, sequence of the checkpoint 8
 *     56  hash of the entry before 32, wall clock 8
 *     96  commitment to the MAC key in force 32, its epoch 4, zero 3, 1 if the vault's state
 * follows 136  set hash of the vault's records 32, how many 8, the vault's counter 8 (else zeroes)
 *
 *   its payload
 *      version 1  {"signature":"HEX"}
 *      version 2  {"epoch":1,"mac":"HEX","vault":null,"signature":"HEX"}, or instead of null
 *                 {"hash":"HEX","records":2,"counter":9}
 *
 *   head, in the file audit.head: postern-audit-head-1 SEQUENCE HASH SIGNATURE
 *      0  "postern audit head 1" 24, log id 16, sequence 8, hash of that entry 32
 *
 *   cosignature, by the key of a witness; a line of a file:
 *   postern-audit-cosignature-1 LOG KEY SEQUENCE HASH TIME WITNESS SIGNATURE
 *      0  "postern audit cosignature 1" 32, log id 16, the log's public key 32
 *     80  sequence of a checkpoint 8, hash of that entry 32, when the witness saw it 8
 */

/** What a checkpoint says beside its own place in the chain. */
struct pst_audit_checkpoint {
	uint32_t version; /* 1 or 2; what follows is of version 2 */
	uint32_t epoch;
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
	bool has_state;
	struct pst_audit_vault_state state;
};

#define PST_AUDIT_CHECKPOINT_SIGNED 184
#define PST_AUDIT_CHECKPOINT_TEXT_SIZE 512

/**
 * What a checkpoint entry's signature is over.
 *
 * @param entry  sequence, before and wall_s are used
 * @return how many bytes
 */
size_t pst_audit_checkpoint_bytes(const uint8_t log[PST_AUDIT_LOG_ID_SIZE],
	const struct pst_audit_entry *entry, const struct pst_audit_checkpoint *checkpoint,
	uint8_t ret_bytes[PST_AUDIT_CHECKPOINT_SIGNED]);

/** Writes the payload. */
void pst_audit_checkpoint_format(const struct pst_audit_checkpoint *checkpoint,
	const uint8_t signature[PST_SIGN_SIGNATURE_SIZE],
	char text[PST_AUDIT_CHECKPOINT_TEXT_SIZE]);

/** Reads a checkpoint entry's payload. @return 0 or PST_E_CORRUPT */
int pst_audit_checkpoint_parse(const struct pst_audit_entry *entry,
	struct pst_audit_checkpoint *ret_checkpoint,
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

/** Writes the line, with its newline. */
void pst_audit_head_format(
	const struct pst_audit_head_file *head, char text[PST_AUDIT_HEAD_TEXT_SIZE]);

/** @param text  NUL-terminated @return 0 or PST_E_FORMAT */
int pst_audit_head_parse(const char *text, struct pst_audit_head_file *ret_head) PST_MUST_CHECK;

/** A checkpoint that a witness has seen the log grow to. */
struct pst_audit_cosignature {
	uint8_t log[PST_AUDIT_LOG_ID_SIZE];
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE]; /* the log's */
	uint64_t sequence;
	uint8_t hash[PST_CHAIN_SIZE];
	int64_t seen_s; /* by the witness's clock */
	uint8_t witness[PST_SIGN_PUBLIC_SIZE];
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE];
};

#define PST_AUDIT_COSIGNATURE_TEXT_SIZE 512
#define PST_AUDIT_COSIGNATURE_SIGNED 128

/** Signs all but witness and signature, which are filled. */
void pst_audit_cosignature_sign(
	struct pst_audit_cosignature *cosignature, const struct pst_sign_key *witness);

/** @return 0, or PST_E_CORRUPT when the signature is not its witness's */
int pst_audit_cosignature_check(const struct pst_audit_cosignature *cosignature) PST_MUST_CHECK;

/** Writes the line, with its newline. */
void pst_audit_cosignature_format(const struct pst_audit_cosignature *cosignature,
	char text[PST_AUDIT_COSIGNATURE_TEXT_SIZE]);

/** @param text  NUL-terminated, one line with its newline @return 0 or PST_E_FORMAT */
int pst_audit_cosignature_parse(
	const char *text, struct pst_audit_cosignature *ret_cosignature) PST_MUST_CHECK;

#endif
