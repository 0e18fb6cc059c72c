/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "vault/held.h"
#include "vault/inside.h"
#include "vault/tombstone.h"

/* Records deleted in one transaction. A full disk may have no room for the log of so many. */
#define BATCH 4096
#define BATCH_STEP 8
#define SOME (4 * BATCH) /* a second's work or two */

/* @return count deleted */
static int purge_batch(struct pst_vault *vault, int limit, struct pst_error *error)
{
	struct pst_vault_db_value values[] = {PST_VAULT_INT(vault->now_s), PST_VAULT_INT(limit)};
	int purged = pst_vault_begin(vault, error);

	if (purged < 0) {
		return purged;
	}
	purged = pst_vault_delete(vault,
		"place IN (SELECT place FROM record WHERE " PST_VAULT_EXPIRED
		" ORDER BY expires, place LIMIT ?2)",
		values, 2, error);
	if (purged >= 0) {
		int status = pst_vault_tombstone_purge(vault, error);

		status = status < 0 ? status : pst_vault_hold_purge(vault, error);
		purged = status < 0 ? status : purged;
	}
	return pst_vault_end(vault, purged, error);
}

/* Until nothing is left, or most were deleted. @return count deleted */
static int purge_batches(struct pst_vault *vault, int most, struct pst_error *error)
{
	struct pst_error detail = {0};
	int limit = BATCH;
	int purged = 0;

	for (;;) {
		int batch = purge_batch(vault, limit, &detail);

		if (batch == -ENOSPC && pst_vault_ballast_drop(vault)) {
			detail = (struct pst_error){0};
		} else if (batch == -ENOSPC && limit > 1) {
			limit /= BATCH_STEP;
			detail = (struct pst_error){0};
		} else if (batch < 0) {
			return pst_error_set(error, batch, "%s", detail.text);
		} else {
			purged += batch;
		}
		int status = pst_vault_truncate_log(vault, &detail);
		if (status < 0 && status != -ENOSPC) {
			return pst_error_set(error, status, "%s", detail.text);
		}
		if (batch >= 0 && (batch < limit || purged >= most)) {
			return status < 0 ? pst_error_set(error, status, "%s", detail.text)
					  : purged;
		}
	}
}

static int purge(struct pst_vault *vault, int64_t now_s, int most, struct pst_error *error)
{
	int purged = pst_vault_advance(vault, now_s, error);

	if (purged == 0) {
		purged = purge_batches(vault, most, error);
		pst_vault_ballast_keep(vault);
	}
	return purged;
}

int pst_vault_purge(struct pst_vault *vault, int64_t now_s, struct pst_error *error)
{
	return purge(vault, now_s, INT_MAX, error);
}

int pst_vault_purge_some(struct pst_vault *vault, int64_t now_s, struct pst_error *error)
{
	return purge(vault, now_s, SOME, error);
}
