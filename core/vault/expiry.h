/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_EXPIRY_H
#define PST_VAULT_EXPIRY_H

#include <stdint.h>

#include "base/error.h"
#include "crypto/ratchet.h"
#include "vault/record.h"
#include "vault/vault.h"

/* Inside the vault room only: the time, the ratchets that follow it, where records belong in them.
 */

/**
 * Moves the vault's time forward, never back, and with it the ratchets: what has expired has no
 * key any more, durably, on return. One write of the state file if a bucket ended, else none.
 *
 * @return 0
 *         -EINVAL      no time at all
 *         PST_E_VAULT  the state file could not be written: keys are gone from memory, the vault is
 *                      poisoned
 */
int pst_vault_advance(
	struct pst_vault *vault, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/** Where the vault's time goes on: from the state file and the database, the greatest of both. */
void pst_vault_resume_time(
	struct pst_vault *vault, const struct pst_ratchet_stamp *stamp, int64_t stored_s);

/** @return 0; PST_E_UNSAFE while the clock is held (clock.h): nothing may be stored */
int pst_vault_check_clock(const struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/** Writes the ratchets as they are, durably; a failure poisons. @return 0, PST_E_VAULT */
int pst_vault_write_state(struct pst_vault *vault, struct pst_error *error) PST_MUST_CHECK;

/** Adds a ratchet where it is not there yet; durable on return. @return as pst_vault_class_need()
 */
int pst_vault_class_add(struct pst_vault *vault, const struct pst_ratchet_class *class,
	struct pst_error *error) PST_MUST_CHECK;

/**
 * Makes sure that there is a ratchet for a retention; a new one is durable on return.
 *
 * @param retention  number of the class's name
 * @return 0, -EINVAL (no place left), PST_E_VAULT
 */
int pst_vault_class_need(struct pst_vault *vault, uint8_t retention, int64_t retention_s,
	struct pst_error *error) PST_MUST_CHECK;

/** The place of a record that may be kept until expires_s. */
struct pst_seal_place pst_vault_place(uint8_t retention, int64_t retention_s, int64_t expires_s);

/** The place that a header names: its expiry is the start of its bucket, which gives the width. */
struct pst_seal_place pst_vault_header_place(const struct pst_vault_header *header);

/** @return when the bucket of a record begins that may be kept until expires_s */
int64_t pst_vault_round_expiry(int64_t retention_s, int64_t expires_s);

#endif
