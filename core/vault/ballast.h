/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_BALLAST_H
#define PST_VAULT_BALLAST_H

#include <stdbool.h>

#include "base/error.h"
#include "crypto/seal.h"

/*
 * Inside the vault room only: a file that holds nothing but its place on the disk. Deleting needs
 * room for the log of what is overwritten; on a full disk the ballast gives it.
 *
 *              disk full and a deletion waits
 *   allocated ---------------------------------> released
 *             <---------------------------------
 *               the log is empty, there is room
 */

/*
 * Bytes. The smallest purge is of one record, the largest record has a template of
 * PST_SEAL_PLAIN_MAX. SQLite zeroes each of its pages through the log, a page may stand in it twice
 * once the page cache is full, and a quarter is for indexes, free list and the database's growth.
 */
#define PST_VAULT_BALLAST_SIZE (PST_SEAL_PLAIN_MAX * 2 + PST_SEAL_PLAIN_MAX / 2)

/** Allocates the file where it is not. @return 0; -errno: it is left without a place */
int pst_vault_ballast_allocate(const char *path) PST_MUST_CHECK;

/** Gives the place back to the disk. @return whether there was any */
bool pst_vault_ballast_release(const char *path) PST_MUST_CHECK;

/** @return whether the file has its place */
bool pst_vault_ballast_is_there(const char *path) PST_MUST_CHECK;

#endif
