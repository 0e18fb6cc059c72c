/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_TIMES_H
#define PST_VAULT_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/keyring.h"
#include "vault/types.h"

/* Which clock a vault believes. All calls: [control] */

/** What the machine knows of time beside the wall clock. */
struct pst_vault_times {
	void (*machine)(void *user, struct pst_clock_machine *ret_machine);
	void *user;
};

/** This machine's own. */
extern const struct pst_vault_times pst_vault_times_here;

/**
 * As pst_vault_open(), which takes every time it is given as true; this one does not.
 *
 * A wall clock that is ahead by more than a bucket of the narrowest class, of what this machine has
 * been running for since the vault's last time, while the kernel calls it unsynchronised, is not
 * taken: the vault's time goes on at the machine's own pace, nothing is stored (PST_E_UNSAFE), and
 * what the wall clock calls expired does not open but is not erased. Ended by a synchronised
 * clock, by one set back, by pst_vault_clock_accept().
 *
 * @param times  copied, its user borrowed until the vault is closed
 */
int pst_vault_open_timed(struct pst_vault **ret_vault, const char *dir,
	const struct pst_key_source *key, const struct pst_vault_times *times, int64_t now_s,
	struct pst_error *error) PST_MUST_CHECK;

struct pst_vault_clock_status {
	int64_t now_s;	     /* the vault's time */
	int64_t shown_s;     /* the wall clock's */
	int64_t tolerance_s; /* how far it may be ahead unsynchronised; 0: any, nothing to lose yet
			      */
	bool synchronised;
	bool held; /* it is further ahead than that */
};

/** Tells how the vault's time stands to the wall clock. @return 0, -EINVAL, PST_E_VAULT */
int pst_vault_clock_read(struct pst_vault *vault, int64_t now_s,
	struct pst_vault_clock_status *ret_status, struct pst_error *error) PST_MUST_CHECK;

/**
 * Takes the wall clock as true, whatever the kernel says: what has expired by it is erased.
 *
 * @return 0, -EINVAL, PST_E_VAULT
 */
int pst_vault_clock_accept(
	struct pst_vault *vault, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

#endif
