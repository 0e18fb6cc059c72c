/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_VAULT_H
#define PST_VAULT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "vault/times.h"
#include "vault/types.h"

/*
 * Sealed templates in a state directory: vault.db (SQLite), vault.keys (wrapped keys), vault.state
 * (the keys that die, crypto/ratchet.h), vault.lock.
 *
 * Every call that takes a time takes wall-clock seconds since 1970. The vault's own time never goes
 * backwards: it is the greatest that was taken, kept in the database and the state file. A record
 * opens while that time is below its expiry, which is its policy's rounded down to a bucket; at
 * that moment its key is erased, and no copy of the database brings it back.
 *
 * One process, one handle, one thread at a time. All calls: [control]
 */

/**
 * Makes a vault with new random keys in a directory (made if missing).
 *
 * @param key  borrowed; its file must exist (pst_keyring_make_key_file)
 * @return 0
 *         -EEXIST      a vault is there; nothing changed
 *         PST_E_VAULT  the key cannot be used, or another process works on it
 *         -errno
 * On error: no vault is there that was not before.
 */
int pst_vault_init(const char *dir, const struct pst_key_source *key, int64_t now_s,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Opens the vault of a directory and purges what has expired; of very much, only a part, so that
 * opening does not wait for it.
 *
 * @return 0
 *         PST_E_NOT_FOUND  no vault there
 *         PST_E_VAULT      wrong key, damaged, of another version, or open elsewhere (names the
 * pid) -errno
 */
int pst_vault_open(struct pst_vault **ret_vault, const char *dir, const struct pst_key_source *key,
	int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/** @return until when a record is kept that is stored now: retention_s from now, rounded down */
int64_t pst_vault_kept_until_s(const struct pst_vault *vault, int64_t retention_s);

/**
 * Asks whether it still works: no write failed in a way that leaves doubt, and it can be read. One
 * that is locked is not read.
 *
 * @return 0, PST_E_VAULT, -errno
 */
int pst_vault_answers(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/** Closes and nulls. Accepts NULL. */
void pst_vault_close(struct pst_vault **vault);

/** @return the vault's signing key, for audit and receipts; valid until the vault is closed */
const struct pst_sign_key *pst_vault_signer(const struct pst_vault *vault);

/**
 * Seals a captured template; durable on return.
 *
 * @param template    borrowed; 1..PST_SEAL_PLAIN_MAX bytes; the caller wipes its copy
 * @param ret_record  the new record's id; zeroed when nothing is stored; may be NULL
 * @return 1 stored
 *         0 not stored: info->retention_s is 0
 *         -EINVAL      a name or a size that is not valid
 *         -ENOSPC      disk full; nothing stored, the vault stays usable
 *         PST_E_UNSAFE the clock is held (pst_vault_open_timed)
 *         PST_E_VAULT  a write failed in a way that leaves doubt: no further call works until the
 *                      vault is opened again
 */
int pst_vault_add(struct pst_vault *vault, const struct pst_vault_record_info *info,
	const uint8_t *template, size_t size, int64_t now_s, uint8_t ret_record[PST_VAULT_ID_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** A template to store, and all that is known of it. Everything is borrowed. */
struct pst_vault_entry {
	const struct pst_vault_record_info *info;
	const char *gallery; /* NULL: captured; else a reference, as pst_vault_gallery_add() */
	const uint8_t *template;
	size_t size;	     /* bytes, 1..PST_SEAL_PLAIN_MAX */
	uint8_t *ret_record; /* PST_VAULT_ID_SIZE bytes; zeroed when not stored; may be NULL */
};

/**
 * Seals many templates with one sync: all of them are durable on return, or none is stored.
 *
 * The write-ahead log holds the whole batch until then: the disk needs room for it twice.
 *
 * @return count stored: entries whose retention is 0 are left out; as pst_vault_add() otherwise
 */
int pst_vault_add_many(struct pst_vault *vault, const struct pst_vault_entry *entries, size_t count,
	int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/** Receives an opened template, in locked memory, valid until it returns. @return 0 to go on */
typedef int (*pst_vault_template_fn)(
	void *user, uint64_t subject_key, const uint8_t *template, size_t size);

/**
 * Opens one record.
 *
 * @return what open returned
 *         PST_E_NOT_FOUND
 *         PST_E_EXPIRED  past its retention, whether purged yet or not
 *         PST_E_VAULT    damaged
 */
int pst_vault_read(struct pst_vault *vault, const uint8_t record[PST_VAULT_ID_SIZE], int64_t now_s,
	pst_vault_template_fn open, void *user, struct pst_error *error) PST_MUST_CHECK;

/**
 * Adds a reference to a gallery (made if missing); one of the same subject and contract is replaced
 * in the same step. info->subject is required.
 *
 * @return as pst_vault_add()
 */
int pst_vault_gallery_add(struct pst_vault *vault, const char *gallery,
	const struct pst_vault_record_info *info, const uint8_t *template, size_t size,
	int64_t now_s, uint8_t ret_record[PST_VAULT_ID_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Removes a subject's references, or all of them.
 *
 * @param subject  NULL: the whole gallery and its name
 * @return count removed
 *         PST_E_NOT_FOUND  no such gallery, or the subject is not in it
 */
int pst_vault_gallery_remove(struct pst_vault *vault, const char *gallery, const char *subject,
	int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/**
 * Opens every reference of a contract, one after the other, to hand it to a matcher.
 *
 * @param contract  PST_VAULT_ID_SIZE bytes; NULL: of any contract
 * @return count handed over
 *         PST_E_NOT_FOUND  no such gallery
 *         PST_E_MISMATCH   it holds references, none of them of this contract
 *         PST_E_VAULT      a record is damaged (names it)
 *         a negative result of the callback, which ends the walk
 */
int pst_vault_gallery_each(struct pst_vault *vault, const char *gallery, const uint8_t *contract,
	int64_t now_s, pst_vault_template_fn open, void *user,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Which secret transform the vault multiplies its templates by: they are turned before they are
 * sealed, and are handed out as they are kept. Then it stores only templates of
 * PST_VAULT_FORMAT_FLOAT32, and a matcher must score a pair the same whatever orthogonal matrix
 * both are multiplied by.
 *
 * @return its number, 1..PST_VAULT_TRANSFORMS_MAX; 0: none
 */
uint32_t pst_vault_transform_number(const struct pst_vault *vault);

/**
 * A probe as it can be compared with what the vault hands out.
 *
 * @param format     its element type, as of a record
 * @param ret_probe  template itself where the vault has no transform; else the vault's locked
 *                   memory, valid until the next call on it; wiped by _done()
 * @return 0; -EINVAL it cannot be transformed; -ENOMEM
 */
int pst_vault_transform_probe(struct pst_vault *vault, uint16_t format, const uint8_t *template,
	size_t size, const uint8_t **ret_probe, struct pst_error *error) PST_MUST_CHECK;
void pst_vault_transform_probe_done(struct pst_vault *vault, size_t size);

/**
 * Draws the next transform and turns every record that opens from the present one, in one
 * transaction: after a crash all are of the one or all are of the other. Templates taken from the
 * vault before are strangers to it then.
 *
 * @return count renewed
 *         -EINVAL      a record's template cannot be transformed; or there were too many renewals
 *         PST_E_VAULT  a record is damaged (names it)
 *         as pst_vault_add() otherwise
 * On error: nothing changed.
 */
int pst_vault_transform_renew(
	struct pst_vault *vault, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/** The number by which a matcher knows a subject: from a keyed hash, never 0. Asks no database. */
uint64_t pst_vault_subject_key(const struct pst_vault *vault, const char *subject);

/** Receives a record's description. @return 0 to go on */
typedef int (*pst_vault_item_fn)(void *user, const struct pst_vault_item *item);

/**
 * Walks all records, oldest first, and opens each to tell whether it does.
 *
 * @param gallery  NULL: all records; else only this gallery's
 * @return count walked, or PST_E_NOT_FOUND, PST_E_VAULT, or the callback's negative result
 */
int pst_vault_list(struct pst_vault *vault, const char *gallery, int64_t now_s,
	pst_vault_item_fn each, void *user, struct pst_error *error) PST_MUST_CHECK;

/** What stands for all records at once: the audit log is told it, and verification compares. */
struct pst_vault_set {
	uint64_t records;
	uint64_t counter; /* grows with every change */
	uint8_t hash[PST_KEYRING_TAG_SIZE];
};

/** Fills the vault's present set. Asks no database. */
void pst_vault_set(const struct pst_vault *vault, struct pst_vault_set *ret_set);

/** Fills what a person wants to see at a glance. */
int pst_vault_status(struct pst_vault *vault, int64_t now_s, struct pst_vault_status *ret_status,
	struct pst_error *error) PST_MUST_CHECK;

/** Deletes what has expired and empties the write-ahead log. @return count deleted, or as add */
int pst_vault_purge(struct pst_vault *vault, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

#endif
