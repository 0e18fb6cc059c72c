/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_MAC_STATE_H
#define PST_AUDIT_MAC_STATE_H

#include "audit/entry.h"

/*
 * Inside the audit room only: the current MAC key at rest, in the file audit.mac.
 *
 * Two slots of fixed size, allocated when the log is born and written in place, so that no free
 * space is needed. A write goes to the older slot, is made durable, and then goes over the other
 * one, which holds the key before: at rest there is no older key than that of the newest
 * checkpoint, or, between the two writes of a crash, the one before it.
 *
 *   slot, 4096 bytes, little endian, zeroes behind
 *      0  magic 8, version 4, epoch 4, log id 16
 *     32  counter 8, sequence 8, bytes of the log up to there 8, flags 8
 *     64  hash of the entry of that sequence 32, commitment to the epoch's seed 32
 *    128  the newest signed state of the vault: hash 32, records 8, counter 8
 *    176  the key of the next entry, sealed 72; associated data: all bytes before
 */
#define PST_AUDIT_SLOT_SIZE 4096u
#define PST_AUDIT_MAC_FILE_SIZE (2 * PST_AUDIT_SLOT_SIZE)

struct pst_audit_mac_state {
	struct pst_mac_name name;
	uint64_t counter;
	uint64_t sequence; /* the newest checkpoint's, or where an epoch begins */
	uint64_t offset;   /* of the byte behind it */
	bool begins;	   /* the epoch begins with the next entry, or has begun with it */
	bool has_seed;	   /* the verification key was still here */
	bool has_vault;
	uint8_t hash[PST_CHAIN_SIZE];
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
	struct pst_audit_vault_state vault;
};

/** Makes a slot's bytes. */
void pst_audit_slot_encode(const struct pst_audit_mac_state *state, struct pst_mac *mac,
	const struct pst_sign_key *key, uint8_t ret_slot[PST_AUDIT_SLOT_SIZE]);

/** @return 0; PST_E_CORRUPT: damaged, or sealed under another key; -ENOMEM */
int pst_audit_slot_decode(const uint8_t slot[PST_AUDIT_SLOT_SIZE], const struct pst_sign_key *key,
	struct pst_audit_mac_state *ret_state, struct pst_mac **ret_mac) PST_MUST_CHECK;

/** Makes the file, or replaces it by one of a new epoch. @return 0 or -errno */
int pst_audit_mac_make(const char *path, struct pst_audit_mac_state *state, struct pst_mac *mac,
	const struct pst_sign_key *key, struct pst_error *error) PST_MUST_CHECK;

/**
 * Reads the newest slot that opens.
 *
 * @param ret_mac  the caller closes it
 * @return 0; -ENOENT no file; PST_E_CORRUPT neither slot opens; -errno
 */
int pst_audit_mac_read(const char *path, const struct pst_sign_key *key,
	struct pst_audit_mac_state *ret_state, struct pst_mac **ret_mac) PST_MUST_CHECK;

/**
 * Writes both slots in place, one after the other, each durable; the counter goes up.
 *
 * @return 0
 *         PST_E_UNSAFE  a sync failed: nothing is known of what the disk holds
 *         -errno        one slot at least is whole
 */
int pst_audit_mac_write(const char *path, struct pst_audit_mac_state *state, struct pst_mac *mac,
	const struct pst_sign_key *key, struct pst_error *error) PST_MUST_CHECK;

#endif
