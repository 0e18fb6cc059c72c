/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_INBOX_H
#define PST_VAULT_INBOX_H

#include <stdint.h>

#include "vault/bulletin.h"
#include "vault/parcel.h"
#include "vault/vault.h"

/*
 * Where a lane that cannot read puts what it seals: one file each, inbox/RECORD.parcel, until
 * somebody carries them to the vault.
 *
 *   template --sealed to the bulletin's key, signed by the lane--> RECORD.parcel.XXXXXX
 *                                  --written, synced--> RECORD.parcel   --carried--> vault ingest
 *
 * Nothing in the lane opens one again. Every doubt means that nothing is kept: a bulletin past its
 * time or without a key for the expiry, a name that it does not have, a full inbox, a full disk.
 */

#define PST_INBOX "inbox" /* folder of a lane's state directory */
#define PST_INBOX_SUFFIX ".parcel"
#define PST_INBOX_COUNT_MAX 100000	 /* parcels */
#define PST_INBOX_BYTES_MAX (2ull << 30) /* of all of them */
#define PST_INBOX_CLOCK_SLACK_S                                                                    \
	300 /* that the lane's clock may be behind or ahead of the vault's */

struct pst_inbox;

struct pst_inbox_limits {
	uint64_t count;
	uint64_t bytes;
};

/**
 * Opens the inbox of a state directory; makes it if missing, and removes what a crash left.
 *
 * @param bulletin  borrowed while the inbox is open
 * @param signer    the lane's; borrowed likewise
 * @param limits    NULL: PST_INBOX_COUNT_MAX and PST_INBOX_BYTES_MAX
 * @return 0
 *         PST_E_MISMATCH  the bulletin was made for another lane's key
 *         -errno
 */
int pst_inbox_open(struct pst_inbox **ret_inbox, const char *dir,
	const struct pst_bulletin *bulletin, const struct pst_sign_key *signer,
	const struct pst_inbox_limits *limits, struct pst_error *error) PST_MUST_CHECK;

/** Closes and nulls. Accepts NULL. */
void pst_inbox_close(struct pst_inbox **inbox);

/** @return parcels that wait */
uint64_t pst_inbox_count(const struct pst_inbox *inbox);

/** @return 0 when the bulletin is good at a time, or PST_E_EXPIRED with the error filled */
int pst_inbox_check(
	const struct pst_inbox *inbox, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/** @return until when is kept what was sealed last: retention_s from then, rounded down */
int64_t pst_inbox_kept_until_s(const struct pst_inbox *inbox, int64_t retention_s);

/**
 * Seals a template; durable on return.
 *
 * @param gallery     NULL: captured; else a reference for that gallery, and info->subject is needed
 * @param info        info->subject an id; info->lane is not asked: the lane is the bulletin's
 * @param template    borrowed; 1..PST_PARCEL_PLAIN_MAX bytes; the caller wipes its copy
 * @param ret_record  the record's id; zeroed when nothing is kept; may be NULL
 * @return 1 kept
 *         0 not kept: info->retention_s is 0
 *         PST_E_EXPIRED    the bulletin is past its time, or has no key for the expiry
 *         PST_E_NOT_FOUND  the bulletin does not have the name or the class
 *         -EINVAL          a size, a subject or a time that is not valid
 *         -EDQUOT          the inbox is full
 *         -ENOSPC, ...     it could not be written
 * On error: nothing is kept.
 */
int pst_inbox_add(struct pst_inbox *inbox, const char *gallery,
	const struct pst_vault_record_info *info, const uint8_t *template, size_t size,
	int64_t now_s, uint8_t ret_record[PST_VAULT_ID_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

#endif
