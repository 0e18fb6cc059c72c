/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <errno.h>
#include <unistd.h>

#include <sodium.h>

void pst_digest_bytes(const void *data, size_t size, uint8_t ret_digest[PST_DIGEST_SIZE])
{
	(void)crypto_hash_sha256(ret_digest, data, size);
}

int pst_digest_fd(int fd, uint8_t ret_digest[PST_DIGEST_SIZE])
{
	crypto_hash_sha256_state state;
	uint8_t chunk[16384];

	if (lseek(fd, 0, SEEK_SET) < 0) {
		return -errno;
	}
	(void)crypto_hash_sha256_init(&state);
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		(void)crypto_hash_sha256_update(&state, chunk, (size_t)n);
	}
	(void)crypto_hash_sha256_final(&state, ret_digest);
	return 0;
}
