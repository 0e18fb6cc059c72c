/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_MIGRATE_H
#define PST_VAULT_MIGRATE_H

#include "vault/vault.h"

struct pst_vault_db;

/*
 * Inside the vault room only: versions of the database, kept in its user_version.
 *
 *   1 --step--> 2 --step--> ... --step--> PST_VAULT_SCHEMA
 *
 * A step is SQL that changes tables and a function that changes what they hold. Both run in one
 * transaction with the new number: after a crash the database is of the old version or of the new
 * one. A new database gets the SQL of every step and so has the tables of a migrated one.
 */

/** What a step does to stored rows, in its transaction, after its SQL. The clock and keys are read.
 */
typedef int (*pst_vault_migrate_fn)(struct pst_vault *vault, struct pst_error *error);

/** Gives an empty database its tables. */
int pst_vault_migrate_make(struct pst_vault_db *db, struct pst_error *error) PST_MUST_CHECK;

/**
 * Takes an opened vault's database to PST_VAULT_SCHEMA; nothing to do is a success.
 *
 * @return 0; or what a step failed with, and the database is of the version before that step
 */
int pst_vault_migrate(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/** Moves the records of schema 1 into buckets of ratchets; inside the step's transaction. */
int pst_vault_migrate_buckets(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

#endif
