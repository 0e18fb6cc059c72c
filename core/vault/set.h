/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_SET_H
#define PST_VAULT_SET_H

#include "crypto/keyring.h"
#include "vault/db.h"
#include "vault/vault.h"

/*
 * Inside the vault room only: one value that stands for all rows that matter.
 *
 * It is the sum, modulo 2^256, of a keyed hash of every record's header, every hold, every
 * tombstone and every key of a lane, so it does not depend on their order and is carried along by
 * each insertion and deletion. It stands in the meta row 'set', 80 bytes, little endian:
 *
 *    0  records 8, counter 8, sum 32, tag 32 (keyed, over all before)
 *
 * The counter is one more after every transaction that changed the sum. The audit log is told
 * count, counter and tag: a database put back to an earlier state has a smaller counter than the
 * log, one with a row more or less than it should have does not give its own sum.
 */
#define PST_VAULT_SET_ROW_SIZE 80

/** The sum as it stands in memory; the row is written at the end of a transaction. */
struct pst_vault_sum {
	uint64_t records;
	uint64_t counter;
	uint64_t sum[4]; /* the least significant first */
};

/** What a row is. */
enum pst_vault_element {
	PST_VAULT_ELEMENT_UNSET = 0,
	PST_VAULT_ELEMENT_RECORD = 1,	 /* its header, PST_SEAL_HEADER_SIZE bytes */
	PST_VAULT_ELEMENT_HOLD = 2,	 /* its tag */
	PST_VAULT_ELEMENT_TOMBSTONE = 3, /* its tag */
	PST_VAULT_ELEMENT_LANE = 4,	 /* its tag */
};

/** Adds or subtracts a row. data is as the element's kind says. */
void pst_vault_sum_add(struct pst_vault_sum *sum, const struct pst_keyring *ring,
	enum pst_vault_element element, const uint8_t *data);
void pst_vault_sum_remove(struct pst_vault_sum *sum, const struct pst_keyring *ring,
	enum pst_vault_element element, const uint8_t *data);

/** Computes the sum of what the tables hold; the counter is taken from sum. */
int pst_vault_sum_compute(struct pst_vault_db *db, const struct pst_keyring *ring,
	struct pst_vault_sum *sum, struct pst_error *error) PST_MUST_CHECK;

/** Reads and checks the row. @return 0, PST_E_VAULT (missing, or changed) */
int pst_vault_sum_read(struct pst_vault_db *db, const struct pst_keyring *ring,
	struct pst_vault_sum *ret_sum, struct pst_error *error) PST_MUST_CHECK;

int pst_vault_sum_write(struct pst_vault_db *db, const struct pst_keyring *ring,
	const struct pst_vault_sum *sum, struct pst_error *error) PST_MUST_CHECK;

/** What others are told of it. */
void pst_vault_sum_tell(const struct pst_vault_sum *sum, const struct pst_keyring *ring,
	struct pst_vault_set *ret_set);

#endif
