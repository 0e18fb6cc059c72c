/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_PAYLOAD_H
#define PST_AUDIT_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Inside the audit room only: payloads and lines that have one form. They are read from the left,
 * and then written anew and compared, so that no two texts mean the same.
 */
struct pst_payload {
	const char *at; /* no NUL */
	size_t left;
};

/** Steps over a text. @return whether it stands there */
bool pst_payload_word(struct pst_payload *payload, const char *word);

/** Reads a decimal number of at most 19 digits. @return whether one stands there */
bool pst_payload_number(struct pst_payload *payload, uint64_t *ret_number);

/** Reads 2 * size hex digits. @return whether they stand there */
bool pst_payload_hex(struct pst_payload *payload, uint8_t *to, size_t size);

#endif
