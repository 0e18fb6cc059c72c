/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void pst_base64_encode(const uint8_t *data, size_t size, char *text)
{
	for (size_t i = 0; i < size; i += 3) {
		uint32_t bits = (uint32_t)data[i] << 16;

		bits |= i + 1 < size ? (uint32_t)data[i + 1] << 8 : 0;
		bits |= i + 2 < size ? data[i + 2] : 0;
		*text++ = letters[bits >> 18];
		*text++ = letters[bits >> 12 & 63];
		*text++ = i + 1 < size ? letters[bits >> 6 & 63] : '=';
		*text++ = i + 2 < size ? letters[bits & 63] : '=';
	}
	*text = 0;
}

/* @return 0 to 63, or -1 */
static int value_of(char letter)
{
	if (letter >= 'A' && letter <= 'Z') {
		return letter - 'A';
	}
	if (letter >= 'a' && letter <= 'z') {
		return letter - 'a' + 26;
	}
	if (letter >= '0' && letter <= '9') {
		return letter - '0' + 52;
	}
	return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

ssize_t pst_base64_decode(const char *text, size_t size, uint8_t *data)
{
	size_t padding = 0;
	uint32_t bits = 0;
	uint8_t *to = data;

	if (size % 4 != 0) {
		return -EINVAL;
	}
	while (padding < 2 && padding < size && text[size - 1 - padding] == '=') {
		padding++;
	}
	for (size_t i = 0; i < size; i++) {
		int value = i < size - padding ? value_of(text[i]) : 0;

		if (value < 0) {
			return -EINVAL;
		}
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 == 3) {
			*to++ = (uint8_t)(bits >> 16);
			*to++ = (uint8_t)(bits >> 8);
			*to++ = (uint8_t)bits;
		}
	}
	for (size_t i = 1; i <= padding; i++) {
		if (to[-(ptrdiff_t)i] != 0) {
			return -EINVAL;
		}
	}
	return to - data - (ssize_t)padding;
}
