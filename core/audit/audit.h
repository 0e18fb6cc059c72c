/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_AUDIT_H
#define PST_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/chain.h"
#include "crypto/mac.h"
#include "crypto/sign.h"

/*
 * The audit log of a state directory:
 *
 *   audit.log     entries, appended only, each holding the hash of the one before it
 *   audit.pub     the public key, 64 hex digits: verification needs no vault key
 *   audit.head    the newest signed checkpoint, so that a log cut short is noticed
 *   audit.mac     the MAC key of the next entries, sealed; core/audit/mac_state.h
 *   audit.verify  the seeds of the MAC keys, until the operator takes them away; crypto/mac.h
 *
 * Each entry carries a tag of a key that is stepped after each entry and whose past is erased
 * (crypto/mac.h). On disk the key moves on with each checkpoint: who steals all keys of a machine
 * can write anew what stands behind the newest checkpoint and nothing before it, unseen by whoever
 * holds the seed elsewhere.
 *
 * Checkpoints are signed before the append that finds PST_AUDIT_CHECKPOINT_ENTRIES entries or
 * PST_AUDIT_CHECKPOINT_S seconds gone by, and on close; an idle lane may ask for one. After the
 * checkpoint's entry come audit.head, then audit.mac, and no entry before both are written.
 * Payloads hold ids, never names and never anything taken from a face.
 *
 * An entry torn by a crash was never acknowledged: the next open moves its bytes to audit.torn,
 * cuts the log there and appends an entry "audit.recovered" that says how many they were. Anything
 * else that does not verify is no crash, and the log does not open.
 *
 *   opening     log, head and MAC state agree ----------------> open
 *               no log, no head, no MAC state that was used --> a new log, epoch 1
 *               a log of version 1 ---------------------------> epoch 1 begins with its next entry
 *               an epoch's key is there, its entry not yet ---> that entry, then open
 *               MAC state one checkpoint behind the last entry: open; it is written again first
 *               MAC state lost, older than that, or ahead ----> refused; pst_audit_renew() begins
 *                                                               the next epoch, on the record
 */

#define PST_AUDIT_LOG "audit.log"
#define PST_AUDIT_PUBLIC "audit.pub"
#define PST_AUDIT_HEAD "audit.head"
#define PST_AUDIT_MAC "audit.mac"
#define PST_AUDIT_SEEDS "audit.verify"
#define PST_AUDIT_TORN "audit.torn"
#define PST_AUDIT_CHECKPOINT_ENTRIES 256
#define PST_AUDIT_CHECKPOINT_S 60
#define PST_AUDIT_BATCH_MAX 4096     /* entries of one append */
#define PST_AUDIT_KIND_MAX 64	     /* bytes */
#define PST_AUDIT_PAYLOAD_MAX 65536u /* bytes */

/** A log of at most so many bytes is recomputed as a whole when it is opened. */
#define PST_AUDIT_OPEN_WHOLE (32u << 20)

/** What the vault holds, as of the newest change to it. */
struct pst_audit_vault_state {
	uint8_t hash[32];
	uint64_t records;
	uint64_t counter; /* never falls in the life of a log */
};

struct pst_audit;

/**
 * Opens the log of a state directory for appending; makes it, with its keys, if missing.
 *
 * Recomputes the chain before the first append: of a log over PST_AUDIT_OPEN_WHOLE bytes only what
 * stands behind the newest checkpoint, whose place the sealed MAC state holds. An edit before it
 * stays one that pst_audit_verify() finds, whatever is appended.
 *
 * @param key  borrowed; must outlive the log
 * @return 0
 *         PST_E_UNSAFE  another process appends (names the pid), or the log does not verify, is
 *                       cut short or belongs to another key
 *         -errno
 */
int pst_audit_open(struct pst_audit **ret_audit, const char *dir, const struct pst_sign_key *key,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * As pst_audit_open(), where the MAC state is lost or old: begins the next epoch, with a new seed
 * in audit.verify and an entry that says so. All of the log is recomputed first.
 */
int pst_audit_renew(struct pst_audit **ret_audit, const char *dir, const struct pst_sign_key *key,
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

/** What an append takes of each entry. */
struct pst_audit_event {
	const char *kind;
	const char *json;
};

/**
 * Appends many entries with one write and one sync; on return all of them are on the disk, or none
 * is acknowledged.
 *
 * @param count       1..PST_AUDIT_BATCH_MAX
 * @param ret_first   the first entry's number; may be NULL
 * @return as pst_audit_append() [control]
 */
int pst_audit_append_many(struct pst_audit *audit, const struct pst_audit_event *events,
	size_t count, uint64_t *ret_first, struct pst_error *error) PST_MUST_CHECK;

/**
 * Takes over what the vault holds: the next checkpoint signs it, and one is due.
 *
 * @return 0, or PST_E_UNSAFE: the counter is behind the newest that the log holds, so the vault was
 *         rolled back [control]
 */
int pst_audit_set_state(
	struct pst_audit *audit, const struct pst_audit_vault_state *state) PST_MUST_CHECK;

/** @return whether the log holds a state of the vault; the newest one in ret_state */
bool pst_audit_state(const struct pst_audit *audit, struct pst_audit_vault_state *ret_state);

/** Signs a checkpoint now if entries stand unsigned. @return as pst_audit_append() [control] */
int pst_audit_checkpoint(struct pst_audit *audit, struct pst_error *error) PST_MUST_CHECK;

/**
 * Asks the disk whether it still takes what is appended: writes the head file again, as it is, and
 * syncs it. The log holds nothing new of it.
 *
 * @return as pst_audit_append() [control]
 */
int pst_audit_answers(struct pst_audit *audit, struct pst_error *error) PST_MUST_CHECK;

/** @return the newest entry's number; 0: none */
uint64_t pst_audit_sequence(const struct pst_audit *audit);

/** @return the newest checkpoint's number; 0: none. @param ret_age_ns  of it, since the opening at
 * most
 */
uint64_t pst_audit_signed(const struct pst_audit *audit, int64_t *ret_age_ns);

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
	PST_AUDIT_FINDING_MAC = 9,	 /* an entry's tag is not of its key, or is missing */
	PST_AUDIT_FINDING_WITNESS = 10,	 /* not what the witness signed, or not signed by it */
	PST_AUDIT_FINDING_COUNT
};

/** @return "ok", "edited", "sequence", ... */
const char *pst_audit_finding_name(enum pst_audit_finding finding);

struct pst_audit_report {
	enum pst_audit_finding finding;
	uint64_t bad_sequence; /* the first bad or missing entry; 0: none */
	uint64_t bad_offset;   /* bytes from the start of the file */
	uint64_t entries;      /* that verify, checkpoints included */
	uint64_t first;	       /* number of the first of them: 1 but in a part of a log */
	uint64_t bytes;	       /* that verify, from the start of the file */
	uint64_t checkpoints;
	uint64_t signed_entries; /* up to the newest checkpoint */
	int64_t first_s, last_s; /* wall clock of the first and last entry */
	uint8_t head[PST_CHAIN_SIZE];
	uint8_t signed_head[PST_CHAIN_SIZE]; /* of the newest checkpoint */
	uint8_t log[PST_MAC_LOG_SIZE];
	uint8_t public_key[PST_SIGN_PUBLIC_SIZE];
	bool key_given;	    /* false: the key came from beside the log itself */
	uint32_t mac_epoch; /* in force at the end; 0: no entry carries a tag */
	uint64_t tagged;    /* entries whose tag is of the verification key */
	bool has_state;	    /* a checkpoint signs a state of the vault */
	struct pst_audit_vault_state state;
	uint64_t state_sequence; /* of the newest such checkpoint */
	uint64_t cosigned;	 /* newest entry that the witness signed; 0: not asked for */
	int64_t cosigned_s;	 /* when, by its clock */
	bool is_part;		 /* a bundle that ends before the log's newest checkpoint */
	char text[256];		 /* one line for a person */
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
