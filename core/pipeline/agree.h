/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_AGREE_H
#define PST_PIPELINE_AGREE_H

#include "audit/audit.h"
#include "vault/vault.h"

/**
 * Lets the next checkpoint of a log sign what a vault holds now.
 *
 * @return 0
 *         PST_E_UNSAFE  the log has seen later changes than the vault holds: its database was put
 *                       back to an earlier state
 * [control]
 */
int pst_agree(const struct pst_vault *vault, struct pst_audit *audit,
	struct pst_error *error) PST_MUST_CHECK;

#endif
