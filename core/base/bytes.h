/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_BYTES_H
#define PST_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include "base/error.h"

/** Little-endian stores and loads; the pointer needs no alignment. */
void pst_bytes_put16(uint8_t *to, uint16_t value);
void pst_bytes_put32(uint8_t *to, uint32_t value);
void pst_bytes_put64(uint8_t *to, uint64_t value);
uint16_t pst_bytes_get16(const uint8_t *from);
uint32_t pst_bytes_get32(const uint8_t *from);
uint64_t pst_bytes_get64(const uint8_t *from);

/** Writes 2 * size lower-case digits and a NUL. */
void pst_bytes_to_hex(const uint8_t *data, size_t size, char *text);

/** Reads exactly 2 * size hex digits and the end of the text. @return 0 or -EINVAL. */
int pst_bytes_from_hex(const char *text, uint8_t *data, size_t size) PST_MUST_CHECK;

/** A growing array of bytes. Zeroed is a valid empty one. */
struct pst_bytes {
	uint8_t *data; /* owned; NULL when empty */
	size_t size;
	size_t room;
};

/** Appends a copy. @return 0 or -ENOMEM; on error nothing changed. */
int pst_bytes_append(struct pst_bytes *bytes, const void *data, size_t size) PST_MUST_CHECK;

/** Makes room for size bytes in all, without changing the content. @return 0 or -ENOMEM. */
int pst_bytes_reserve(struct pst_bytes *bytes, size_t size) PST_MUST_CHECK;

/** Frees and zeroes the struct. Accepts an empty one. */
void pst_bytes_finish(struct pst_bytes *bytes);

#endif
