/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_VERIFY_H
#define PST_VAULT_VERIFY_H

#include "vault/told.h"
#include "vault/vault.h"

/** What verification can find. */
#define PST_VAULT_FLAW_MAP(X)                                                                      \
	X(PST_VAULT_FLAW_UNSET, "unset")                                                           \
	X(PST_VAULT_FLAW_DATABASE, "database")	 /* SQLite finds its own file damaged */           \
	X(PST_VAULT_FLAW_NAME, "name")		 /* a name is not the vault's own */               \
	X(PST_VAULT_FLAW_RECORD, "record")	 /* does not open, and is not expired */           \
	X(PST_VAULT_FLAW_HOLD, "hold")		 /* a hold was edited, or is of no record */       \
	X(PST_VAULT_FLAW_TOMBSTONE, "tombstone") /* edited, or the log has one more */             \
	X(PST_VAULT_FLAW_FORGOTTEN, "forgotten") /* a record that was deleted is there */          \
	X(PST_VAULT_FLAW_SET, "set")		 /* rows were deleted or inserted from outside */  \
	X(PST_VAULT_FLAW_ROLLBACK, "rollback")	 /* the database is older than the log */          \
	X(PST_VAULT_FLAW_STATE, "state")	 /* a slot of the state file does not open */      \
	X(PST_VAULT_FLAW_ESCROW, "escrow")   /* what can be recovered was changed or is gone */    \
	X(PST_VAULT_FLAW_BALLAST, "ballast") /* its place on the disk is not held */               \
	X(PST_VAULT_FLAW_LOG, "log")	     /* the audit log itself; found by its reader */

#define PST_VAULT_FLAW_ENUM(name, text) name,
enum pst_vault_flaw { PST_VAULT_FLAW_MAP(PST_VAULT_FLAW_ENUM) PST_VAULT_FLAW_COUNT };
#undef PST_VAULT_FLAW_ENUM

const char *pst_vault_flaw_name(enum pst_vault_flaw flaw);

struct pst_vault_verification {
	uint64_t records; /* opened or expired as they should */
	uint64_t expired; /* of them; they wait for a purge */
	uint64_t held;
	uint64_t tombstones;
	uint64_t names;
	uint64_t flaws[PST_VAULT_FLAW_COUNT];
	uint64_t found; /* all flaws */
	bool compared;	/* the log had something to compare the database with */
};

/** Who is told while it goes on; both may be NULL. */
struct pst_vault_listener {
	/** One flaw, in a line. */
	void (*found)(void *user, enum pst_vault_flaw flaw, const char *text);
	/** After each record. */
	void (*progress)(void *user, uint64_t done, uint64_t total);
	void *user;
};

/**
 * Looks at everything a vault holds; changes nothing.
 *
 * @param told  what the audit log was told; NULL: there is no log
 * @return 0 and the verification says what was found
 *         PST_E_VAULT  the database cannot be read at all
 *         -ENOMEM
 */
int pst_vault_verify(struct pst_vault *vault, const struct pst_vault_told *told, int64_t now_s,
	const struct pst_vault_listener *listener, struct pst_vault_verification *ret_verification,
	struct pst_error *error) PST_MUST_CHECK;

#endif
