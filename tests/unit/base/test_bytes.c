/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"

Test(bytes, stores_are_little_endian_at_any_address)
{
	uint8_t store[16];

	for (size_t at = 0; at < 8; at++) {
		memset(store, 0xee, sizeof(store));
		pst_bytes_put64(store + at, 0x0102030405060708u);
		for (size_t i = 0; i < 8; i++) {
			cr_assert_eq(store[at + i], 8 - i);
		}
		cr_assert_eq(pst_bytes_get64(store + at), 0x0102030405060708u);
		cr_assert_eq(pst_bytes_get32(store + at), 0x05060708u);
		cr_assert_eq(pst_bytes_get16(store + at), 0x0708u);
	}
}

Test(bytes, stores_write_nothing_beyond_their_width)
{
	uint8_t store[9];

	memset(store, 0xee, sizeof(store));
	pst_bytes_put16(store, 0);
	cr_assert_eq(store[2], 0xee);
	pst_bytes_put32(store, 0);
	cr_assert_eq(store[4], 0xee);
	pst_bytes_put64(store, 0);
	cr_assert_eq(store[8], 0xee);
}

Test(bytes, the_highest_values_come_back)
{
	uint8_t store[8];

	pst_bytes_put16(store, UINT16_MAX);
	cr_assert_eq(pst_bytes_get16(store), UINT16_MAX);
	pst_bytes_put32(store, UINT32_MAX);
	cr_assert_eq(pst_bytes_get32(store), UINT32_MAX);
	pst_bytes_put64(store, UINT64_MAX);
	cr_assert_eq(pst_bytes_get64(store), UINT64_MAX);
}

Test(bytes, hex_is_lower_case_and_comes_back)
{
	const uint8_t data[] = {0x00, 0x0f, 0xa5, 0xff};
	uint8_t again[4] = {1, 1, 1, 1};
	char text[9];

	pst_bytes_to_hex(data, sizeof(data), text);
	cr_assert_str_eq(text, "000fa5ff");
	cr_assert_eq(pst_bytes_from_hex(text, again, sizeof(again)), 0);
	cr_assert_arr_eq(again, data, sizeof(data));
	cr_assert_eq(pst_bytes_from_hex("000FA5FF", again, sizeof(again)), 0);
	cr_assert_arr_eq(again, data, sizeof(data));
	pst_bytes_to_hex(data, 0, text);
	cr_assert_str_eq(text, "");
	cr_assert_eq(pst_bytes_from_hex("", again, 0), 0);
}

Test(bytes, wrong_hex_is_refused)
{
	static const char *const wrong[] = {"", "0", "00f", "000fa5f", "000fa5ff0", "000fa5fg",
		" 00fa5ff", "0x0fa5ff", "000fa5f/"};
	uint8_t data[4];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(
			pst_bytes_from_hex(wrong[i], data, sizeof(data)), -EINVAL, "%s", wrong[i]);
	}
}

Test(bytes, appending_grows_and_keeps_what_was_there)
{
	struct pst_bytes bytes = {0};

	for (unsigned i = 0; i < 10000; i++) {
		uint8_t value = (uint8_t)(i * 7);

		cr_assert_eq(pst_bytes_append(&bytes, &value, 1), 0);
	}
	cr_assert_eq(bytes.size, 10000);
	cr_assert_geq(bytes.room, bytes.size);
	for (unsigned i = 0; i < 10000; i++) {
		cr_assert_eq(bytes.data[i], (uint8_t)(i * 7));
	}
	pst_bytes_finish(&bytes);
	cr_assert_null(bytes.data);
	cr_assert_eq(bytes.size, 0);
	cr_assert_eq(bytes.room, 0);
}

Test(bytes, appending_nothing_allocates_nothing)
{
	struct pst_bytes bytes = {0};

	cr_assert_eq(pst_bytes_append(&bytes, NULL, 0), 0);
	cr_assert_null(bytes.data);
	pst_bytes_finish(&bytes);
	pst_bytes_finish(&bytes);
}

Test(bytes, what_cannot_fit_is_refused_and_changes_nothing)
{
	struct pst_bytes bytes = {0};

	cr_assert_eq(pst_bytes_append(&bytes, "abc", 3), 0);
	struct pst_bytes before = bytes;
	cr_assert_eq(pst_bytes_append(&bytes, "x", SIZE_MAX), -ENOMEM);
	cr_assert_eq(pst_bytes_append(&bytes, "x", SIZE_MAX - 3), -ENOMEM);
	cr_assert_eq(pst_bytes_reserve(&bytes, SIZE_MAX), -ENOMEM);
	cr_assert_eq(memcmp(&before, &bytes, sizeof(bytes)), 0);
	cr_assert_arr_eq(bytes.data, "abc", 3);
	pst_bytes_finish(&bytes);
}

Test(bytes, reserving_keeps_the_size)
{
	struct pst_bytes bytes = {0};

	cr_assert_eq(pst_bytes_reserve(&bytes, 1000), 0);
	cr_assert_eq(bytes.size, 0);
	cr_assert_geq(bytes.room, 1000);
	uint8_t *data = bytes.data;
	cr_assert_eq(pst_bytes_reserve(&bytes, 10), 0);
	cr_assert_eq(bytes.data, data);
	pst_bytes_finish(&bytes);
}
