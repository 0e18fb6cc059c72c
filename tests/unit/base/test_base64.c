/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "base/base64.h"

static ssize_t decode(const char *text, uint8_t data[64])
{
	return pst_base64_decode(text, strlen(text), data);
}

/* RFC 4648, section 10 */
Test(base64, the_vectors_of_the_standard)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+"}};
	char text[16];
	uint8_t data[64];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t size = strlen(pairs[i][0]);

		pst_base64_encode((const uint8_t *)pairs[i][0], size, text);
		cr_expect_str_eq(text, pairs[i][1]);
		cr_expect_eq(strlen(text), PST_BASE64_SIZE(size));
		cr_expect_eq(decode(pairs[i][1], data), (ssize_t)size);
		cr_expect_eq(memcmp(data, pairs[i][0], size), 0);
	}
}

Test(base64, all_bytes_come_back)
{
	uint8_t data[256];
	uint8_t back[PST_BASE64_SIZE(256) / 4 * 3];
	char text[PST_BASE64_SIZE(256) + 1];

	for (int i = 0; i < 256; i++) {
		data[i] = (uint8_t)(i * 7);
	}
	for (size_t size = 0; size <= sizeof(data); size++) {
		pst_base64_encode(data, size, text);
		cr_assert_eq(pst_base64_decode(text, strlen(text), back), (ssize_t)size);
		cr_assert_eq(memcmp(data, back, size), 0);
	}
}

Test(base64, what_is_none_is_refused)
{
	static const char *const wrong[] = {"Zg", "Zg=", "Zg=a", "Z===", "====", "=", "Zm9v\n",
		"Zm 9", "Zm9-", "Zm9_", "Zh==", "Zm9=", "Zg==Zg==", "\x80mmm"};
	uint8_t data[64];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_expect_eq(decode(wrong[i], data), -EINVAL, "%s", wrong[i]);
	}
}
