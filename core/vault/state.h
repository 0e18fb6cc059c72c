/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_STATE_H
#define PST_VAULT_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/ratchet.h"

/*
 * Inside the vault room only: vault.state, where the ratchets rest.
 *
 *   slot A  8192 bytes  |  slot B  8192 bytes
 *
 * Both hold the same, sealed, with a counter (crypto/ratchet.h). A new state is written over them
 * in place, one after the other, so that at any moment one of them is whole:
 *
 *   write B, fdatasync, write A, fdatasync
 *
 *   A    B      after a crash
 *   old  old    before
 *   old  torn   A is taken, B is made again
 *   old  new    B is taken, A is made again: what A still held is gone
 *   torn new    the same
 *   new  new    done
 *
 * The file has its place on the disk from the beginning: a full disk stops no step. It is never in
 * a backup: what has expired is forgotten only as far as no older copy of it is left.
 */
#define PST_VAULT_STATE_SLOTS 2
#define PST_VAULT_STATE_SIZE (PST_VAULT_STATE_SLOTS * PST_RATCHET_SLOT_SIZE)

struct pst_vault_state_file {
	char path[PATH_MAX];
	int fd;
	uint64_t counter; /* of the newest slot */
	bool repaired;	  /* opening found one slot damaged or behind, and made it again */
	bool poisoned;	  /* a write or sync failed: nothing is known until it is opened again */
};

/**
 * Makes the file with the ring's classes, durable; one that is there is replaced only as a whole.
 *
 * @return 0, -errno (-ENOSPC); then nothing new is there
 */
int pst_vault_state_create(const char *path, const struct pst_keyring *ring,
	const struct pst_ratchet_stamp *stamp, struct pst_error *error) PST_MUST_CHECK;

/**
 * Opens the file and takes the newest slot into the ring; the other one is made anew if it differs.
 *
 * @param ret_stamp  of the newest slot
 * @return 0
 *         PST_E_VAULT  missing, damaged in both slots, of another vault, or not repairable
 * On error: nothing is left open.
 */
int pst_vault_state_open(struct pst_vault_state_file *state, const char *path,
	struct pst_keyring *ring, struct pst_ratchet_stamp *ret_stamp,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Writes the ring's classes as they are now; durable on return, and the state before stands
 * nowhere in the file.
 *
 * @return 0, or PST_E_VAULT: a write failed; no further one works until the file is opened again
 */
int pst_vault_state_write(struct pst_vault_state_file *state, const struct pst_keyring *ring,
	const struct pst_ratchet_stamp *stamp, struct pst_error *error) PST_MUST_CHECK;

/**
 * Writes one slot, for a new state key: slot 1 under the new key, then the keyring file, then slot
 * 0; whichever keyring file a crash leaves, one slot opens with it.
 *
 * @param index  0 or 1
 * @param slot   counter is state->counter + 1 for both
 */
int pst_vault_state_write_slot(struct pst_vault_state_file *state, unsigned index,
	const uint8_t slot[PST_RATCHET_SLOT_SIZE], struct pst_error *error) PST_MUST_CHECK;

/** Accepts one that is not open. */
void pst_vault_state_close(struct pst_vault_state_file *state);

#endif
