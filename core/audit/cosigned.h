/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_COSIGNED_H
#define PST_AUDIT_COSIGNED_H

#include "audit/checkpoint.h"

/* Inside the audit room only: files of cosignatures, one line each, appended. */

/**
 * Finds what a witness signed last of a log.
 *
 * @param log          only its lines are looked at, all of them are checked
 * @param witness      public key
 * @return 0
 *         PST_E_NOT_FOUND  none of this log
 *         PST_E_CORRUPT    a line that is none, is not signed by the witness, or says of one entry
 *                          what another line says differently; a last line cut off by a crash is
 *                          left out
 *         -errno
 * The error is filled.
 */
int pst_audit_cosigned_newest(const char *path, const uint8_t *log, const uint8_t *witness,
	struct pst_audit_cosignature *ret_newest, struct pst_error *error) PST_MUST_CHECK;

#endif
