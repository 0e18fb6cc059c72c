/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_RECEIPT_FORM_H
#define PST_AUDIT_RECEIPT_FORM_H

#include <jansson.h>

#include "audit/receipt.h"
#include "base/bytes.h"

/* Inside the audit room only: what writing and reading a receipt share. */

#define PST_RECEIPT_KEY_ID_SIZE 8 /* bytes of the key's hash */

/* One form for one content: sorted keys, no spaces, nothing but strings, whole numbers and lists.
 */
#define PST_RECEIPT_CANONICAL (JSON_SORT_KEYS | JSON_COMPACT)

void pst_receipt_key_id(
	const uint8_t public_key[PST_SIGN_PUBLIC_SIZE], char text[2 * PST_RECEIPT_KEY_ID_SIZE + 1]);

/**
 * Appends the bytes that are signed: a title that names the schema, and the canonical text.
 *
 * @param receipt  without its signature
 * @return 0 or -ENOMEM
 */
int pst_receipt_signed_bytes(
	const json_t *receipt, int schema, struct pst_bytes *to) PST_MUST_CHECK;

#endif
