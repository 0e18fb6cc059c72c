/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_LITTLE_H
#define PST_CRYPTO_LITTLE_H

#include <stdint.h>

/* Inside the crypto room only: little-endian numbers of file layouts. */

static inline void little_put(uint8_t *to, uint64_t value, int size)
{
	for (int i = 0; i < size; i++) {
		to[i] = (uint8_t)(value >> (8 * i));
	}
}

static inline uint64_t little_get(const uint8_t *from, int size)
{
	uint64_t value = 0;

	for (int i = size - 1; i >= 0; i--) {
		value = value << 8 | from[i];
	}
	return value;
}

#endif
