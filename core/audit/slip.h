/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_SLIP_H
#define PST_AUDIT_SLIP_H

#include <jansson.h>

#include "base/error.h"

/*
 * A receipt in so few words that a telephone reads them from a screen as a QR code:
 *
 *   POSTERN RECEIPT 2          its schema
 *   ID 6A3F05BFB91C14A1...     the random number to ask for it by
 *   LANE gate-7
 *   ISSUED 2025-12-26T08:00:00Z
 *   OUTCOME refer-opted-out
 *   CHOICE decline             or none
 *   KEY 0C4E91D20A7B33F8       which key signed it
 *   SHA256 ...                 of the document in its one form (sorted keys, no spaces)
 *   SIGNATURE ...              the document's, Ed25519
 *
 * Whoever has it can neither be given another document later nor be told that there was none: the
 * hash and the signature are of one document only. It is a library of its own and needs no key.
 */

/**
 * Writes the slip of a receipt.
 *
 * @param document  a receipt of schema 2
 * @param ret_slip  text with a line end after each line; the caller frees
 * @return 0, PST_E_FORMAT (no such receipt), -ENOMEM
 */
int pst_slip_write(const json_t *document, char **ret_slip, struct pst_error *error) PST_MUST_CHECK;

/**
 * Whether a slip is that of a receipt. White space around lines does not count, nor do empty lines.
 *
 * @param slip  any text
 * @return 0, PST_E_MISMATCH (the error names the line that differs), or as pst_slip_write()
 */
int pst_slip_check(
	const char *slip, const json_t *document, struct pst_error *error) PST_MUST_CHECK;

#endif
