/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_VAULT_RECORD_H
#define PST_VAULT_RECORD_H

#include <stdint.h>

#include "base/error.h"
#include "crypto/seal.h"

/*
 * Everything that is known of a sealed template, as 136 bytes, little endian, no text. The bytes
 * are the associated data of the record's encryption.
 *
 *     0  magic 4, version 1, suite 1, category 2
 *     8  vault id 16
 *    24  record id 16
 *    40  subject pseudonym 16
 *    56  lane 8
 *    64  retention class 1, store 1, gallery 2, expiry bucket 4
 *    72  created 8, expires 8 (wall-clock seconds since 1970)
 *    88  role 1, purpose 1, template format 1, transform 1 (0: none)
 *    92  contract id 16
 *   108  permit id 16
 *   124  audit sequence 8
 *   132  plain length 4
 *
 * Names stand as numbers of the vault's name table; 0 is none. Bucket 0: the class's own key.
 */
#define PST_VAULT_HEADER_VERSION 1
#define PST_VAULT_HEADER_SUITE 1

struct pst_vault_header {
	uint16_t category;
	uint8_t vault[16];
	uint8_t record[16];
	uint8_t subject[16]; /* zeroes: no subject */
	uint64_t lane;
	uint8_t retention;
	uint8_t store;
	uint16_t gallery;
	uint32_t bucket;
	int64_t created_s;
	int64_t expires_s;
	uint8_t role;
	uint8_t purpose;
	uint8_t format;
	uint8_t transform;
	uint8_t contract[16];
	uint8_t permit[16];
	uint64_t audit_sequence;
	uint32_t plain_size;
};

void pst_vault_header_encode(
	const struct pst_vault_header *header, uint8_t ret_bytes[PST_SEAL_HEADER_SIZE]);

/**
 * Reads a header from outside and checks every field that has a range.
 *
 * @return 0, PST_E_FORMAT (another magic, version or suite), PST_E_CORRUPT
 */
int pst_vault_header_decode(const uint8_t bytes[PST_SEAL_HEADER_SIZE],
	struct pst_vault_header *ret_header) PST_MUST_CHECK;

#endif
