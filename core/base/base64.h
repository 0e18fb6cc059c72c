/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_BASE_BASE64_H
#define PST_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Bytes within a text, as of RFC 4648 section 4: with padding, without line breaks. */

/** @return characters of a text of so many bytes, without its NUL */
#define PST_BASE64_SIZE(size) (((size) + 2) / 3 * 4)

/** Writes the text and a NUL. @param text  room for PST_BASE64_SIZE(size) + 1 */
void pst_base64_encode(const uint8_t *data, size_t size, char *text);

/**
 * Reads a text. Only what pst_base64_encode() writes is one: bits that stand for nothing are 0.
 *
 * @param size  of the text
 * @param data  room for size / 4 * 3 bytes
 * @return bytes, or -EINVAL
 */
ssize_t pst_base64_decode(const char *text, size_t size, uint8_t *data) PST_MUST_CHECK;

#endif
