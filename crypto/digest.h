/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_DIGEST_H
#define PST_CRYPTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define PST_DIGEST_SIZE 32 /* bytes, SHA-256 (FIPS 180-4) */

/** SHA-256 of a buffer. */
void pst_digest_bytes(const void *data, size_t size, uint8_t ret_digest[PST_DIGEST_SIZE]);

/** SHA-256 from an open descriptor's start to its end; the offset moves. @return 0 or -errno. */
int pst_digest_fd(int fd, uint8_t ret_digest[PST_DIGEST_SIZE]) __attribute__((warn_unused_result));

#endif
