/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <string.h>

#include "audit/entry.h"

static struct pst_bytes encoded(uint8_t head[PST_CHAIN_SIZE])
{
	struct pst_bytes bytes = {0};
	struct pst_audit_entry entry = {
		.type = PST_AUDIT_TYPE_EVENT,
		.sequence = 0x0102030405060708,
		.wall_s = 1700000000,
		.kind = "encounter.closed",
		.kind_size = 16,
		.payload = "{\"a\":1}",
		.payload_size = 7,
	};

	cr_assert_eq(pst_audit_entry_encode(&entry, head, &bytes), 0);
	return bytes;
}

/* The layout is stored: these bytes must never change within a version. */
Test(entry, layout)
{
	uint8_t head[PST_CHAIN_SIZE] = {5};
	struct pst_bytes bytes = encoded(head);

	cr_assert_eq(bytes.size, 32 + 16 + 7 + 64);
	cr_expect_arr_eq(bytes.data, "\x77\x00\x00\x00\x01\x01\x10\x00", 8);
	cr_expect_arr_eq(bytes.data + 8, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	cr_expect_arr_eq(bytes.data + 16, "\x00\xf1\x53\x65\x00\x00\x00\x00", 8);
	cr_expect_arr_eq(bytes.data + 24, "\x07\x00\x00\x00\x00\x00\x00\x00", 8);
	cr_expect_arr_eq(bytes.data + 32, "encounter.closed{\"a\":1}", 23);
	cr_expect_eq(bytes.data[55], 5);
	cr_expect_arr_eq(bytes.data + 87, head, PST_CHAIN_SIZE);
	pst_bytes_finish(&bytes);
}

Test(entry, decodes_prefixes_as_beginnings_only)
{
	uint8_t head[PST_CHAIN_SIZE] = {5};
	struct pst_bytes bytes = encoded(head);
	struct pst_audit_entry entry;

	for (size_t size = 0; size < bytes.size; size++) {
		cr_expect_eq(pst_audit_entry_decode(bytes.data, size, &entry), 0, "%zu", size);
	}
	cr_assert_eq(pst_audit_entry_decode(bytes.data, bytes.size, &entry), 1);
	cr_expect_eq(entry.sequence, 0x0102030405060708);
	cr_expect_eq(entry.kind_size, 16);
	cr_expect_eq(entry.payload_size, 7);
	cr_expect_eq(pst_audit_entry_check(&entry, bytes.data), 0);
	pst_bytes_finish(&bytes);
}

Test(entry, head_file_text)
{
	struct pst_audit_head_file head = {.sequence = 12, .hash = {1}, .signature = {2}}, back;
	char text[PST_AUDIT_HEAD_TEXT_SIZE];

	pst_audit_head_format(&head, text);
	cr_assert_eq(pst_audit_head_parse(text, &back), 0);
	cr_expect_eq(back.sequence, 12);
	cr_expect_arr_eq(&head, &back, sizeof(head));
	text[strlen(text) - 1] = 0;
	cr_expect_eq(pst_audit_head_parse(text, &back), PST_E_FORMAT, "no newline: cut short");
	cr_expect_eq(pst_audit_head_parse("", &back), PST_E_FORMAT);
	cr_expect_eq(pst_audit_head_parse("\n", &back), PST_E_FORMAT);
	cr_expect_eq(pst_audit_head_parse("postern-audit-head-1 -1 00 00\n", &back), PST_E_FORMAT);
}
