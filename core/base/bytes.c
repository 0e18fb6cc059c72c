/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void pst_bytes_put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

void pst_bytes_put32(uint8_t *to, uint32_t value)
{
	pst_bytes_put16(to, (uint16_t)value);
	pst_bytes_put16(to + 2, (uint16_t)(value >> 16));
}

void pst_bytes_put64(uint8_t *to, uint64_t value)
{
	pst_bytes_put32(to, (uint32_t)value);
	pst_bytes_put32(to + 4, (uint32_t)(value >> 32));
}

uint16_t pst_bytes_get16(const uint8_t *from)
{
	return (uint16_t)(from[0] | from[1] << 8);
}

uint32_t pst_bytes_get32(const uint8_t *from)
{
	return pst_bytes_get16(from) | (uint32_t)pst_bytes_get16(from + 2) << 16;
}

uint64_t pst_bytes_get64(const uint8_t *from)
{
	return pst_bytes_get32(from) | (uint64_t)pst_bytes_get32(from + 4) << 32;
}

void pst_bytes_to_hex(const uint8_t *data, size_t size, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * size] = 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int pst_bytes_from_hex(const char *text, uint8_t *data, size_t size)
{
	if (strlen(text) != 2 * size) {
		return -EINVAL;
	}
	for (size_t i = 0; i < size; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			return -EINVAL;
		}
		data[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int pst_bytes_reserve(struct pst_bytes *bytes, size_t size)
{
	if (size <= bytes->room) {
		return 0;
	}
	size_t room = bytes->room ? bytes->room : 64;
	while (room < size) {
		if (room > SIZE_MAX / 2) {
			return -ENOMEM;
		}
		room *= 2;
	}
	uint8_t *data = realloc(bytes->data, room);
	if (!data) {
		return -ENOMEM;
	}
	bytes->data = data;
	bytes->room = room;
	return 0;
}

int pst_bytes_append(struct pst_bytes *bytes, const void *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	if (size > SIZE_MAX - bytes->size || pst_bytes_reserve(bytes, bytes->size + size) < 0) {
		return -ENOMEM;
	}
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
	return 0;
}

void pst_bytes_finish(struct pst_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct pst_bytes){0};
}
