/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "audit/checkpoint.h"
#include "audit/entry.h"

static struct pst_bytes encoded(uint8_t version, uint8_t head[PST_CHAIN_SIZE])
{
	struct pst_bytes bytes = {0};
	static const uint8_t tag[PST_MAC_SIZE] = {9};
	struct pst_audit_entry entry = {
		.version = version,
		.tag = tag,
		.type = PST_AUDIT_TYPE_EVENT,
		.sequence = 0x0102030405060708,
		.wall_s = 1700000000,
		.kind = "encounter.closed",
		.kind_size = 16,
		.payload = "{\"a\":1}",
		.payload_size = 7,
	};

	cr_assert_eq(pst_audit_entry_encode(&entry, head, NULL, &bytes), 0);
	return bytes;
}

/* The layouts are stored: these bytes must never change within a version. */
Test(entry, layout)
{
	static const uint8_t length[] = {0, 0x77, 0x97}, tail[] = {0, 64, 96};

	for (uint8_t version = 1; version <= PST_AUDIT_VERSION; version++) {
		uint8_t head[PST_CHAIN_SIZE] = {5};
		struct pst_bytes bytes = encoded(version, head);

		cr_assert_eq(bytes.size, 32u + 16 + 7 + tail[version]);
		cr_expect_eq(bytes.data[0], length[version]);
		cr_expect_arr_eq(bytes.data + 1, "\x00\x00\x00", 3);
		cr_expect_eq(bytes.data[4], version);
		cr_expect_arr_eq(bytes.data + 5, "\x01\x10\x00", 3);
		cr_expect_arr_eq(bytes.data + 8, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
		cr_expect_arr_eq(bytes.data + 16, "\x00\xf1\x53\x65\x00\x00\x00\x00", 8);
		cr_expect_arr_eq(bytes.data + 24, "\x07\x00\x00\x00\x00\x00\x00\x00", 8);
		cr_expect_arr_eq(bytes.data + 32, "encounter.closed{\"a\":1}", 23);
		cr_expect_eq(bytes.data[55], 5);
		cr_expect_eq(bytes.data[87], version == 1 ? head[0] : 9, "the tag of version 2");
		cr_expect_arr_eq(bytes.data + bytes.size - PST_CHAIN_SIZE, head, PST_CHAIN_SIZE);
		pst_bytes_finish(&bytes);
	}
}

Test(entry, decodes_prefixes_as_beginnings_only)
{
	for (uint8_t version = 1; version <= PST_AUDIT_VERSION; version++) {
		uint8_t head[PST_CHAIN_SIZE] = {5};
		struct pst_bytes bytes = encoded(version, head);
		struct pst_audit_entry entry;

		for (size_t size = 0; size < bytes.size; size++) {
			cr_expect_eq(
				pst_audit_entry_decode(bytes.data, size, &entry), 0, "%zu", size);
		}
		cr_assert_eq(pst_audit_entry_decode(bytes.data, bytes.size, &entry), 1);
		cr_expect_eq(entry.sequence, 0x0102030405060708);
		cr_expect_eq(entry.kind_size, 16);
		cr_expect_eq(entry.payload_size, 7);
		cr_expect_eq(entry.tag == NULL, version == 1);
		cr_expect_eq(pst_audit_entry_check(&entry, bytes.data), 0);
		pst_bytes_finish(&bytes);
	}
}

/* A text has one form: what is read is what is written again. */
Test(entry, a_checkpoint_with_a_state_of_the_vault)
{
	struct pst_audit_checkpoint checkpoint = {.version = 2,
					    .epoch = 3,
					    .commitment = {7},
					    .has_state = true,
					    .state = {{8}, 9, 10}},
				    back;
	uint8_t signature[PST_SIGN_SIGNATURE_SIZE] = {11}, again[PST_SIGN_SIGNATURE_SIZE];
	char text[PST_AUDIT_CHECKPOINT_TEXT_SIZE], longer[PST_AUDIT_CHECKPOINT_TEXT_SIZE + 1];
	struct pst_audit_entry entry = {.version = 2, .payload = text};

	pst_audit_checkpoint_format(&checkpoint, signature, text);
	entry.payload_size = strlen(text);
	cr_assert_eq(pst_audit_checkpoint_parse(&entry, &back, again), 0, "%s", text);
	cr_expect_arr_eq(&checkpoint.state, &back.state, sizeof(back.state));
	cr_expect_arr_eq(signature, again, sizeof(again));
	cr_expect_eq(back.epoch, 3);
	for (size_t cut = 0; cut < strlen(text); cut++) {
		entry.payload_size = cut;
		cr_expect_eq(pst_audit_checkpoint_parse(&entry, &back, again), PST_E_CORRUPT);
	}
	(void)snprintf(longer, sizeof(longer), "%s ", text);
	entry.payload = longer;
	entry.payload_size = strlen(longer);
	cr_expect_eq(pst_audit_checkpoint_parse(&entry, &back, again), PST_E_CORRUPT);
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
