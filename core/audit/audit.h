/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_AUDIT_H
#define PST_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/chain.h"
#include "crypto/sign.h"

/*
 * The audit log of a state directory:
 *
 *   audit.log   entries, appended only, each holding the hash of the one before it
 *   audit.pub   the public key, 64 hex digits: verification needs no vault key
 *   audit.head  the newest signed checkpoint, so that a log cut short is noticed
 *
 * Checkpoints are signed before the append that finds PST_AUDIT_CHECKPOINT_ENTRIES entries or
 * PST_AUDIT_CHECKPOINT_S seconds gone by, and on close; an idle lane may ask for one. Payloads hold
 * ids, never names and never anything taken from a face.
 *
 * An entry torn by a crash was never acknowledged: the next open moves its bytes to audit.torn,
 * cuts the log there and appends an entry "audit.recovered" that says how many they were. Anything
 * else that does not verify is no crash, and the log does not open.
 */

#define PST_AUDIT_LOG "audit.log"
#define PST_AUDIT_PUBLIC "audit.pub"
#define PST_AUDIT_HEAD "audit.head"
#define PST_AUDIT_TORN "audit.torn"
#define PST_AUDIT_CHECKPOINT_ENTRIES 256
#define PST_AUDIT_CHECKPOINT_S 60
#define PST_AUDIT_KIND_MAX 64	     /* bytes */
#define PST_AUDIT_PAYLOAD_MAX 65536u /* bytes */

struct pst_audit;

/**
 * Opens the log of a state directory for appending; makes it, with its public key, if missing.
 *
 * Recomputes the whole chain and checks the newest checkpoint before the first append.
 *
 * @param key  borrowed; must outlive the log
 * @return 0
 *         PST_E_UNSAFE  another process appends (names the pid), or the log does not verify, is
 *                       cut short or belongs to another key
 *         -errno
 */
int pst_audit_open(struct pst_audit **ret_audit, const char *dir, const struct pst_sign_key *key,
	struct pst_error *error) PST_MUST_CHECK;

/** Signs a last checkpoint, closes and nulls. Accepts NULL. @return 0, or why the checkpoint failed
 */
int pst_audit_close(struct pst_audit **audit);

/**
 * Appends an entry; on return it is on the disk.
 *
 * The lane that gets an error captures nothing until an append succeeds.
 *
 * @param kind          an id (pst_text_is_id): "encounter.closed"
 * @param json          one JSON object, UTF-8
 * @param ret_sequence  the entry's number, from 1, without gaps; may be NULL
 * @return 0
 *         -EINVAL        kind or payload not valid
 *         -ENOSPC, ...   not written; a later append may succeed
 *         PST_E_UNSAFE   a sync failed, now or earlier: nothing is known of the file's state until
 *                        the log is opened again
 * [control]
 */
int pst_audit_append(struct pst_audit *audit, const char *kind, const char *json,
	uint64_t *ret_sequence, struct pst_error *error) PST_MUST_CHECK;

/** Signs a checkpoint now if entries stand unsigned. @return as pst_audit_append() [control] */
int pst_audit_checkpoint(struct pst_audit *audit, struct pst_error *error) PST_MUST_CHECK;

/** @return the newest entry's number; 0: none */
uint64_t pst_audit_sequence(const struct pst_audit *audit);

/** @return the newest entry's hash, PST_CHAIN_SIZE bytes, valid until the next call */
const uint8_t *pst_audit_head(const struct pst_audit *audit);

enum pst_audit_finding {
	PST_AUDIT_FINDING_UNSET = 0,
	PST_AUDIT_FINDING_OK = 1,
	PST_AUDIT_FINDING_EDITED = 2,	 /* an entry's content does not give its hash */
	PST_AUDIT_FINDING_SEQUENCE = 3,	 /* an entry is missing, inserted or out of order */
	PST_AUDIT_FINDING_SIGNATURE = 4, /* a checkpoint is not signed by the key */
	PST_AUDIT_FINDING_CUT = 5,	 /* the log ends before its newest checkpoint */
	PST_AUDIT_FINDING_TORN = 6,	 /* the last entry is incomplete, as after a crash */
	PST_AUDIT_FINDING_KEY = 7,	 /* the log belongs to another key */
	PST_AUDIT_FINDING_HEADER = 8,	 /* not an audit log, or of another version */
};

struct pst_audit_report {
	enum pst_audit_finding finding;
	uint64_t bad_sequence; /* the first bad or missing entry; 0: none */
	uint64_t bad_offset;   /* bytes from the start of the file */
	uint64_t entries;      /* that verify, checkpoints included */
	uint64_t bytes;	       /* that verify, from the start of the file */
	uint64_t checkpoints;
	uint64_t signed_entries; /* up to the newest checkpoint */
	int64_t first_s, last_s; /* wall clock of the first and last entry */
	uint8_t head[PST_CHAIN_SIZE];
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	bool key_given; /* false: the key came from beside the log itself */
	char text[256]; /* one line for a person */
};

/**
 * Recomputes a log from its content. Takes no lock, writes nothing, needs no vault.
 *
 * @param dir         the state directory
 * @param public_key  a key known from elsewhere; NULL: the one beside the log, which whoever
 *                    rewrites the log can replace too
 * @param at_least    entries known from elsewhere (a receipt, a noted checkpoint); 0: none
 * @return 0 when all of it verifies
 *         PST_E_CORRUPT  it does not; the report says where
 *         -errno         it cannot be read; the error is filled
 */
int pst_audit_verify(const char *dir, const uint8_t *public_key, uint64_t at_least,
	struct pst_audit_report *ret_report, struct pst_error *error) PST_MUST_CHECK;

/** One entry. Texts are NUL-terminated and borrowed until the callback returns. */
struct pst_audit_item {
	uint64_t sequence;
	int64_t wall_s;
	bool is_checkpoint; /* then json is {"signature": hex} */
	const char *kind;
	const char *json;
	const uint8_t *hash; /* PST_CHAIN_SIZE bytes */
};

/** @return 0 to go on */
typedef int (*pst_audit_item_fn)(void *user, const struct pst_audit_item *item);

/**
 * Walks the entries in order, checking hashes on the way; stops before the first bad one.
 *
 * @return 0, PST_E_CORRUPT, -errno, or the callback's result
 */
int pst_audit_each(const char *dir, pst_audit_item_fn each, void *user,
	struct pst_error *error) PST_MUST_CHECK;

/** Reads a public key file (64 hex digits and a newline). @return 0, or a status with the error */
int pst_audit_read_public(const char *path, uint8_t ret_public[PST_SIGN_PUBLIC_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

#endif
