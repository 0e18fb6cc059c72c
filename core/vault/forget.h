/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_FORGET_H
#define PST_VAULT_FORGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vault/vault.h"

/*
 * Deletion of a person's records before they expire, in two steps, so that the audit log can be
 * told in between:
 *
 *   find  -->  the log holds the tombstones  -->  forget: rows, wraps and bodies are gone
 *
 * If the second step never happens, the log says more than was done, never less; it can be done
 * again. A tombstone says nothing of the person: a keyed hash of a random id.
 */

/** What is left of a deleted record, until it would have expired. */
struct pst_vault_tombstone {
	uint8_t hash[PST_VAULT_ID_SIZE]; /* keyed, of the record's id */
	int64_t until_s;
	bool damaged; /* edited in the database; the other fields are untrue */
};

/** Whose records: the first field that is given counts. */
struct pst_vault_whom {
	bool all; /* everybody's */
	const char *subject;
	const uint8_t *record;		 /* PST_VAULT_ID_SIZE bytes */
	const uint64_t *audit_sequences; /* of the log's entries that allowed the records */
	size_t count;			 /* of those */
};

struct pst_vault_grave {
	uint8_t record[PST_VAULT_ID_SIZE];
	struct pst_vault_tombstone tombstone;
	bool held; /* under legal hold: it cannot be deleted */
};

struct pst_vault_graves {
	struct pst_vault_grave *grave; /* owned */
	size_t count;
	size_t room;
	size_t held; /* how many of them are */
};

/**
 * Finds somebody's records in every store and gallery; changes nothing.
 *
 * @param ret_graves  the caller frees it with pst_vault_graves_finish(), whatever this returns
 * @return count, or PST_E_VAULT, -ENOMEM, -EINVAL
 */
int pst_vault_find(struct pst_vault *vault, const struct pst_vault_whom *whom, int64_t now_s,
	struct pst_vault_graves *ret_graves, struct pst_error *error) PST_MUST_CHECK;

/** Adds a copy. @return 0 or -ENOMEM */
int pst_vault_graves_add(
	struct pst_vault_graves *graves, const struct pst_vault_grave *grave) PST_MUST_CHECK;

void pst_vault_graves_finish(struct pst_vault_graves *graves);

/**
 * Deletes what was found, leaves tombstones and empties the write-ahead log: on return no file of
 * the vault holds the rows any more.
 *
 * @return count deleted
 *         PST_E_UNSAFE  one of them is under legal hold; nothing was deleted
 *         as pst_vault_add()
 */
int pst_vault_forget(struct pst_vault *vault, const struct pst_vault_graves *graves, int64_t now_s,
	struct pst_error *error) PST_MUST_CHECK;

/** Receives a tombstone. @return 0 to go on */
typedef int (*pst_vault_tombstone_fn)(void *user, const struct pst_vault_tombstone *tombstone);

/** Walks the tombstones. @return count, or PST_E_VAULT, or the callback's negative result */
int pst_vault_tombstones(struct pst_vault *vault, pst_vault_tombstone_fn each, void *user,
	struct pst_error *error) PST_MUST_CHECK;

#endif
