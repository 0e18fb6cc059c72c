/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "vault/record.h"
#include "vault/vault.h"

static struct pst_vault_header sample(void)
{
	struct pst_vault_header header = {
		.category = 0x0102,
		.lane = 0x1122334455667788,
		.retention = 3,
		.store = 4,
		.gallery = 0,
		.bucket = 0xa1b2c3d4,
		.created_s = 1700000000,
		.expires_s = 1700043200,
		.role = PST_VAULT_ROLE_CAPTURED,
		.purpose = 2,
		.format = 0x0b,
		.transform = 0x0a,
		.audit_sequence = 0xfffefdfcfbfaf9f8,
		.plain_size = 2048,
	};

	memset(header.vault, 0x11, 16);
	memset(header.record, 0x22, 16);
	memset(header.subject, 0x33, 16);
	memset(header.contract, 0x44, 16);
	memset(header.permit, 0x55, 16);
	return header;
}

/* The layout is stored: these bytes must never change within a version. */
Test(record, layout)
{
	struct pst_vault_header header = sample();
	uint8_t bytes[PST_SEAL_HEADER_SIZE];

	pst_vault_header_encode(&header, bytes);
	cr_expect_arr_eq(bytes, "PSTR\x01\x01\x02\x01", 8);
	cr_expect_eq(bytes[8], 0x11);
	cr_expect_eq(bytes[24], 0x22);
	cr_expect_eq(bytes[40], 0x33);
	cr_expect_arr_eq(bytes + 56, "\x88\x77\x66\x55\x44\x33\x22\x11\x03\x04\x00\x00", 12);
	cr_expect_arr_eq(bytes + 68, "\xd4\xc3\xb2\xa1", 4);
	cr_expect_arr_eq(bytes + 88, "\x01\x02\x0b\x0a", 4);
	cr_expect_eq(bytes[92], 0x44);
	cr_expect_eq(bytes[108], 0x55);
	cr_expect_arr_eq(bytes + 124, "\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff\x00\x08\x00\x00", 12);
}

Test(record, survives_both_ways)
{
	struct pst_vault_header header = sample(), back;
	uint8_t bytes[PST_SEAL_HEADER_SIZE], again[PST_SEAL_HEADER_SIZE];

	pst_vault_header_encode(&header, bytes);
	cr_assert_eq(pst_vault_header_decode(bytes, &back), 0);
	pst_vault_header_encode(&back, again);
	cr_expect_arr_eq(bytes, again, sizeof(bytes));
}

static int decode(const struct pst_vault_header *header)
{
	struct pst_vault_header back;
	uint8_t bytes[PST_SEAL_HEADER_SIZE];

	pst_vault_header_encode(header, bytes);
	return pst_vault_header_decode(bytes, &back);
}

#define REJECTS(change)                                                                            \
	do {                                                                                       \
		struct pst_vault_header header = sample();                                         \
		header.change;                                                                     \
		cr_expect_eq(decode(&header), PST_E_CORRUPT, #change);                             \
	} while (0)

Test(record, refuses_values_out_of_range)
{
	REJECTS(role = 0);
	REJECTS(role = 3);
	REJECTS(role = PST_VAULT_ROLE_REFERENCE);
	REJECTS(gallery = 1);
	REJECTS(store = 0);
	REJECTS(retention = 0);
	REJECTS(created_s = 0);
	REJECTS(created_s = INT64_MIN);
	REJECTS(expires_s = 1700000000);
	REJECTS(expires_s = INT64_MIN);
	REJECTS(expires_s = INT64_MAX);
	REJECTS(plain_size = 0);
	REJECTS(plain_size = PST_SEAL_PLAIN_MAX + 1);
}

Test(record, refuses_other_versions_and_suites)
{
	struct pst_vault_header header = sample(), back;
	uint8_t bytes[PST_SEAL_HEADER_SIZE];

	for (int at = 0; at < 6; at++) {
		pst_vault_header_encode(&header, bytes);
		bytes[at]++;
		cr_expect_eq(pst_vault_header_decode(bytes, &back), PST_E_FORMAT, "byte %d", at);
	}
}
