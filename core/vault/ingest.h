/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_INGEST_H
#define PST_VAULT_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "vault/vault.h"

/*
 * Takes the parcels of lanes (vault/parcel.h) into the vault: each is checked, opened with the key
 * of its bucket, sealed anew and stored, a batch in one transaction; only what is durable is
 * removed from the folder.
 *
 *   file --bounds--> lane's key known, not revoked --> signature --> what the lane may say
 *        --> its times --> not seen before --> opens --> stored, file removed
 *
 * Whoever has a lane's key can make parcels in that lane's name while it is not revoked: within the
 * names, classes and times that the lane was granted. [control]
 */

enum pst_vault_parcel_fate {
	PST_VAULT_PARCEL_UNSET = 0,
	PST_VAULT_PARCEL_REFUSED = 1, /* stays where it is */
	PST_VAULT_PARCEL_EXPIRED = 2, /* authentic, came too late; removed */
	PST_VAULT_PARCEL_SKIPPED = 3, /* taken before, or a newer one was; removed */
	PST_VAULT_PARCEL_TAKEN = 4,   /* stored; removed */
};

/** What became of one file. Texts are borrowed until the callback returns. */
struct pst_vault_parcel_item {
	const char *file; /* its name in the folder */
	enum pst_vault_parcel_fate fate;
	const char *why; /* "": taken */
};

struct pst_vault_ingested {
	uint64_t found; /* parcels in the folder at the start */
	uint64_t taken;
	uint64_t skipped;
	uint64_t expired;
	uint64_t refused;
};

/** Hears of each file, once its batch is durable. */
typedef void (*pst_vault_parcel_fn)(void *user, const struct pst_vault_parcel_item *item,
	const struct pst_vault_ingested *so_far);

/**
 * Takes all parcels of a folder.
 *
 * @param dry_run  checks and opens each, stores and removes nothing
 * @param each     may be NULL
 * @return 0; what of the parcels was refused stands in ret_ingested
 *         PST_E_UNSAFE  the vault's clock is held (vault/clock.h)
 *         -errno   the folder cannot be read, or a file not removed
 *         -ENOSPC, PST_E_VAULT  as pst_vault_add(); what was told before is stored
 */
int pst_vault_ingest(struct pst_vault *vault, const char *dir, bool dry_run, int64_t now_s,
	pst_vault_parcel_fn each, void *user, struct pst_vault_ingested *ret_ingested,
	struct pst_error *error) PST_MUST_CHECK;

#endif
