/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/payload.h"

#include <string.h>

#include "base/bytes.h"

#define DIGITS_MAX 19 /* of a number that cannot overflow */
#define HEX_MAX 128

bool pst_payload_word(struct pst_payload *payload, const char *word)
{
	size_t size = strlen(word);

	if (payload->left < size || memcmp(payload->at, word, size) != 0) {
		return false;
	}
	payload->at += size;
	payload->left -= size;
	return true;
}

bool pst_payload_number(struct pst_payload *payload, uint64_t *ret_number)
{
	size_t digits = 0;

	*ret_number = 0;
	while (digits < DIGITS_MAX && digits < payload->left && payload->at[digits] >= '0' &&
		payload->at[digits] <= '9') {
		*ret_number = *ret_number * 10 + (uint64_t)(payload->at[digits] - '0');
		digits++;
	}
	payload->at += digits;
	payload->left -= digits;
	return digits > 0;
}

bool pst_payload_hex(struct pst_payload *payload, uint8_t *to, size_t size)
{
	char digits[HEX_MAX + 1];

	if (2 * size > HEX_MAX || payload->left < 2 * size) {
		return false;
	}
	memcpy(digits, payload->at, 2 * size);
	digits[2 * size] = 0;
	payload->at += 2 * size;
	payload->left -= 2 * size;
	return pst_bytes_from_hex(digits, to, size) == 0;
}
